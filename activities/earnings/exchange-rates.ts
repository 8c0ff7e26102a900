import type { Database } from '../../db/database.ts';
import { listRatesFor, listRateSources, lockRatesShared, type PublishedRow } from '../../db/programs/exchange-rates.ts';
import {
  type Conversion,
  type ExchangeRate,
  findRate,
  type RateGap,
  type RateNeed,
} from '../../domain/programs/exchange-rate.ts';

export type Rates = {
  /** Finds the rate for a conversion, or says which rate is not known yet. */
  readonly find: (need: RateNeed) => ExchangeRate | { gap: RateGap };
  /** The people who recorded the rates of a conversion. */
  readonly recordersOf: (converted: Conversion) => string[];
};

const keyOf = ({ source, day, quote }: Pick<PublishedRow, 'source' | 'day' | 'quote'>): string =>
  `${source}/${day}/${quote}`;

/**
 * Reads the rates for conversions, and holds off new ones until the transaction ends, unless it only reads the past. Without a conversion it
 * reads nothing.
 */
export async function readRates(tx: Database, needs: readonly RateNeed[], isPast = false): Promise<Rates> {
  if (needs.length > 0 && !isPast) await lockRatesShared(tx);
  const sources = needs.length > 0 ? await listRateSources(tx, [...new Set(needs.map(({ source }) => source))]) : [];
  const bySource = new Map(sources.map((source) => [source.code, source]));
  const rows = needs.length > 0 ? await listRatesFor(tx, needs) : [];
  const published = new Map(rows.map((row) => [keyOf(row), row]));
  const find: Rates['find'] = (need) => {
    const source = bySource.get(need.source);
    if (!source) throw new RangeError(`nobody publishes rates as ${need.source}`);
    return findRate(need, source, (code, day, quote) => published.get(keyOf({ source: code, day, quote }))?.rate);
  };
  const recordersOf = ({ source, day, from, to }: Conversion): string[] =>
    [from, to].flatMap((quote) => published.get(keyOf({ source, day, quote }))?.recordedBy ?? []);
  return { find, recordersOf };
}
