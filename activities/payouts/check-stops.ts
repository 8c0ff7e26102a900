import type { DatabasePool } from 'slonik';

import { type Attempt, findLiveAttempt, listAttempts } from '../../db/payouts/attempts.ts';
import { type CheckStop, findOpenStop, recordStopOutcome } from '../../db/checks/stops.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import type { VaultKeys } from '../../db/vault.ts';
import { isByCheck } from '../../domain/checks/check.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { isAttemptFinal } from '../../domain/payouts/attempt.ts';
import type { CheckServices, StopReply } from '../../gateways/gateway.ts';
import type { Gateways } from '../../gateways/gateway.ts';
import { alarm } from '../tasks/alarms.ts';
import { openTask } from '../tasks/tasks.ts';
import { submissionOf } from './submissions.ts';

export type CheckDeps = { db: DatabasePool; gateways: Gateways; vault: VaultKeys };

const BANK_TIMEOUT_MS = 60_000;

/** How long a bank may take to answer one question. */
export const patience = (): AbortSignal => AbortSignal.timeout(BANK_TIMEOUT_MS);

export const deskOf = (gateways: Gateways, gateway: GatewayName): CheckServices | undefined =>
  gateways[gateway].checkServices;

/** Tells the bank of a stop that a person asked for; what the bank then says of the check moves the attempt. Safe to repeat. */
export async function stopIfAsked(deps: CheckDeps, attempt: Attempt): Promise<void> {
  const desk = deskOf(deps.gateways, attempt.gateway);
  const stop = desk && (await findOpenStop(deps.db, attempt.id));
  if (!desk || !stop) return;
  await recordStop(deps.db, stop, await desk.stop(submissionOf(deps, attempt), patience()));
}

const NOT_VOID =
  'The bank stopped this check and refuses to void its number: once the stop lapses it can be paid. Ask the bank why, and renew the stop.';

const PAID = 'The bank paid this check though it had stopped it. Dispute it with the bank today.';

/** Writes down what the bank said of a stop, and raises the alarms that it asks for. */
export const recordStop = (db: DatabasePool, stop: CheckStop, told: StopReply): Promise<void> =>
  db.transaction(async (tx) => {
    const isNews = await recordStopOutcome(tx, stop.id, told);
    const subject = `payout/${stop.payoutId}`;
    if (isNews && told.outcome === 'stopped' && !told.isVoid) await alarm(tx, 'check_not_void', subject, NOT_VOID);
    if (isNews && told.outcome === 'already_paid' && stop.renewsId)
      await alarm(tx, 'stopped_check_paid', subject, PAID);
  });

const STALE =
  'Nobody cashed this check for 180 days. It is still owed, and can still be paid. Write to its payee; to pay in another way, ask for a stop first.';

/** Asks a person about a check that is too old, and no more once it is over. */
export async function lookAfterCheck({ db }: CheckDeps, { gateway, payoutId }: Attempt): Promise<void> {
  if (!isByCheck(gateway)) return;
  const attempt = (await findLiveAttempt(db, payoutId)) ?? (await listAttempts(db, payoutId)).at(-1);
  if (!attempt || (attempt.state !== 'stale' && !isAttemptFinal(attempt.state))) return;
  const subject = `payout/${payoutId}`;
  await db.transaction(async (tx) => {
    if (attempt.state === 'stale') await openTask(tx, { kind: 'check_stale', subject, payoutId, detail: STALE });
    else
      for (const kind of ['check_stale', 'check_returned_mail'] as const)
        await closeTask(tx, { kind, subject }, { actorId: null, resolution: `the check is ${attempt.state}` });
  });
}
