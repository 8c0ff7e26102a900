import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS, METHODS } from '../../domain/rails.ts';
import { OUTCOMES } from '../../domain/payouts/outcome.ts';
import type { Database } from '../database.ts';
import { Currency, LocalDate } from '../column-types.ts';

const Reason = z.strictObject({
  reason: z.enum(OUTCOMES),
  until: z.string().nullable(),
  detail: z.string().nullable(),
});

const PayabilityRow = z.strictObject({
  partnerId: z.bigint(),
  currency: Currency,
  /** The balance that is free before the cut-off and in no payout. */
  payableMinor: z.bigint(),
  /** The balance that is still held at the cut-off, and what is left for later runs because a gateway pays only whole units. */
  heldMinor: z.bigint(),
  /** The balance that is in a payout which is not settled. */
  reservedMinor: z.bigint(),
  nextAvailableOn: LocalDate.nullable(),
  minimumMinor: z.bigint(),
  method: z.enum(METHODS).nullable(),
  gateway: z.enum(GATEWAYS).nullable(),
  instrumentVersionId: z.string().nullable(),
  /** The reasons against a payment, most basic first. Empty when it will be paid. */
  reasons: z.array(Reason),
  /** Whether the partner goes on in no program of the schedule, so that the minimum does not hold back this balance. */
  isLast: z.boolean(),
  outcome: z.enum(OUTCOMES),
  /** The part of an older debt that is left for later runs. It is in no other amount. */
  debtLeftMinor: z.bigint(),
});
export type Payability = z.infer<typeof PayabilityRow>;

const columns = sql.fragment`
  partner_id as "partnerId", currency, payable_minor as "payableMinor", held_minor as "heldMinor", reserved_minor as "reservedMinor",
  next_available_on as "nextAvailableOn", minimum_minor as "minimumMinor", method, gateway,
  instrument_version_id as "instrumentVersionId", reasons, is_last as "isLast", outcome, debt_left_minor as "debtLeftMinor"`;

type AskingRun = { id: string; scheduleId: number; periodStart: string; periodEnd: string };

/**
 * The partners that a run would pay, and the reasons why it would not pay the others: a row for each partner and currency. A
 * replacement has only the partner and currency of the payout that it replaces.
 */
export const runPayability = (run: AskingRun & { replacesId: string | null }) => sql.fragment`
  select * from payability(${run.scheduleId}, ${run.periodStart}::date, ${run.periodEnd}::date, ${run.id}::uuid)
  where ${run.replacesId}::uuid is null
    or (partner_id, currency) = (select partner_id, currency from payout where id = ${run.replacesId}::uuid)`;

/**
 * The answer of payability now about the partners of a run's payouts in a currency, by partner. It stays true until the transaction ends,
 * because everything that could change it waits.
 */
export async function lockPayability(
  db: Database,
  run: AskingRun,
  currency: string,
  partnerIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, Payability>> {
  const partners = sql.array(partnerIds.map(String), 'int8');
  await db.query(sql.unsafe`select lock_owed(${partners}, ${currency})`);
  const rows = await db.any(sql.type(PayabilityRow)`
    select ${columns} from payability(${run.scheduleId}, ${run.periodStart}::date, ${run.periodEnd}::date, ${run.id}::uuid)
    where partner_id = any(${partners}) and currency = ${currency}`);
  return new Map(rows.map((row) => [row.partnerId, row]));
}

/** Whether a partner would be paid at the end of a period (local dates) of a schedule, and if not why: a row for each currency. */
export const listPartnerPayability = (
  db: Database,
  scheduleId: number,
  period: { start: string; end: string },
  partnerId: bigint,
): Promise<readonly Payability[]> =>
  db.any(sql.type(PayabilityRow)`
    select ${columns} from payability(${scheduleId}, ${period.start}::date, ${period.end}::date)
    where partner_id = ${partnerId} order by currency`);

/** A period (local dates) of a schedule, at whose end payability is asked. */
export type AskedPeriod = { scheduleId: number; start: string; end: string };

/** Whether some partners would be paid at the end of periods of some schedules: a row for each schedule, partner and currency. */
export const listPayabilityOf = (
  db: Database,
  periods: readonly AskedPeriod[],
  partnerIds: readonly bigint[],
): Promise<readonly (Payability & { scheduleId: number })[]> =>
  db.any(sql.type(PayabilityRow.extend({ scheduleId: z.number() }))`
    select asked.schedule_id as "scheduleId", ${columns}
    from ${sql.unnest(
      periods.map(({ scheduleId, start, end }) => [scheduleId, start, end]),
      ['int4', 'date', 'date'],
    )} as asked(schedule_id, period_start, period_end)
    cross join lateral payability(asked.schedule_id, asked.period_start, asked.period_end)
    where partner_id = any(${sql.array(partnerIds.map(String), 'int8')})
    order by asked.schedule_id, currency`);
