import fc from 'fast-check';

/** Something that was sent: a sale, its correction, a refund, a payment, or a quota. Ids are short; the test adds the partner's code. */
export type Happening = {
  id: string;
  kind: 'sale' | 'refund' | 'reading' | 'collected' | 'uncollected' | 'quota';
  revision?: number;
  occurredAt: string;
  currency?: 'USD';
  amount?: string;
  amounts?: { tax: string };
  quantity?: number;
  attributes?: { customer: string };
  reading?: { metric: string; value: string; on: string };
  /** The id of the refunded or paid sale. */
  of?: string;
};

type Version = { cents: number; tax: number; units: number; customer: string; minute: number };
type Back = { cents: number; tax: number; units: number; isWhole: boolean };
/** A reading of the market share in tenths of a percent, with its revisions. */
type Reading = { quarter: number; minute: number; tenths: number[] };
/** A payment that came in or went back, with its revisions. */
type Payment = { isBack: boolean; cents: number[] };
type Sale = { revisions: Version[]; refunds: Back[]; payments: Payment[]; hasUnits: boolean };
/**
 * The truth: each sale and reading with all its revisions, the last of which is right, the refunds and the payments, and the quotas of the
 * quarters in cents, 0 where there is none.
 */
export type Story = { sales: Sale[]; readings: Reading[]; quotas: number[] };

const FIRST_MINUTE = Date.parse('2026-02-20T00:00:00Z');
const MINUTES = 80 * 24 * 60;
const CENTS_MAX = 4000;
const QUARTERS = ['2026-01-01', '2026-04-01'];

const version = fc.record({
  cents: fc.integer({ min: 1, max: CENTS_MAX }),
  tax: fc.integer({ min: 0, max: 300 }),
  units: fc.integer({ min: 1, max: 4 }),
  customer: fc.constantFrom('kim', 'lou'),
  minute: fc.integer({ min: 0, max: MINUTES }),
});
const back = fc.record({
  cents: fc.integer({ min: 1, max: CENTS_MAX }),
  tax: fc.integer({ min: 0, max: 300 }),
  units: fc.integer({ min: 1, max: 3 }),
  isWhole: fc.boolean(),
});
/** Nobody reads a quarter before it begins. */
const readingOf = (quarter: number, min: number) =>
  fc.record({
    quarter: fc.constant(quarter),
    minute: fc.integer({ min, max: MINUTES }),
    tenths: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 2 }),
  });
