import type { Database } from '../../db/database.ts';
import { wakeRateless } from '../../db/earnings/events.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { insertRates, insertRateSource, listRateSources, lockRates } from '../../db/programs/exchange-rates.ts';
import { localDate } from '../../domain/calendar.ts';
import { isCurrency } from '../../domain/currency.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import { Failure, type FailureDetail, refused } from '../../domain/errors.ts';
import { gapName, type RateSource } from '../../domain/programs/exchange-rate.ts';
import { type GivenRate, isNeedless, type NewRate, readRate } from '../../domain/programs/rate-record.ts';
import { readRateFile } from './rate-file.ts';

/** The outcome of recording rates. Those that say nothing new are only counted. */
export type RecordedRates = RateSource & {
  readonly recorded: number;
  /** Those of `recorded` that supersede another rate. */
  readonly corrected: number;
  readonly replayed: number;
  readonly skippedCurrencies: readonly string[];
  readonly skippedDays: readonly string[];
  /** How many partners' events waited for these rates and are worked out now. */
  readonly eventsWoken: number;
  readonly shards: readonly Shard[];
};

export type Wish = {
  readonly source: string;
  /** Needed where the source is new. */
  readonly base?: string | undefined;
  readonly by: string;
  readonly nowMs: number;
};

/** A given rate, and the name of its place for an error. */
type Placed = GivenRate & { readonly place: (field: string) => string };

const PROBLEMS_MAX = 1_000;
const ROWS_PER_INSERT = 5_000;

/**
 * Records rates that a person sends, all or none. One that is known already changes nothing, and another one for the same day supersedes
 * it: earnings keep the rate that they took. Throws Failure `invalid_input`, which names each field.
 */
export const recordRates = (db: Database, rates: readonly GivenRate[], wish: Wish): Promise<RecordedRates> =>
  record(
    db,
    rates.map((rate, index) => ({ ...rate, place: (field) => `rates[${index}].${field}` })),
    wish,
    { isPublished: false },
  );

/** Records the rates of a file, all or none. Throws Failure `invalid_input`, which names each line and field. */
export async function importRates(db: Database, path: string, wish: Wish): Promise<RecordedRates> {
  const { rates, problems, isPublished } = await readRateFile(path);
  const details = problems.map(({ line, field, reason }) => ({ field: `line ${line}: ${field}`, reason }));
  if (details.length > 0) throw notRecorded(details);
  if (rates.length === 0) throw refused('file', 'has no rates');
  const placed = rates.map(({ line, ...rate }) => ({
    ...rate,
    place: (field: string) => `line ${line}: ${field === 'rate' && isPublished ? rate.quote : field}`,
  }));
  return record(db, placed, { ...wish, base: wish.base ?? rates[0]?.base }, { isPublished });
}

const record = (
  db: Database,
  given: readonly Placed[],
  { source: code, base, by, nowMs }: Wish,
  { isPublished }: { isPublished: boolean },
): Promise<RecordedRates> =>
  db.transaction(async (tx) => {
    await lockRates(tx);
    const source = await sourceOf(tx, code, base);
    const { rates, skipped } = read(given, source, localDate(nowMs, 'UTC'), isPublished);
    const added: { day: string; quote: NewRate['quote']; isCorrection: boolean }[] = [];
    for (let at = 0; at < rates.length; at += ROWS_PER_INSERT)
      added.push(...(await insertRates(tx, source, rates.slice(at, at + ROWS_PER_INSERT), by)));
    const woken = await wakeRateless(
      tx,
      added.map(({ day, quote }) => gapName({ source: code, day, quote })),
    );
    const corrected = added.filter(({ isCorrection }) => isCorrection).length;
    const days = added.map(({ day }) => day).toSorted();
    if (added.length > 0)
      await addAuditEntry(tx, {
        actorId: by,
        action: 'rates.record',
        subject: `rate_source/${code}`,
        detail: { recorded: added.length, corrected, from: days[0] ?? null, until: days.at(-1) ?? null },
      });
    return {
      ...source,
      recorded: added.length,
      corrected,
      replayed: rates.length - added.length,
      skippedCurrencies: distinct(skipped.filter(({ quote }) => !isCurrency(quote)).map(({ quote }) => quote)),
      skippedDays: distinct(skipped.filter(({ quote }) => isCurrency(quote)).map(({ day }) => day)),
      eventsWoken: woken.length,
      shards: [...new Map(woken.map((shard) => [`${shard.program}/${shard.shard}`, shard])).values()],
    };
  });

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

/** The source of a code. A new one publishes on weekdays, and its base never changes. */
async function sourceOf(tx: Database, code: string, base: string | undefined): Promise<RateSource> {
  const [known] = await listRateSources(tx, [code]);
  if (known && base !== undefined && base !== known.base)
    throw refused('base', `is ${base}, and ${code} publishes rates of ${known.base}`);
  if (known) return known;
  if (!isCurrency(base))
    throw refused('base', `is needed, because ${code} is new: the currency that its rates are of, such as EUR`);
  const source = { code, base, days: 'weekdays' } as const;
  await insertRateSource(tx, source);
  return source;
}

/** Reads all rates, or throws with what is wrong. A published file may have days and currencies that nobody needs. */
function read(given: readonly Placed[], source: RateSource, today: string, isPublished: boolean) {
  const rates = new Map<string, NewRate>();
  const skipped: GivenRate[] = [];
  const details: FailureDetail[] = [];
  for (const one of given) {
    const found = readRate(one, source, today);
    if ('reason' in found) {
      if (isPublished && isNeedless(found, one, source)) skipped.push(one);
      else details.push({ field: one.place(found.field), reason: found.reason });
      continue;
    }
    const key = `${found.day}/${found.quote}`;
    const other = rates.get(key);
    if (other && other.rate !== found.rate)
      details.push({ field: one.place('rate'), reason: `is a second rate of ${found.quote} for ${found.day}` });
    rates.set(key, found);
  }
  if (details.length > 0) throw notRecorded(details);
  return { rates: [...rates.values()], skipped };
}

const notRecorded = (details: readonly FailureDetail[]): Failure =>
  new Failure(
    'invalid_input',
    'Nothing was recorded, because some rates cannot be accepted. Correct the named fields, and send all of them again.',
    { details: details.slice(0, PROBLEMS_MAX) },
  );
