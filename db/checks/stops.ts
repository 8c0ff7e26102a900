import { sql } from 'slonik';
import { z } from 'zod';

import { whyNotStop } from '../../domain/checks/check.ts';
import { Failure } from '../../domain/errors.ts';
import { findLiveAttempt, listAttempts, PayoutStart, type PayoutStartRow } from '../payouts/attempts.ts';
import { addAuditEntry } from '../people/audit.ts';
import { changesRow, type Database } from '../database.ts';
import { lockPayout } from '../payouts/payouts.ts';
import { Instant, LocalDate } from '../column-types.ts';
import { closeTask } from '../tasks/tasks.ts';

const StopRow = z.strictObject({
  id: z.string(),
  attemptId: z.string(),
  payoutId: z.string(),
  renewsId: z.string().nullable(),
  /** Of a renewal: the last day of the stop that it prolongs. */
  lapsesOn: LocalDate.nullable(),
  /** The code of whoever asked. */
  requestedBy: z.string(),
  reason: z.string(),
  requestedAt: Instant,
  /** What the bank said; null while it has not. */
  outcome: z.enum(['stopped', 'already_paid']).nullable(),
  outcomeAt: Instant.nullable(),
  expiresOn: LocalDate.nullable(),
  /** Whether the number is void as well, so that the check stays dead when the stop lapses. */
  isVoid: z.boolean().nullable(),
});
/** A person's request to stop a check, or to renew its stop, and what the bank said. */
export type CheckStop = z.infer<typeof StopRow>;

const selectStop = sql.fragment`
  select stop.id, stop.attempt_id as "attemptId", attempt.payout_id as "payoutId", stop.renews_id as "renewsId",
    renewed.expires_on as "lapsesOn", actor.code as "requestedBy",
    stop.reason, stop.requested_at as "requestedAt", stop.outcome, stop.outcome_at as "outcomeAt", stop.expires_on as "expiresOn",
    stop.is_void as "isVoid"
  from check_stop stop join payout_attempt attempt on attempt.id = stop.attempt_id join actor on actor.id = stop.requested_by
  left join check_stop renewed on renewed.id = stop.renews_id`;

/** The stops of a payout's check, oldest first. */
export const listStops = (db: Database, payoutId: string): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`${selectStop} where attempt.payout_id = ${payoutId} order by stop.id`);

/** The stop that the bank has not answered yet; renewals are another matter. */
export const findOpenStop = (db: Database, attemptId: string): Promise<CheckStop | null> =>
  db.maybeOne(sql.type(StopRow)`
    ${selectStop} where stop.attempt_id = ${attemptId} and stop.outcome is null and stop.renews_id is null`);

/**
 * What people asked and the bank has not answered, oldest first: renewals, and stops that the payout's own workflow did not tell it of
 * for a while, since it had ended or was not reached.
 */
export const listOpenRequests = (db: Database, limit: number): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`
    ${selectStop}
    where stop.outcome is null and (stop.renews_id is not null or stop.requested_at < now() - ${FORGOTTEN_AFTER}::interval)
    order by stop.id limit ${limit}`);

const FORGOTTEN_AFTER = '5 minutes';

/** Stops that nobody renewed and that lapse within so many days, or did in the last ones. */
export const listLapsingStops = (db: Database, withinDays: number): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`
    ${selectStop}
    where stop.outcome = 'stopped' and stop.expires_on between current_date - ${LAPSED_DAYS}::int and current_date + ${withinDays}::int
      and not exists (select from check_stop renewal where renewal.renews_id = stop.id and renewal.outcome is distinct from 'already_paid')
    order by stop.expires_on, stop.id`);

/** How long a lapsed stop is looked at, so that its task is closed though nobody looked on the day. */
const LAPSED_DAYS = 60;

/** The task that asks whether to renew a stop. */
export const expiringTask = (stopId: string) =>
  ({ kind: 'check_stop_expiring', subject: `check-stop/${stopId}` }) as const;

type Request = { payoutId: string; reason: string; by: string };

