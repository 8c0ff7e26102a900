import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { stringify } from 'csv-stringify';
import { Temporal } from 'temporal-polyfill';

import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { formatDecimal, money } from '../../domain/money.ts';
import type { MadeUpPartner, ProgramCode } from './made-up-partners.ts';
import { createRandom, type Random } from './random.ts';

type Row = {
  id: string;
  program: ProgramCode;
  partner: string;
  kind: string;
  occurred_at: string;
  currency: string;
  amount: string;
  quantity: string;
  refund_of: string;
};

/** The mapping of the invented file. */
export const MAPPING = ImportMapping.parse({
  source: 'demo-shop',
  program: { column: 'program' },
  partner: { column: 'partner' },
  id: { columns: ['id'] },
  kind: { column: 'kind', values: { sale: 'sale', sign_up: 'sign_up', refund: 'refund' } },
  occurredAt: { columns: ['occurred_at'], format: 'YYYY-MM-DDTHH:mm:ssZ' },
  currency: { column: 'currency' },
  amount: { column: 'amount' },
  quantity: { column: 'quantity' },
  refundOf: { columns: ['refund_of'] },
});

const SALE_MINOR_MIN = 500;
const SALE_MINOR_MAX = 40_000;
/** The amount of a sale by a partner who should stay below the minimum. */
const SMALL_SALE_MINOR = 700n;
const SMALL_SALES = 2;
const SIGN_UP_PERCENT = 10;
const REFUND_PERCENT = 4;
const MINUTES_IN_MONTH = 28 * 24 * 60;
const REFUND_AFTER_MINUTES = 90;
const QUANTITY_MAX = 3;

export type EventsWish = {
  partners: readonly MadeUpPartner[];
  count: number;
  seed: number;
  month: string;
  zone: string;
};

/** Writes a month of events as CSV: sales, rewarded sign-ups, and full and partial refunds. */
export const writeEvents = (file: string, wish: EventsWish): Promise<void> =>
  pipeline(Readable.from(makeUpEvents(wish)), stringify({ header: true }), createWriteStream(file));

/** The requested number of events. The same seed always gives the same events. */
export function* makeUpEvents({ partners, count, seed, month, zone }: EventsWish): Generator<Row> {
  const random = createRandom(seed);
  const start = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 }).toZonedDateTime(zone);
  const small = partners.filter(({ fate }) => fate === 'below the minimum');
  const others = partners.filter(({ fate }) => fate !== 'below the minimum') as [MadeUpPartner, ...MadeUpPartner[]];
  let made = 0;
  const draw = (partner: MadeUpPartner, minor?: bigint): Row[] => {
    made += 1;
    const at = start.add({ minutes: random.below(MINUTES_IN_MONTH) });
    return eventOf(random, partner, { id: `e${made}`, at, minor }).slice(0, count - made + 1);
  };
  for (const partner of small.flatMap((one) => Array.from({ length: SMALL_SALES }, () => one))) {
    if (made < count) yield* draw(partner, SMALL_SALE_MINOR);
  }
  while (made < count) {
    const rows = draw(random.pick(others));
    made += rows.length - 1;
    yield* rows;
  }
}

type Moment = { id: string; at: Temporal.ZonedDateTime; minor: bigint | undefined };

/** A sign-up, or a sale, which sometimes has a refund. */
function eventOf(random: Random, partner: MadeUpPartner, { id, at, minor }: Moment): Row[] {
  const { code, currency, programs } = partner;
  const program = programs[random.below(programs.length)] ?? 'affiliates';
  const base = {
    id,
    program,
    partner: code,
    occurred_at: say(at),
    currency: '',
    amount: '',
    quantity: '',
    refund_of: '',
  };
  const isSignUp = minor === undefined && program !== 'resellers' && random.below(100) < SIGN_UP_PERCENT;
  if (isSignUp) return [{ ...base, kind: 'sign_up', quantity: String(1 + random.below(QUANTITY_MAX)) }];
  const sold = minor ?? BigInt(SALE_MINOR_MIN + random.below(SALE_MINOR_MAX - SALE_MINOR_MIN));
  const sale = { ...base, kind: 'sale', currency, amount: formatDecimal(money(sold, currency)) };
  if (minor !== undefined || random.below(100) >= REFUND_PERCENT) return [sale];
  const isWhole = random.below(2) === 0;
  const back = isWhole ? { currency: '', amount: '' } : { currency, amount: formatDecimal(money(sold / 2n, currency)) };
  const later = at.add({ minutes: REFUND_AFTER_MINUTES });
  return [sale, { ...base, ...back, id: `${id}-refund`, kind: 'refund', occurred_at: say(later), refund_of: id }];
}

const say = (at: Temporal.ZonedDateTime): string =>
  at.toString({ smallestUnit: 'second', timeZoneName: 'never', calendarName: 'never' });
