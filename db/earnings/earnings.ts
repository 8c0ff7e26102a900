import { sql } from 'slonik';
import { z } from 'zod';

import type { CurrencyCode } from '../../domain/currency.ts';
import type { Earning } from '../../domain/earnings/change.ts';
import { LINE_KIND_OF } from '../../domain/earnings/correction.ts';
import { isPoints } from '../../domain/unit.ts';
import { Instant } from '../column-types.ts';
import { copyRows, takeIds } from '../copy.ts';
import { changesRow, type Database } from '../database.ts';
import { conversionJson } from '../programs/exchange-rates.ts';
import { type Correction } from './corrections.ts';
import { beforeJson } from './explained.ts';

/** An earning to be written, with the event that made it. */
export type NewEarning = Earning & {
  readonly eventId: bigint;
  /** Numbers the earnings that one event makes for one partner. */
  readonly n: number;
  readonly partnerId: bigint;
  /** The partner of the event whose terms pay this partner above. Null where partners earn by their own part. */
  readonly childId: bigint | null;
  readonly kind: LineKind;
  /** The people who sent the event or wrote the terms. */
  readonly madeBy: readonly string[];
};
export type LineKind = 'earned' | 'reversed' | 'corrected';

type EarningLine = {
  id: bigint;
  partnerId: bigint;
  kind: LineKind;
  currency: CurrencyCode;
  availableOn: string;
  minor: bigint;
};
const BatchRow = z.strictObject({ batchId: z.bigint(), bookedAt: Instant });

type LineKey = { partnerId: bigint; kind: string; currency: string; availableOn: string };
const lineKey = ({ partnerId, kind, currency, availableOn }: LineKey): string =>
  `${partnerId}|${kind}|${currency}|${availableOn}`;

/**
 * Writes a page's earnings as one batch, summed into lines by partner, kind, currency and release day. Returns the batch with its
 * lines. A sum of 0 makes no line, and points make lots instead.
 */
export async function insertEarnings(
  db: Database,
  programId: number,
  eventCount: number,
  earnings: readonly NewEarning[],
): Promise<z.infer<typeof BatchRow> & { lines: readonly EarningLine[] }> {
  const batch = await db.one(sql.type(BatchRow)`
    insert into accrual_batch(program_id, event_count) values (${programId}, ${eventCount})
    returning id as "batchId", booked_at as "bookedAt"`);
  const { batchId } = batch;
  const lines = await insertLines(db, programId, batchId, earnings);
  const ids = new Map(lines.map((line) => [lineKey(line), line.id]));
  const isoOf = instantWriter();
  await copyRows(
    db,
    'earning',
    EARNING_COLUMNS,
    earnings.map((earning) => [
      earning.eventId,
      earning.n,
      earning.partnerId,
      earning.childId,
      programId,
      earning.originId,
      earning.incentiveId,
      earning.scope?.id ?? null,
      earning.versionId,
      isoOf(earning.sinceMs),
      batchId,
      ids.get(lineKey(earning)) ?? null,
      earning.currency,
      earning.minor,
      earning.measures.volume,
      earning.measures.of,
      earning.measures.base,
      earning.availableOn,
      earning.before && beforeJson(earning.before),
      earning.uncollectedMinor,
      earning.converted && conversionJson(earning.converted),
      earning.lateFor,
      earning.customer,
      earning.budgetId,
      earning.budgetId === null ? null : earning.unfundedMinor,
    ]),
  );
  return { ...batch, lines };
}

const EARNING_COLUMNS =
  'event_id n partner_id child_id program_id origin_id incentive_id scope_id plan_version_id terms_since batch_id earning_line_id currency amount_minor volume of_amount base available_on before uncollected_minor rate late_for customer budget_id unfunded_minor'.split(
    ' ',
  );

/** Writes instants for the database. A page has many earnings under few terms, so it remembers each instant that it wrote. */
function instantWriter(): (ms: number) => string {
  const written = new Map<number, string>();
  return (ms) => {
    const text = written.get(ms) ?? new Date(ms).toISOString();
    written.set(ms, text);
    return text;
  };
}

async function insertLines(
  db: Database,
  programId: number,
  batchId: bigint,
  earnings: readonly NewEarning[],
): Promise<readonly EarningLine[]> {
  const sums = new Map<string, Omit<EarningLine, 'id'> & { count: number; by: Set<string> }>();
  for (const earning of earnings) {
    const { partnerId, kind, currency, availableOn } = earning;
    if (isPoints(currency)) continue;
    const key = lineKey(earning);
    const line = sums.get(key) ?? { partnerId, kind, currency, availableOn, minor: 0n, count: 0, by: new Set() };
    line.minor += earning.minor;
    line.count += 1;
    for (const person of earning.madeBy) line.by.add(person);
    sums.set(key, line);
  }
  const sorted = [...sums].filter(([, { minor }]) => minor !== 0n).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const ids = await takeIds(db, 'earning_line', sorted.length);
  const lines = sorted.map(([, line], index) => ({ ...line, id: ids[index] ?? 0n }));
  await copyRows(
    db,
    'earning_line',
    'id partner_id program_id batch_id kind currency amount_minor earning_count available_on made_by'.split(' '),
    lines.map(({ id, partnerId, kind, currency, minor, count, availableOn, by }) => [
      id,
      partnerId,
      programId,
      batchId,
      kind,
      currency,
      minor,
      count,
      availableOn,
      `{${[...by].toSorted().join(',')}}`,
    ]),
  );
  return lines;
}

/**
 * Writes a part of a payout that came back and that people credited to the partner, as a line of its own. The line belongs to the
 * program that most of the payout came from, and is free as soon as the payout's own lines were. Returns whether it was new.
 */
export const insertReturnedLine = (db: Database, resolutionId: string): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, resolution_id,
      made_by)
    select payout.partner_id, main.program_id, 'returned_funds', payout.currency, resolution.amount_minor, 0, main.available_on,
      resolution.id, array[resolution.proposed_by]
    from resolution join payout on payout.id = resolution.payout_id
    cross join lateral (
      select line.program_id, max(line.available_on) as available_on
      from payout_line taken join earning_line line on line.id = taken.earning_line_id
      where taken.payout_id = payout.id group by line.program_id order by sum(line.amount_minor) desc, line.program_id limit 1
    ) main
    where resolution.id = ${resolutionId}`,
  );

/** Writes the lines of a confirmed correction's items after a number. Its proposer had a hand in what they pay. */
export const insertCorrectedLines = (db: Database, { id, kind }: Pick<Correction, 'id' | 'kind'>, after: number) =>
  db.query(sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, correction_id,
      correction_item, made_by)
    select item.partner_id, item.program_id, ${LINE_KIND_OF[kind]}, item.currency, item.amount_minor, 0, item.available_on,
      item.correction_id, item.item_no, array[correction.proposed_by] || correction.hands
    from correction_item item join correction on correction.id = item.correction_id
    where item.correction_id = ${id} and item.item_no > ${after} order by item.item_no`);

/** Writes the money of a confirmed conversion as a line of its own, free from a local date on. */
export const insertConvertedLine = (db: Database, conversionId: string, availableOn: string) =>
  db.query(sql.unsafe`
    insert into earning_line(partner_id, program_id, kind, currency, amount_minor, earning_count, available_on, conversion_id, made_by)
    select conversion.partner_id, unit.program_id, 'converted', conversion.currency, conversion.amount_minor, 0, ${availableOn},
      conversion.id, array[conversion.proposed_by]
    from conversion join unit on unit.code = conversion.unit where conversion.id = ${conversionId}`);
