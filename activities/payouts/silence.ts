import type { DatabasePool } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { openTask } from '../../commands/open-task.ts';
import type { Database } from '../../db/database.ts';
import { findLiveAttempt } from '../../db/payouts/attempts.ts';
import { getBatch } from '../../db/payouts/batches.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import { isAttemptFinal, isProviderSilent, lastReplyAt } from '../../domain/payouts/attempt.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { overdueQuestion } from './overdue.ts';

/** After this long, an unknown outcome is put before a person. */
const UNKNOWN_ALARM_AFTER_MS = HOUR_MS;

type Unknown = { subject: string; whether: string; stateAt: Date; readAt: Date };

/** Tells the operators that an outcome has been unknown for too long, because the provider says so or does not reply. */
export async function notifyOfUnknown(tx: Database, { subject, whether, stateAt, readAt }: Unknown): Promise<void> {
  if (readAt.getTime() - stateAt.getTime() <= UNKNOWN_ALARM_AFTER_MS) return;
  const detail = `It is still not known whether ${whether}. Nothing is sent again until it is known.`;
  await raiseAlarm(tx, 'unknown_outcome', subject, detail);
}

type SilenceDeps = { db: DatabasePool; firstPollMs: number };

/**
 * Handles a failed poll of a payout, because the next polls may fail too. Tells the operators if its provider has been silent for
 * too long.
 */
export const notifyOfSilentPayout = ({ db, firstPollMs }: SilenceDeps, payoutId: string, failure: Failure) =>
  db.transaction(async (tx) => {
    const attempt = await findLiveAttempt(tx, payoutId);
    if (!attempt || attempt.state === 'prepared' || isAttemptFinal(attempt.state)) return;
    const { state, gateway } = attempt;
    const subject = `payout/${payoutId}`;
    const overdue = overdueQuestion(attempt);
    if (overdue) await openTask(tx, { kind: 'outcome_unknown', subject, payoutId, detail: overdue });
    if (state === 'submitted' || state === 'unknown')
      await notifyOfUnknown(tx, { ...attempt, subject, whether: `${gateway} paid` });
    else if (isProviderSilent(attempt, firstPollMs))
      await notifyOfSilence(
        tx,
        gateway,
        `${subject} since ${lastReplyAt(attempt).toISOString()}, when it was ${state}`,
        failure,
      );
  });

/** Does the same for a batch. While a person must act on it, its task says so, and each of its payouts is polled on its own. */
export const notifyOfSilentBatch = ({ db, firstPollMs }: SilenceDeps, batchId: string, failure: Failure) =>
  db.transaction(async (tx) => {
    const { state, gateway, stateAt, readAt } = await getBatch(tx, batchId);
    const subject = `batch/${batchId}`;
    if (state === 'submitted' || state === 'unknown')
      await notifyOfUnknown(tx, { subject, whether: `${gateway} took this batch`, stateAt, readAt });
    else if (state === 'accepted' && isProviderSilent({ state, stateAt, answeredAt: null, readAt }, firstPollMs))
      await notifyOfSilence(
        tx,
        gateway,
        `the payments of ${subject}, which it took at ${stateAt.toISOString()}`,
        failure,
      );
  });

/** One alarm for each gateway, because a silent provider is usually silent about everything. If it is cleared too early, it is raised again. */
const notifyOfSilence = (tx: Database, gateway: GatewayName, about: string, { message }: Failure): Promise<void> =>
  raiseAlarm(
    tx,
    'provider_silent',
    `gateway/${gateway}`,
    `${gateway} has not replied about ${about}, and perhaps not about others. Nothing was changed, and it is asked again. Once it replies, everything goes on automatically. Look at ${gateway} itself, and find out why our look-ups fail. The last failure: ${message}`,
    'silent',
  );
