import { sql } from 'slonik';
import { z } from 'zod';

import {
  type Conversion,
  DAYS_BACK_MAX,
  type ExchangeRate,
  PUBLISHING_DAYS,
  type RateNeed,
  type RateSource,
} from '../../domain/programs/exchange-rate.ts';
import type { NewRate } from '../../domain/programs/rate-record.ts';
import { Amounts, Count, Currency, Instant, LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import { changesRow, type Database } from '../database.ts';

/** The sources of rates, and the rates. The last record of a day and a currency is the one that holds. */

const rateShape = {
  source: z.string(),
  from: Currency,
  to: Currency,
  on: LocalDate,
  day: LocalDate,
  fromRate: z.string().nullable(),
  toRate: z.string().nullable(),
};
/** A rate as an earning stores it. */
export const RateColumn: z.ZodType<ExchangeRate> = z.strictObject(rateShape);
/** A rate with what was converted at it, as an earning stores it. */
export const ConversionColumn: z.ZodType<Conversion> = z.strictObject({ ...rateShape, amounts: Amounts });

/** Writes a conversion as JSON: minor units are text. */
export const conversionJson = ({ amounts, ...rate }: Conversion): string =>
  JSON.stringify({
    ...rate,
    amounts: Object.fromEntries(Object.entries(amounts).map(([name, minor]) => [name, String(minor)])),
  });

const LOCK = 'exchange_rate';

/** Holds off new rates until the transaction ends. An event that finds no rate then waits before the rate comes, and is woken by it. */
export const lockRatesShared = (db: Database) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock_shared(hashtext(${LOCK}))`);

/** Lets one transaction at a time write rates, while nobody works out events by them. */
export const lockRates = (db: Database) => db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext(${LOCK}))`);

const SourceRow = z.strictObject({ code: z.string(), base: Currency, days: z.enum(PUBLISHING_DAYS) });

export const listRateSources = (db: Database, codes: readonly string[]): Promise<readonly RateSource[]> =>
  db.any(sql.type(SourceRow)`
    select code, base, days from rate_source where code = any(${sql.array([...codes], 'text')}) order by code`);

/** Adds a source. Returns whether it was new. */
export const insertRateSource = (db: Database, { code, base, days }: RateSource): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`insert into rate_source(code, base, days) values (${code}, ${base}, ${days}) on conflict do nothing`,
  );

const PublishedRow = z.strictObject({
  source: z.string(),
  day: LocalDate,
  quote: Currency,
  rate: z.string().nullable(),
  recordedBy: z.string(),
});
export type PublishedRow = z.infer<typeof PublishedRow>;

/** The rates that some conversions may take: those of their days, and of the days before. */
export function listRatesFor(db: Database, needs: readonly RateNeed[]): Promise<readonly PublishedRow[]> {
  const rows = needs.flatMap(({ source, from, to, on }) => [from, to].map((quote) => [source, quote, on]));
  const distinct = [...new Map(rows.map((row) => [row.join(' '), row])).values()];
  return db.any(sql.type(PublishedRow)`
    select distinct asked.source, found.day, asked.quote, found.rate, found.recorded_by as "recordedBy"
    from ${unnestColumns(['text', 'bpchar', 'date'], distinct)} as asked(source, quote, on_day)
    cross join lateral (
      select distinct on (day) day, rate, recorded_by from exchange_rate
      where source = asked.source and quote = asked.quote and day between asked.on_day - ${DAYS_BACK_MAX}::int and asked.on_day
      order by day, id desc
    ) found`);
}

const AddedRow = z.strictObject({ day: LocalDate, quote: Currency, isCorrection: z.boolean() });

/** Writes rates that say something new. Returns those, each with whether it supersedes another one. The caller holds `lockRates`. */
export const insertRates = (
  db: Database,
  { code, base }: Pick<RateSource, 'code' | 'base'>,
  rates: readonly NewRate[],
  by: string,
): Promise<readonly z.infer<typeof AddedRow>[]> =>
  db.any(sql.type(AddedRow)`
    with given as materialized (
      select given.day, given.quote, given.rate, known.id is not null as is_known
      from ${unnestColumns(
        ['date', 'bpchar', 'text'],
        rates.map(({ day, quote, rate }) => [day, quote, rate]),
      )} as given(day, quote, rate)
      left join lateral (
        select id, rate from exchange_rate
        where source = ${code} and quote = given.quote and day = given.day order by id desc limit 1
      ) known on true
      where known.id is null or known.rate::numeric is distinct from given.rate::numeric
    ), added as (
      insert into exchange_rate(source, base, day, quote, rate, recorded_by)
      select ${code}, ${base}, day, quote, rate, ${by} from given order by day, quote
      returning day, quote
    )
    select day, quote, is_known as "isCorrection" from added join given using (day, quote) order by day, quote`);

const RateRow = z.strictObject({
  id: z.bigint(),
  source: z.string(),
  day: LocalDate,
  base: Currency,
  quote: Currency,
  rate: z.string().nullable(),
  recordedBy: z.string(),
  recordedAt: Instant,
  supersedes: Count,
});
export type RecordedRate = z.infer<typeof RateRow>;

export type RateFilter = {
  readonly source: string;
  readonly day?: string | undefined;
  readonly base?: string | undefined;
  readonly quote?: string | undefined;
};
export type RateKey = { readonly day: string; readonly quote: string };

/** The rates that hold of a source, the latest day first. */
export const listRates = (
  db: Database,
  { source, day, base, quote }: RateFilter,
  after: RateKey | null,
  limit: number,
): Promise<readonly RecordedRate[]> =>
  db.any(sql.type(RateRow)`
    select rate.id, rate.source, rate.day, rate.base, rate.quote, rate.rate, actor.code as "recordedBy",
      rate.recorded_at as "recordedAt", (
        select count(*) from exchange_rate earlier
        where (earlier.source, earlier.day, earlier.quote) = (rate.source, rate.day, rate.quote) and earlier.id < rate.id
      ) as supersedes
    from (
      select distinct on (day, quote) * from exchange_rate
      where source = ${source} and (${day ?? null}::date is null or day = ${day ?? null})
        and (${base ?? null}::text is null or base = ${base ?? null}) and (${quote ?? null}::text is null or quote = ${quote ?? null})
        and (${after?.day ?? null}::date is null or (day, quote) < (${after?.day ?? null}::date, ${after?.quote ?? null}::bpchar))
      order by day desc, quote desc, id desc limit ${limit}
    ) rate join actor on actor.id = rate.recorded_by
    order by rate.day desc, rate.quote desc`);
