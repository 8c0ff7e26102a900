import type { DatabasePool } from 'slonik';

import { type Attempt, findLiveAttempt, listAttempts } from '../../db/payouts/attempts.ts';
import { type CheckStop, findOpenStop, recordStopOutcome } from '../../db/checks/stops.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { isByCheck } from '../../domain/checks/check.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { isAttemptFinal } from '../../domain/payouts/attempt.ts';
import type { CheckServices, Gateways, StopReply } from '../../gateways/gateway.ts';
import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { openTask } from '../../commands/open-task.ts';
import { submissionOf } from './submissions.ts';

export type CheckDeps = { db: DatabasePool; gateways: Gateways; vault: VaultKeys };

const BANK_TIMEOUT_MS = 60_000;

/** Ends a call that the bank does not answer in time. */
export const bankTimeout = (): AbortSignal => AbortSignal.timeout(BANK_TIMEOUT_MS);

export const checkServicesOf = (gateways: Gateways, gateway: GatewayName): CheckServices | undefined =>
  gateways[gateway].checkServices;

/**
 * Asks the bank for a stop that a person requested, and returns whether there was one. The bank's next reply about the check then
 * moves the attempt. Safe to repeat.
 */
export async function stopIfAsked(deps: CheckDeps, attempt: Attempt): Promise<boolean> {
  const bank = checkServicesOf(deps.gateways, attempt.gateway);
  const stop = bank && (await findOpenStop(deps.db, attempt.id));
  if (!bank || !stop) return false;
  await recordStop(deps.db, stop, await bank.stop(submissionOf(deps, attempt), bankTimeout()));
  return true;
}

const NOT_VOID =
  'The bank stopped this check but refused to void its number, so the check can be paid once the stop lapses. Ask the bank why, and renew the stop.';

const PAID = 'The bank paid this check although it had stopped it. Dispute the payment with the bank today.';

/** Records the bank's reply to a stop, and raises the alarms that it requires. */
export const recordStop = (db: DatabasePool, stop: CheckStop, reply: StopReply): Promise<void> =>
  db.transaction(async (tx) => {
    const isNew = await recordStopOutcome(tx, stop.id, reply);
    const subject = `payout/${stop.payoutId}`;
    if (isNew && reply.outcome === 'stopped' && !reply.isVoid)
      await raiseAlarm(tx, 'check_not_void', subject, NOT_VOID);
    if (isNew && reply.outcome === 'already_paid' && stop.renewsId)
      await raiseAlarm(tx, 'stopped_check_paid', subject, PAID);
  });

const STALE =
  'Nobody has cashed this check for 180 days. Its amount is still owed, and the check can still be paid. Write to its payee. To pay in another way, ask for a stop first.';

/** Opens a task about a check that is too old, and closes it once the check has reached its end. */
export async function followCheck({ db }: CheckDeps, { gateway, payoutId }: Attempt): Promise<void> {
  if (!isByCheck(gateway)) return;
  const attempt = (await findLiveAttempt(db, payoutId)) ?? (await listAttempts(db, payoutId)).at(-1);
  if (!attempt || (attempt.state !== 'stale' && !isAttemptFinal(attempt.state))) return;
  const subject = `payout/${payoutId}`;
  await db.transaction(async (tx) => {
    if (attempt.state === 'stale') await openTask(tx, { kind: 'check_stale', subject, payoutId, detail: STALE });
    else
      for (const kind of ['check_stale', 'check_returned_mail'] as const)
        await closeTask(tx, { kind, subject }, { actorId: null, resolution: `The check is now ${attempt.state}.` });
  });
}