const insertStop = (tx: Database, attemptId: string, renewsId: string | null, { reason, by }: Request) =>
  changesRow(
    tx,
    sql.unsafe`
    insert into check_stop(attempt_id, renews_id, requested_by, reason) values (${attemptId}, ${renewsId}, ${by}, ${reason})
    on conflict do nothing`,
  );

/** Somebody decided that the bank shall pay the check, and it has not said yet that it did. */
const isToBePaid = (tx: Database, attemptId: string): Promise<boolean> =>
  tx.exists(sql.unsafe`
    select 1 from check_register register
    join check_exception asked on asked.check_account_id = register.check_account_id and asked.number = register.number
    where register.attempt_id = ${attemptId} and asked.decision = 'pay' and asked.outcome is null`);

const askedAlready = (payoutId: string): Failure =>
  new Failure(
    'already_exists',
    `The bank is being asked already about the check of payout ${payoutId}; nothing was changed.`,
  );

/** Asks for a check to be stopped; its payout's workflow tells the bank. Throws Failure `check_not_out`. */
export const requestStop = (db: Database, request: Request): Promise<void> =>
  db.transaction(async (tx) => {
    const { payoutId, reason, by } = request;
    const payout = await lockPayout(tx, payoutId);
    const attempt = (await findLiveAttempt(tx, payoutId)) ?? (await listAttempts(tx, payoutId)).at(-1);
    if (!attempt || attempt.checkNumber === null)
      throw new Failure('not_found', `There is no check of payout ${payoutId}; nothing was asked.`);
    const why = whyNotStop(attempt.state);
    if (why) throw new Failure('check_not_out', `The check of payout ${payoutId} was not stopped: ${why}.`);
    if (await isToBePaid(tx, attempt.id))
      throw new Failure(
        'check_not_out',
        `The check of payout ${payoutId} was not stopped: the bank is being told to pay it.`,
      );
    if (!(await insertStop(tx, attempt.id, null, request))) throw askedAlready(payoutId);
    await tx.query(sql.unsafe`update payout set due_at = now() where id = ${payout.id}`);
    await addAuditEntry(tx, { actorId: by, action: 'check.stop', subject: `payout/${payoutId}`, detail: { reason } });
  });

/** Asks for a stop to be renewed before, or after, it lapses. Throws Failure `check_not_out` where nothing is stopped. */
export const requestRenewal = (db: Database, request: Request): Promise<void> =>
  db.transaction(async (tx) => {
    const { payoutId, reason, by } = request;
    await lockPayout(tx, payoutId);
    const last = (await listStops(tx, payoutId)).findLast(({ outcome }) => outcome !== 'already_paid');
    if (!last || (last.outcome === null && last.renewsId === null))
      throw new Failure(
        'check_not_out',
        `No stop of the check of payout ${payoutId} is in force; nothing was renewed.`,
      );
    if (!(await insertStop(tx, last.attemptId, last.id, request))) throw askedAlready(payoutId);
    await closeTask(tx, expiringTask(last.id), { actorId: by, resolution: `renewal asked for: ${reason}` });
    await addAuditEntry(tx, {
      actorId: by,
      action: 'check.renew_stop',
      subject: `payout/${payoutId}`,
      detail: { reason },
    });
  });

export type StopOutcome =
  | { outcome: 'stopped'; expiresOn: string | null; isVoid: boolean }
  | { outcome: 'already_paid'; expiresOn?: never; isVoid?: never };

/** Writes down what the bank said, once. */
export const recordStopOutcome = (
  db: Database,
  id: string,
  { outcome, expiresOn, isVoid }: StopOutcome,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update check_stop set outcome = ${outcome}, outcome_at = now(), expires_on = ${expiresOn ?? null}::date,
      is_void = ${isVoid ?? null}::boolean
    where id = ${id} and outcome is null`,
  );

/** What waking the workflow of a payout needs. */
export const getPayoutStart = (db: Database, payoutId: string): Promise<PayoutStartRow> =>
  db.one(sql.type(PayoutStart)`
    select payout.id, payout.run_id as "runId", partner.code as "partnerCode", payout.method, payout.gateway
    from payout join partner on partner.id = payout.partner_id where payout.id = ${payoutId}`);
