import { sql } from 'slonik';
import { z } from 'zod';

import { changesRow, type Database } from '../database.ts';
import { Instant, LocalDate } from '../column-types.ts';

const StopRow = z.strictObject({
  id: z.string(),
  attemptId: z.string(),
  payoutId: z.string(),
  renewsId: z.string().nullable(),
  /** The last day of the stop that this one renews. */
  lapsesOn: LocalDate.nullable(),
  /** The code of the person who asked. */
  requestedBy: z.string(),
  reason: z.string(),
  requestedAt: Instant,
  /** The bank's reply. Null before it comes. */
  outcome: z.enum(['stopped', 'already_paid']).nullable(),
  outcomeAt: Instant.nullable(),
  expiresOn: LocalDate.nullable(),
  /** Whether the bank also voided the number, so that the check stays worthless when the stop lapses. */
  isVoid: z.boolean().nullable(),
});
/** A person's request to stop a check or to renew its stop, and the bank's reply. */
export type CheckStop = z.infer<typeof StopRow>;

const selectStop = sql.fragment`
  select stop.id, stop.attempt_id as "attemptId", attempt.payout_id as "payoutId", stop.renews_id as "renewsId",
    renewed.expires_on as "lapsesOn", actor.code as "requestedBy", stop.reason, stop.requested_at as "requestedAt", stop.outcome,
    stop.outcome_at as "outcomeAt", stop.expires_on as "expiresOn", stop.is_void as "isVoid"
  from check_stop stop join payout_attempt attempt on attempt.id = stop.attempt_id join actor on actor.id = stop.requested_by
  left join check_stop renewed on renewed.id = stop.renews_id`;

/** The stops of a payout's check, oldest first. */
export const listStops = (db: Database, payoutId: string): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`${selectStop} where attempt.payout_id = ${payoutId} order by stop.id`);

/** The stop to which the bank has not replied yet. Renewals do not count. */
export const findOpenStop = (db: Database, attemptId: string): Promise<CheckStop | null> =>
  db.maybeOne(sql.type(StopRow)`
    ${selectStop} where stop.attempt_id = ${attemptId} and stop.outcome is null and stop.renews_id is null`);

/**
 * The requests to which the bank has not replied, oldest first: renewals, and stops that the payout's own workflow has not reported to
 * the bank for a while, because it had ended or was not reached.
 */
export const listOpenRequests = (db: Database, limit: number): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`
    ${selectStop}
    where stop.outcome is null and (stop.renews_id is not null or stop.requested_at < now() - ${FORGOTTEN_AFTER}::interval)
    order by stop.id limit ${limit}`);

const FORGOTTEN_AFTER = '5 minutes';

/** Stops that nobody renewed and that lapse within this many days, or that lapsed recently. */
export const listLapsingStops = (db: Database, withinDays: number): Promise<readonly CheckStop[]> =>
  db.any(sql.type(StopRow)`
    ${selectStop}
    where stop.outcome = 'stopped'
      and stop.expires_on between current_date - ${LAPSED_DAYS}::int and current_date + ${withinDays}::int
      and not exists (
        select from check_stop renewal where renewal.renews_id = stop.id and renewal.outcome is distinct from 'already_paid')
    order by stop.expires_on, stop.id`);

/** The days for which a lapsed stop is still listed, so that its task is closed even if nothing ran on the day. */
const LAPSED_DAYS = 60;

/** The task that asks whether to renew a stop. */
export const expiringTask = (stopId: string) =>
  ({ kind: 'check_stop_expiring', subject: `check-stop/${stopId}` }) as const;

export type NewStop = {
  attemptId: string;
  /** The stop that this one renews. Null for a first stop. */
  renewsId: string | null;
  reason: string;
  by: string;
};

/** Records a person's request for a stop or its renewal. False where the same request is open already. */
export const insertStop = (db: Database, { attemptId, renewsId, reason, by }: NewStop): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into check_stop(attempt_id, renews_id, requested_by, reason) values (${attemptId}, ${renewsId}, ${by}, ${reason})
    on conflict do nothing`,
  );

/** Whether somebody decided to let the bank pay the check, and the bank has not confirmed that it did. */
export const isToBePaid = (db: Database, attemptId: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from check_register register
    join check_exception asked on asked.check_account_id = register.check_account_id and asked.number = register.number
    where register.attempt_id = ${attemptId} and asked.decision = 'pay' and asked.outcome is null`);

export type StopOutcome =
  | { outcome: 'stopped'; expiresOn: string | null; isVoid: boolean }
  | { outcome: 'already_paid'; expiresOn?: never; isVoid?: never };

/** Records the bank's reply once. Returns whether that was new. */
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
