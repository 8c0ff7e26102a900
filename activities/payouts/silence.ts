import type { DatabasePool } from 'slonik';

import { findLiveAttempt } from '../../db/payouts/attempts.ts';
import { getBatch } from '../../db/payouts/batches.ts';
import type { Database } from '../../db/database.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { heardAt, isAttemptFinal, isProviderSilent } from '../../domain/payouts/attempt.ts';
import type { Failure } from '../../domain/errors.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { alarm } from '../tasks/alarms.ts';

/** An outcome that is unknown for longer than this is put before a person. */
const UNKNOWN_ALARM_AFTER_MS = HOUR_MS;

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
      await tellOfSilence(
        tx,
        gateway,
        `${subject} since ${heardAt(attempt).toISOString()}, when it was ${state}`,
        failure,
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
      await tellOfSilence(
        tx,
        gateway,
        `the payments of ${subject}, which it took at ${stateAt.toISOString()}`,
        failure,
      );
  });

/** One alarm for a gateway: where it is silent, it is mostly so about all. Cleared too early it is raised again. */
const tellOfSilence = (tx: Database, gateway: GatewayName, what: string, { message }: Failure): Promise<void> =>
  alarm(
    tx,
    'provider_silent',
    `gateway/${gateway}`,
    `${gateway} has told nothing of ${what}, and perhaps of others. Nothing was changed, and it is asked again; once it answers, everything goes on by itself. Look it up at ${gateway}, and find out why our look-ups fail. The last one: ${message}`,
  );
