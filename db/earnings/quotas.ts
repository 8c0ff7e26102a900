import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { CALENDAR_WINDOWS } from '../../domain/programs/incentives/window.ts';
import { Currency, Instant, LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The quotas of partners: one for each program, name, window and currency. A later row supersedes the earlier ones. */

export type NewQuota = {
  partnerId: bigint;
  programId: number;
  name: string;
  window: string;
  start: string;
  /** Null for a number of units or events. */
  currency: string | null;
  /** Minor units, units or events. Null takes the quota back. */
  value: bigint | null;
  reason: string | null;
};

const keyShape = {
  partnerId: z.bigint(),
  name: z.string(),
  window: z.enum(CALENDAR_WINDOWS),
  start: LocalDate,
};
const InForceRow = z.strictObject({
  ...keyShape,
  id: z.bigint(),
  recordedBy: z.string(),
  currency: Currency.nullable(),
  value: z.bigint().nullable(),
});
export type QuotaInForce = z.infer<typeof InForceRow>;
const EventRow = z.strictObject({ ...keyShape, eventId: z.bigint() });
export type QuotaEvent = z.infer<typeof EventRow>;
export type QuotaKey = Pick<QuotaEvent, 'partnerId' | 'name'> & { readonly window: string; readonly start: string };

const InsertedRow = z.strictObject({ id: z.bigint(), eventId: z.bigint() });

/** Writes quotas, each with the event of ours that has its window worked out again. Returns their ids in the same order. */
export async function insertQuotas(
  db: Database,
  quotas: readonly (NewQuota & { eventId: bigint })[],
  by: string,
): Promise<readonly bigint[]> {
  const rows = await db.any(sql.type(InsertedRow)`
    insert into quota(event_id, partner_id, program_id, name, time_window, window_start, currency, value, reason, recorded_by)
    select event_id, partner_id, program_id, name, time_window, window_start, currency, value, reason, ${by}::uuid
    from ${unnestColumns(
      ['int8', 'int8', 'int4', 'text', 'text', 'date', 'text', 'int8', 'text'],
      quotas.map((quota) => [
        quota.eventId,
        quota.partnerId,
        quota.programId,
        quota.name,
        quota.window,
        quota.start,
        quota.currency,
        quota.value,
        quota.reason,
      ]),
    )} as given(event_id, partner_id, program_id, name, time_window, window_start, currency, value, reason)
    returning id, event_id as "eventId"`);
  const ids = new Map(rows.map(({ id, eventId }) => [eventId, id]));
  return quotas.flatMap(({ eventId }) => ids.get(eventId) ?? []);
}

/** The windows whose quotas these events of ours changed. */
export const listQuotaEvents = (db: Database, eventIds: readonly bigint[]): Promise<readonly QuotaEvent[]> =>
  db.any(sql.type(EventRow)`
    select event_id as "eventId", partner_id as "partnerId", name, time_window as window, window_start as start
    from quota where event_id = any(${sql.array(eventIds.map(String), 'int8')})`);

/** The quotas in force of some windows, in each currency. One that was taken back has no value. */
export const listQuotasInForce = (
  db: Database,
  programId: number,
  keys: readonly QuotaKey[],
): Promise<readonly QuotaInForce[]> =>
  db.any(sql.type(InForceRow)`
    select distinct on (quota.partner_id, quota.name, quota.time_window, quota.window_start, quota.currency)
      quota.partner_id as "partnerId", quota.name, quota.time_window as window, quota.window_start as start, quota.currency, quota.value,
      quota.id, quota.recorded_by as "recordedBy"
    from ${unnestColumns(
      ['int8', 'text', 'text', 'date'],
      keys.map(({ partnerId, name, window, start }) => [partnerId, name, window, start]),
    )} as given(partner_id, name, time_window, window_start)
    join quota using (partner_id, name, time_window, window_start)
    where quota.program_id = ${programId}
    order by quota.partner_id, quota.name, quota.time_window, quota.window_start, quota.currency, quota.id desc`);

const RecordedRow = z.strictObject({
  id: z.bigint(),
  program: z.string(),
  name: z.string(),
  window: z.enum(CALENDAR_WINDOWS),
  start: LocalDate,
  currency: Currency.nullable(),
  value: z.bigint().nullable(),
  reason: z.string().nullable(),
  recordedBy: z.string(),
  recordedAt: Instant,
});
export type RecordedQuota = z.infer<typeof RecordedRow>;

const recordedQuery = sql.fragment`
  select quota.id, program.code as program, quota.name, quota.time_window as window, quota.window_start as start, quota.currency, quota.value,
    quota.reason, actor.code as "recordedBy", quota.recorded_at as "recordedAt"
  from quota join program on program.id = quota.program_id join actor on actor.id = quota.recorded_by`;

/** Every quota that was ever recorded for a partner, newest first. */
export const listQuotas = (
  db: Database,
  partnerId: bigint,
  before: bigint | null,
  limit: number,
): Promise<readonly RecordedQuota[]> =>
  db.any(sql.type(RecordedRow)`
    ${recordedQuery} where quota.partner_id = ${partnerId} and (${before}::int8 is null or quota.id < ${before})
    order by quota.id desc limit ${limit}`);

export async function getQuota(db: Database, id: bigint): Promise<RecordedQuota> {
  const quota = await db.maybeOne(sql.type(RecordedRow)`${recordedQuery} where quota.id = ${id}`);
  if (!quota) throw new Failure('not_found', `There is no quota ${id}.`);
  return quota;
}
