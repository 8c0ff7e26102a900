import type { Database } from '../../db/database.ts';
import { expiringTask, insertStop, isToBePaid, listStops } from '../../db/checks/stops.ts';
import { findLiveAttempt, listAttempts } from '../../db/payouts/attempts.ts';
import { lockPayout, makePayoutsDue } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { closeTask } from '../../db/tasks/tasks.ts';
import { whyNotStop } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';

type Request = { payoutId: string; reason: string; by: string };

const askedAlready = (payoutId: string): Failure =>
  new Failure(
    'already_exists',
    `The bank has already been asked about the check of payout ${payoutId} and has not replied yet. Nothing was changed.`,
  );

/** Requests that a check be stopped. The workflow of its payout tells the bank. Throws Failure `check_not_out`. */
export const requestStop = (db: Database, request: Request): Promise<void> =>
  db.transaction(async (tx) => {
    const { payoutId, reason, by } = request;
    await lockPayout(tx, payoutId);
    const attempt = (await findLiveAttempt(tx, payoutId)) ?? (await listAttempts(tx, payoutId)).at(-1);
    if (!attempt || attempt.checkNumber === null)
      throw new Failure('not_found', `Payout ${payoutId} has no check. Nothing was requested.`);
    const why = whyNotStop(attempt.state);
    if (why) throw new Failure('check_not_out', `The check of payout ${payoutId} was not stopped: ${why}.`);
    if (await isToBePaid(tx, attempt.id))
      throw new Failure(
        'check_not_out',
        `The check of payout ${payoutId} was not stopped: somebody decided to let the bank pay it.`,
      );
    if (!(await insertStop(tx, { attemptId: attempt.id, renewsId: null, reason, by }))) throw askedAlready(payoutId);
    await makePayoutsDue(tx, { id: payoutId });
    await addAuditEntry(tx, { actorId: by, action: 'check.stop', subject: `payout/${payoutId}`, detail: { reason } });
  });

/** Requests that a stop be renewed, before or after it lapses. Throws Failure `check_not_out` where nothing is stopped. */
export const requestRenewal = (db: Database, request: Request): Promise<void> =>
  db.transaction(async (tx) => {
    const { payoutId, reason, by } = request;
    await lockPayout(tx, payoutId);
    const last = (await listStops(tx, payoutId)).findLast(({ outcome }) => outcome !== 'already_paid');
    if (!last || (last.outcome === null && last.renewsId === null))
      throw new Failure('check_not_out', `The check of payout ${payoutId} has no stop in force. Nothing was renewed.`);
    if (!(await insertStop(tx, { attemptId: last.attemptId, renewsId: last.id, reason, by })))
      throw askedAlready(payoutId);
    await closeTask(tx, expiringTask(last.id), { actorId: by, resolution: `renewal requested: ${reason}` });
    await addAuditEntry(tx, {
      actorId: by,
      action: 'check.renew_stop',
      subject: `payout/${payoutId}`,
      detail: { reason },
    });
  });
