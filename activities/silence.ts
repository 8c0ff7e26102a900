import type { DatabasePool } from 'slonik';

import { findLiveAttempt } from '../db/attempts.ts';
import { getBatch } from '../db/batches.ts';
import type { Database } from '../db/database.ts';
import { heardAt, isAttemptFinal, isProviderSilent } from '../domain/attempt.ts';
import type { Failure } from '../domain/errors.ts';
import { alarm } from './alarms.ts';

/** An outcome that is unknown for longer than this is put before a person. */
const UNKNOWN_ALARM_AFTER_MS = 3600_000;

type Unknown = { subject: string; whether: string; stateAt: Date; readAt: Date };

/** Tells people of an outcome that nobody has known for too long, whether the provider says so or says nothing. */
export async function tellOfUnknown(tx: Database, { subject, whether, stateAt, readAt }: Unknown): Promise<void> {
  if (readAt.getTime() - stateAt.getTime() <= UNKNOWN_ALARM_AFTER_MS) return;
  await alarm(tx, 'unknown_outcome', subject, `whether ${whether} is still not known; nothing is sent again meanwhile`);
}

type SilenceDeps = { db: DatabasePool; firstPollMs: number };

/** A look at a payout failed, and may fail for good: once its provider has told nothing for too long, people hear of it. */
export const tellOfSilentPayout = ({ db, firstPollMs }: SilenceDeps, payoutId: string, failure: Failure) =>
  db.transaction(async (tx) => {
    const attempt = await findLiveAttempt(tx, payoutId);
    if (!attempt || attempt.state === 'prepared' || isAttemptFinal(attempt.state)) return;
    const { state, gateway } = attempt;
    const subject = `payout/${payoutId}`;
    if (state === 'submitted' || state === 'unknown')
      await tellOfUnknown(tx, { ...attempt, subject, whether: `${gateway} paid` });
    else if (isProviderSilent(attempt, firstPollMs))
      await alarm(
        tx,
        'provider_silent',
        subject,
        `${gateway} has told nothing of this payout since ${heardAt(attempt).toISOString()}, when it was ${state}: what became of it is not known. ${NOTHING_CHANGED} Look it up at ${gateway} by its reference, and find out there ${WHY} ${failure.message}`,
      );
  });

/** The same of a batch. While a person is to act on one, its task says so, and its payouts are looked at by themselves. */
export const tellOfSilentBatch = ({ db, firstPollMs }: SilenceDeps, batchId: string, failure: Failure) =>
  db.transaction(async (tx) => {
    const { state, gateway, stateAt, readAt } = await getBatch(tx, batchId);
    const subject = `batch/${batchId}`;
    if (state === 'submitted' || state === 'unknown')
      await tellOfUnknown(tx, { subject, whether: `${gateway} took this batch`, stateAt, readAt });
    else if (state === 'accepted' && isProviderSilent({ state, stateAt, answeredAt: null, readAt }, firstPollMs))
      await alarm(
        tx,
        'provider_silent',
        subject,
        `${gateway} took this batch at ${stateAt.toISOString()} and has not shown all of its payments since: what became of them is not known. ${NOTHING_CHANGED} Look the batch up at ${gateway} by its reference, and find out there ${WHY} ${failure.message}`,
      );
  });

const NOTHING_CHANGED = 'Nothing was changed, and it is asked again; once it answers, everything goes on by itself.';
const WHY = 'why our look-ups fail. The last one:';
