import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { Money } from '../../domain/money.ts';
import { FREQUENCIES, type PaySchedule } from '../../domain/payers/schedule.ts';
import { Currency, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

const ScheduleRow = z.strictObject({
  id: z.number(),
  code: z.string(),
  payer: z.string(),
  /** The payer's currency, whose banks must settle on a pay date. */
  currency: Currency,
  frequency: z.enum(FREQUENCIES),
  weekday: z.number().nullable(),
  monthday: z.number().nullable(),
  firstCutoff: z.string().nullable(),
  zone: z.string(),
  payDays: z.number(),
  approvalsRequired: z.number(),
  signedApprovals: z.boolean(),
  scheduled: z.boolean(),
  /** An amount is text in this jsonb, because a large number would lose digits. */
  minimums: z.array(z.strictObject({ currency: Currency, minor: z.string().transform(BigInt) })),
  createdAt: Instant,
});
export type Schedule = z.infer<typeof ScheduleRow>;

const scheduleQuery = sql.fragment`
  select schedule.id, schedule.code, payer.code as payer, payer.currency, frequency, weekday, monthday,
    first_cutoff as "firstCutoff", zone, pay_days as "payDays", approvals_required as "approvalsRequired", signed_approvals as "signedApprovals", scheduled, schedule.created_at as "createdAt",
    (select coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'minor', minimum_minor::text) order by currency), '[]')
     from pay_schedule_minimum where schedule_id = schedule.id) as minimums
  from pay_schedule schedule join payer on payer.id = schedule.payer_id`;

export type NewSchedule = PaySchedule & {
  code: string;
  payerId: number;
  approvalsRequired: number;
  /** Whether only approvals count that people sign with a passkey. */
  signedApprovals: boolean;
  /** Whether its runs start on their own at each cut-off. */
  scheduled: boolean;
  minimums: readonly Money[];
};

/** Writes a pay schedule with its minimums. Null if the code is taken. */
export async function insertSchedule(db: Database, schedule: NewSchedule): Promise<Schedule | null> {
  const { code, payerId, frequency, weekday = null, monthday = null, firstCutoff = null, zone } = schedule;
  const { payDays, approvalsRequired, signedApprovals, scheduled, minimums } = schedule;
  const added = await db.maybeOne(sql.type(z.object({ id: z.number() }))`
    insert into pay_schedule(code, payer_id, frequency, weekday, monthday, first_cutoff, zone, pay_days, approvals_required,
      signed_approvals, scheduled)
    values (${code}, ${payerId}, ${frequency}, ${weekday}, ${monthday}, ${firstCutoff}::date, ${zone}, ${payDays},
      ${approvalsRequired}, ${signedApprovals}, ${scheduled})
    on conflict (code) do nothing returning id`);
  if (!added) return null;
  await insertMinimums(db, added.id, minimums);
  return getSchedule(db, code);
}

export async function getSchedule(db: Database, code: string): Promise<Schedule> {
  const schedule = await db.maybeOne(sql.type(ScheduleRow)`${scheduleQuery} where schedule.code = ${code}`);
  if (!schedule) throw new Failure('not_found', `There is no schedule ${code}.`);
  return schedule;
}

/** Keeps a schedule as it is until this transaction ends. */
export const lockSchedule = (db: Database, code: string) =>
  db.query(sql.unsafe`select from pay_schedule where code = ${code} for no key update`);

export type ScheduleTiming = PaySchedule & { scheduled: boolean };

/** Writes when a schedule pays, in place of what it said. With `isNew` its cut-offs begin now, so that no earlier one opens a run. */
export const updateScheduleTiming = (
  db: Database,
  scheduleId: number,
  { frequency, weekday = null, monthday = null, firstCutoff = null, zone, payDays, scheduled }: ScheduleTiming,
  isNew: boolean,
) =>
  db.query(sql.unsafe`
    update pay_schedule set frequency = ${frequency}, weekday = ${weekday}, monthday = ${monthday},
      first_cutoff = ${firstCutoff}::date, zone = ${zone}, pay_days = ${payDays}, scheduled = ${scheduled}, timed_at = case when ${isNew} then now() else timed_at end
    where id = ${scheduleId}`);

export const listSchedules = (db: Database, after: string | null, limit: number): Promise<readonly Schedule[]> =>
  db.any(sql.type(ScheduleRow)`
    ${scheduleQuery} where ${after}::text is null or schedule.code > ${after} order by schedule.code limit ${limit}`);

/** Replaces the minimum payouts of a schedule. A currency that is not named has none. */
export async function replaceMinimums(db: Database, scheduleId: number, minimums: readonly Money[]): Promise<void> {
  await db.query(sql.unsafe`delete from pay_schedule_minimum where schedule_id = ${scheduleId}`);
  await insertMinimums(db, scheduleId, minimums);
}

async function insertMinimums(db: Database, scheduleId: number, minimums: readonly Money[]): Promise<void> {
  const rows = minimums.map(({ currency, minor }) => [currency, String(minor)]);
  await db.query(sql.unsafe`
    insert into pay_schedule_minimum(schedule_id, currency, minimum_minor)
    select ${scheduleId}::int, currency, minor from ${sql.unnest(rows, ['text', 'int8'])} as given(currency, minor)
    on conflict (schedule_id, currency) do update set minimum_minor = excluded.minimum_minor`);
}

/** The schedules that pay some partners, which are those of their programs, and of those in which they earned by others below. */
export function listSchedulesOf(db: Database, partnerIds: readonly bigint[]): Promise<readonly Schedule[]> {
  const partners = sql.array(partnerIds.map(String), 'int8');
  return db.any(sql.type(ScheduleRow)`
    ${scheduleQuery}
    where schedule.id in (
      select program.schedule_id from agreement_term join program on program.id = agreement_term.program_id
      where agreement_term.partner_id = any(${partners})
      union
      select schedule_id from program
      where exists (select from earning_line line where line.program_id = program.id and line.partner_id = any(${partners}))
    )
    order by schedule.code`);
}

/** The schedules that pay a partner. */
export const listPartnerSchedules = (db: Database, partnerId: bigint): Promise<readonly Schedule[]> =>
  listSchedulesOf(db, [partnerId]);