const reading = fc.oneof(readingOf(0, 0), readingOf(1, 40 * 24 * 60));
const payment = fc.record({
  isBack: fc.boolean(),
  cents: fc.array(fc.integer({ min: 0, max: CENTS_MAX }), { minLength: 1, maxLength: 2 }),
});
const anySales = (paymentsMax: number): fc.Arbitrary<Sale[]> =>
  fc.array(
    fc.record({
      payments: fc.array(payment, { maxLength: paymentsMax }),
      revisions: fc.array(version, { minLength: 1, maxLength: 3 }),
      refunds: fc.array(back, { maxLength: 2 }),
      hasUnits: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  );
const seeds = (readingsMax: number, paymentsMax: number, hasQuotas: boolean): fc.Arbitrary<Story> =>
  fc.record({
    sales: anySales(paymentsMax),
    readings: fc.array(reading, { maxLength: readingsMax }),
    quotas: fc.array(fc.integer({ min: 0, max: CENTS_MAX }), { maxLength: hasQuotas ? QUARTERS.length : 0 }),
  });

const print = (cents: number): string => (cents / 100).toFixed(2);

/** No two sales happen in the same minute, so that the first one of a customer is always clear. */
const at = (minute: number, index: number): string =>
  new Date(FIRST_MINUTE + minute * 60_000 + index * 1000).toISOString();

const happeningsOf = ({ sales: sold, readings, quotas }: Story): Happening[] => [
  ...quotas.flatMap((cents, quarter): Happening[] =>
    cents > 0
      ? [
          {
            id: `q${quarter}`,
            kind: 'quota',
            occurredAt: QUARTERS[quarter] ?? '',
            currency: 'USD',
            amount: print(cents),
          },
        ]
      : [],
  ),
  ...readings.flatMap(({ quarter, minute, tenths }, index) =>
    tenths.map((value, revision): Happening => ({
      id: `k${index}`,
      kind: 'reading',
      revision: revision + 1,
      occurredAt: at(minute, 30 + index),
      reading: { metric: 'market_share', value: (value / 10).toFixed(1), on: `2026-0${quarter * 3 + 1}-15` },
    })),
  ),
  ...sold.flatMap(({ revisions, refunds, payments, hasUnits }, index) => [
    ...revisions.map(({ cents, tax, units, customer, minute }, revision): Happening => ({
      id: `s${index}`,
      kind: 'sale',
      revision: revision + 1,
      occurredAt: at(minute, index),
      currency: 'USD',
      amount: print(cents),
      amounts: { tax: print(tax) },
      ...(hasUnits && { quantity: units }),
      attributes: { customer },
    })),
    ...payments.flatMap(({ isBack, cents }, number) =>
      cents.map((amount, revision): Happening => ({
        id: `s${index}-p${number}`,
        kind: isBack ? 'uncollected' : 'collected',
        of: `s${index}`,
        revision: revision + 1,
        occurredAt: at(MINUTES, index),
        currency: 'USD',
        amount: print(amount),
      })),
    ),
    ...refunds.map(({ cents, tax, units, isWhole }, number): Happening => ({
      id: `s${index}-r${number}`,
      kind: 'refund',
      of: `s${index}`,
      occurredAt: at(MINUTES, index),
      ...(!isWhole && {
        currency: 'USD',
        amount: print(cents),
        amounts: { tax: print(tax) },
        ...(hasUnits && { quantity: units }),
      }),
    })),
  ]),
];

const batched = (happenings: readonly Happening[], sizes: readonly number[]): Happening[][] => {
  const batches: Happening[][] = [];
  let rest = [...happenings];
  for (const size of sizes) {
    batches.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...batches, rest];
};

/** A story, told as it happened and told in any other way. */
export const story = (readingsMax = 3, paymentsMax = 0, hasQuotas = false) =>
  seeds(readingsMax, paymentsMax, hasQuotas).chain((seed) => {
    const happenings = happeningsOf(seed);
    const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    return fc
      .record({
        order: fc.shuffledSubarray(happenings, { minLength: happenings.length }),
        again: fc.subarray(happenings),
        sizes,
      })
      .map(({ order, again, sizes: shuffledSizes }) => ({
        seed,
        straight: batched(happenings, [2, 3]),
        shuffled: batched([...order, ...again], shuffledSizes),
      }));
  });

/** The parts of a story between which windows are closed. */
export const PARTS = [0, 1, 2] as const;

/** A story that is told in parts, and each part in two ways. */
export const storyInParts = () =>
  seeds(2, 2, true).chain((seed) => {
    const happenings = happeningsOf(seed);
    const { length } = happenings;
    return fc
      .record({
        parts: fc.array(fc.constantFrom(...PARTS), { minLength: length, maxLength: length }),
        order: fc.shuffledSubarray(happenings, { minLength: length }),
        again: fc.subarray(happenings),
        sizes: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      })
      .map(({ parts, order, again, sizes }) => {
        const partOf = new Map(happenings.map((one, index) => [one, parts[index]]));
        return PARTS.map((part) => {
          const of = (all: readonly Happening[]) => all.filter((one) => partOf.get(one) === part);
          return { straight: batched(of(happenings), [3]), shuffled: batched(of([...order, ...again]), sizes) };
        });
      });
  });

type Left = {
  cents: number;
  /** The part of the cents that was paid. */
  paid: number;
  tax: number;
  units: number | null;
  isGone: boolean;
  customer: string;
  at: Date;
  index: number;
};

export function leftOf({ revisions, refunds, payments, hasUnits }: Sale, index: number): Left {
  const { cents, tax, units, customer, minute } = revisions.at(-1) ?? {
    cents: 0,
    tax: 0,
    units: 0,
    customer: '',
    minute: 0,
  };
  const isWhole = refunds.some((refund) => refund.isWhole);
  const sum = (field: 'cents' | 'tax' | 'units') =>
    refunds.filter((refund) => !refund.isWhole).reduce((total, refund) => total + refund[field], 0);
  const isGone = isWhole || sum('cents') >= cents;
  const paid = payments.reduce((total, one) => total + (one.isBack ? -1 : 1) * (one.cents.at(-1) ?? 0), 0);
  const rest = isGone ? 0 : cents - sum('cents');
  return {
    cents: rest,
    paid: Math.max(0, Math.min(paid, rest)),
    tax: isWhole ? 0 : Math.max(0, tax - sum('tax')),
    units: hasUnits ? (isGone ? 0 : Math.max(0, units - sum('units'))) : null,
    isGone,
    customer,
    at: new Date(at(minute, index)),
    index,
  };
}

/** Rounds a quotient of integers half to even. */
export function halfEven(numerator: number, denominator: number): number {
  const floor = Math.floor(numerator / denominator);
  const twice = 2 * (numerator - floor * denominator);
  return twice > denominator || (twice === denominator && floor % 2 === 1) ? floor + 1 : floor;
}

const wholeOf = ({ sales }: Story, index: number): number => sales[index]?.revisions.at(-1)?.cents ?? 0;

/** The worth of the final state in cents, by incentive and scope, without anything that is worth 0. */
export function worthsOf(seed: Story): Record<string, bigint> {
  const left = seed.sales.map(leftOf);
  const worths: Record<string, number> = {};
  for (const { cents, paid, tax, isGone, index, customer } of left) {
    worths[`paid s${index}`] = halfEven(paid * 6, 100);
    worths[`paid-bonus s${index}`] = isGone ? 0 : halfEven(200 * paid, cents);
    worths[`above s${index}`] = halfEven(cents * 25, 1000);
    worths[`above-paid s${index}`] = halfEven(paid * 4, 100);
    worths[`share s${index}`] = halfEven(Math.max(0, cents - tax) * 777, 10_000);
    const whole = halfEven(wholeOf(seed, index) * 3, 100);
    worths[`bonus s${index}`] = isGone || (customer === 'lou' && whole > 0) ? 0 : 150;
    worths[`lou s${index}`] = customer === 'lou' ? halfEven(cents * 3, 100) : 0;
    // The whole sale decides which one earns more, whatever went back.
    const isFixed = whole <= 60;
    worths[`fixed s${index}`] = isFixed && !isGone ? 60 : 0;
    worths[`rate s${index}`] = isFixed ? 0 : halfEven(cents * 3, 100);
  }
  const byMonth = Map.groupBy(left, ({ at: date }) => date.getUTCMonth());
  for (const [month, sales] of byMonth) {
    const volume = sales.reduce((total, { cents }) => total + cents, 0);
    const collected = sales.reduce((total, { paid }) => total + paid, 0);
    worths[`paid-volume 2026-${String(month + 1).padStart(2, '0')}-01 `] = halfEven(
      collected * (collected >= 1500 ? 4 : 2),
      100,
    );
    const customers = new Set(sales.filter(({ isGone }) => !isGone).map(({ customer }) => customer)).size;
    worths[`customers 2026-${String(month + 1).padStart(2, '0')}-01 `] = customers > 0 ? 40 + (customers - 1) * 70 : 0;
    const each = sales.reduce((total, { cents }) => total + Math.min(cents * 77, 150_000), 0);
    worths[`each 2026-${String(month + 1).padStart(2, '0')}-01 `] = halfEven(Math.min(each, 400_000), 1000);
    worths[`cliff 2026-${String(month + 1).padStart(2, '0')}-01 `] = halfEven(volume * (volume >= 3000 ? 10 : 5), 100);
  }
  const byQuarter = Map.groupBy(left, ({ at: date }) => Math.floor(date.getUTCMonth() / 3));
  for (const [quarter, sales] of byQuarter) {
    const volume = sales.reduce((total, { cents }) => total + cents, 0);
    const exact = Math.min(volume, 2500) * 10 + Math.max(0, volume - 2500) * 33;
    worths[`top 2026-${String(quarter * 3 + 1).padStart(2, '0')}-01 `] = halfEven(
      volume + Math.max(0, volume - 2000),
      100,
    );
    worths[`marginal 2026-${String(quarter * 3 + 1).padStart(2, '0')}-01 `] = halfEven(exact, 1000);
  }
  for (const [month, sales] of byMonth) {
    const volume = sales.reduce((total, { cents }) => total + cents, 0);
    worths[`milestones 2026-${String(month + 1).padStart(2, '0')}-01 `] =
      (volume >= 2000 ? 300 : 0) + (volume >= 4000 ? 400 : 0);
  }
  const soldIn = (quarter: number) => (byQuarter.get(quarter) ?? []).reduce((total, { cents }) => total + cents, 0);
  for (const quarter of [0, 1])
    worths[`growth 2026-${String(quarter * 3 + 1).padStart(2, '0')}-01 `] = halfEven(
      Math.max(0, soldIn(quarter) - (quarter > 0 ? soldIn(quarter - 1) : 0)),
      10,
    );
  for (const quarter of [0, 1]) {
    const last = seed.readings
      .map(({ minute, ...one }, index) => ({ ...one, at: at(minute, 30 + index) }))
      .filter((one) => one.quarter === quarter && one.at >= (QUARTERS[quarter] ?? ''))
      .toSorted((one, other) => (one.at < other.at ? -1 : 1))
      .at(-1);
    const share = last?.tenths.at(-1) ?? 0;
    const rate = share >= 255 ? 2 : share >= 100 ? 1 : 0;
    worths[`share-of-market 2026-0${quarter * 3 + 1}-01 `] = halfEven(soldIn(quarter) * rate, 100);
  }
  for (const [quarter, start] of QUARTERS.entries()) {
    const quota = seed.quotas[quarter] ?? 0;
    const volume = soldIn(quarter);
    const exact = Math.min(volume, quota) * 2 + Math.max(0, volume - quota) * 10;
    worths[`target ${start} `] = quota > 0 ? halfEven(exact, 100) : 0;
  }
  const counted = left.filter(({ units }) => units !== null);
  const units = counted.reduce((total, one) => total + (one.units ?? 0), 0);
  const paid = counted.reduce((total, { cents }) => total + cents, 0);
  if (units > 0)
    worths['units 1970-01-01 '] = halfEven(paid * (Math.min(units, 3) * 2 + Math.max(0, units - 3) * 9), units * 100);
  for (const [customer, sales] of Map.groupBy(left, (one) => one.customer)) {
    const [first] = sales.filter(({ cents }) => cents > 0).toSorted((a, b) => a.at.getTime() - b.at.getTime());
    if (first) worths[`first 1970-01-01 ${customer}`] = halfEven(first.cents * 20, 100);
  }
  return Object.fromEntries(
    Object.entries(worths)
      .filter(([, worth]) => worth > 0)
      .map(([key, worth]) => [key, BigInt(worth)]),
  );
}
