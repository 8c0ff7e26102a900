import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';

/**
 * The earnings of sales in several currencies do not depend on the order in which sales, corrections, refunds and rates arrive. Each story
 * is told to two partners: shuffled, while the rates come in one by one, and straight, when all rates are known.
 */

const STORIES = 100;
const ROUNDS = 5;
const CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY'] as const;
type Code = (typeof CURRENCIES)[number];
type Sale = { currency: Code; revisions: { minor: number; day: number }[]; refunds: number[] };
type Sent = { id: string; revision: number; minor: number; day: number; currency: Code; of?: string };

const sale: fc.Arbitrary<Sale> = fc.record({
  currency: fc.constantFrom(...CURRENCIES),
  revisions: fc.array(fc.record({ minor: fc.integer({ min: 1, max: 9_999 }), day: fc.integer({ min: 2, max: 15 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  refunds: fc.array(fc.integer({ min: 1, max: 6_000 }), { maxLength: 3 }),
});
const anyStory = fc.array(sale, { minLength: 1, maxLength: 4 }).chain((sales) =>
  fc.record({
    sales: fc.constant(sales),
    order: fc.shuffledSubarray(sentOf(sales), { minLength: sentOf(sales).length }),
  }),
);

const sentOf = (sales: readonly Sale[]): Sent[] =>
  sales.flatMap(({ currency, revisions, refunds }, index) => [
    ...revisions.map((one, revision) => ({ ...one, id: `s${index}`, revision: revision + 1, currency })),
    ...refunds.map((minor, no) => ({ id: `s${index}-r${no}`, revision: 1, minor, day: 16, currency, of: `s${index}` })),
  ]);

const dateOf = (day: number): string => `2026-03-${String(day).padStart(2, '0')}`;
/** March 2026 begins on a Sunday. */
const weekdayOf = (day: number): number => (day % 7 === 1 ? day - 2 : day % 7 === 0 ? day - 1 : day);
/** The rates of a weekday, in units of their last digit. */
const ratesOn = (day: number) => ({ USD: 10_500 + 37 * day, GBP: 8_600 + 11 * day, JPY: 16_000 + 23 * day });
const DIGITS = { USD: 4, GBP: 4, JPY: 2 } as const;
const printed = (value: number, digits: number): string => (value / 10 ** digits).toFixed(digits);

const RATES = Array.from({ length: 14 }, (_, index) => index + 2)
  .filter((day) => weekdayOf(day) === day)
  .flatMap((day) =>
    (['USD', 'GBP', 'JPY'] as const).map((quote) => ({
      day: dateOf(day),
      quote,
      rate: printed(ratesOn(day)[quote], DIGITS[quote]),
    })),
  );

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const floor = numerator / denominator;
  const twice = 2n * (numerator - floor * denominator);
  return twice > denominator || (twice === denominator && floor % 2n === 1n) ? floor + 1n : floor;
}

/** The worth of the last revision less its refunds in cents, converted with other arithmetic than that of the product. */
function worthOf({ currency, revisions, refunds }: Sale): bigint {
  const { minor, day } = revisions.at(-1) ?? { minor: 0, day: 2 };
  const left = Math.max(0, minor - refunds.reduce((sum, one) => sum + one, 0));
  const { USD, GBP, JPY } = ratesOn(weekdayOf(day));
  const cents = {
    USD: BigInt(left),
    EUR: halfEven(BigInt(left * USD), 10_000n),
    GBP: halfEven(BigInt(left * USD), BigInt(GBP)),
    JPY: halfEven(BigInt(left) * BigInt(USD), BigInt(JPY)),
  }[currency];
  return halfEven(cents * 777n, 10_000n);
}

const TERMS = PlanTerms.parse({
  holdDays: 3,
  rounding: 'half-even',
  incentives: [
    { id: 'share', unit: 'USD', pay: { rule: 'percent', percent: '7.77' } },
    {
      id: 'cliff',
      unit: 'USD',
      window: 'month',
      pay: {
        rule: 'steps',
        mode: 'cliff',
        steps: [
          { from: '0', percent: '5' },
          { from: '60.00', percent: '10' },
        ],
      },
    },
  ],
});

let fixture: Fixture;
let company: CompanyRows;
beforeAll(async () => {
  fixture = await openFixture();
  company = await addCompany(fixture.app, { terms: TERMS });
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-12-01T00:00:00Z');

async function tell(parts: readonly { partner: PartnerRows; sent: readonly Sent[] }[]): Promise<void> {
  const wires = parts.flatMap(({ partner, sent }) =>
    sent.map(({ id, revision, minor, day, currency, of }) => ({
      source: partner.code,
      id,
      revision,
      program: company.code,
      partner: partner.code,
      kind: of === undefined ? 'sale' : 'refund',
      occurredAt: `${dateOf(day)}T10:00:00Z`,
      currency,
      amount: currency === 'JPY' ? String(minor) : printed(minor, 2),
      ...(of === undefined ? {} : { refundOf: of }),
    })),
  );
  for (let start = 0; start < wires.length; start += 1000) {
    const page = wires.slice(start, start + 1000).map((wire, unit) => ({ wire, unit }));
    await intakeEvents(fixture.app, page, { nowMs: NOW_MS, strict: true, by: company.preparer });
  }
  await accrueAll(fixture.app, company.code);
}

const Sum = z.object({ partnerId: z.bigint(), key: z.string(), minor: z.bigint() });
async function earned(): Promise<Map<bigint, Record<string, bigint>>> {
  const rows = await fixture.app.any(sql.type(Sum)`
    select earning.partner_id as "partnerId", sum(earning.amount_minor)::bigint as minor,
      case when scope_id is null then earning.incentive_id || ' ' || origin.source_id else earning.incentive_id end as key
    from earning join event origin on origin.id = origin_id
    where earning.program_id = ${company.programId} group by 1, 3 having sum(earning.amount_minor) <> 0`);
  return new Map(
    [...Map.groupBy(rows, ({ partnerId }) => partnerId)].map(([id, all]) => [
      id,
      Object.fromEntries(all.map(({ key, minor }) => [key, minor])),
    ]),
  );
}

describe('given any sales, corrections and refunds in four currencies', () => {
  it(`then ${STORIES} stories earn the same in any order, and whenever the rates arrive`, async () => {
    const seed = Date.now() % 2 ** 31;
    const told = [];
    for (const story of fc.sample(anyStory, { numRuns: STORIES, seed }))
      told.push({
        ...story,
        early: await addPartner(fixture.app, company),
        late: await addPartner(fixture.app, company),
      });
    const [rates = []] = fc.sample(fc.shuffledSubarray(RATES, { minLength: RATES.length }), { numRuns: 1, seed });
    for (let round = 0; round < ROUNDS; round += 1) {
      const ofRound = <One>(all: readonly One[]) => all.filter((_, index) => index % ROUNDS === round);
      await tell(told.map(({ early, order }) => ({ partner: early, sent: ofRound(order) })));
      await recordRates(fixture.app, ofRound(rates), { source: 'ECB', by: company.approver, nowMs: NOW_MS });
      await accrueAll(fixture.app, company.code);
    }
    await tell(told.map(({ late, sales }) => ({ partner: late, sent: sentOf(sales) })));
    const sums = await earned();
    for (const { sales, early, late } of told) {
      const { cliff: _cliff, ...shares } = sums.get(late.id) ?? {};
      const worths = sales
        .map((one, index) => [`share s${index}`, worthOf(one)] as const)
        .filter(([, worth]) => worth > 0n);
      expect({ seed, sales, shares }).toEqual({ seed, sales, shares: Object.fromEntries(worths) });
      expect({ seed, sales, earned: sums.get(early.id) ?? {} }).toEqual({
        seed,
        sales,
        earned: sums.get(late.id) ?? {},
      });
    }
    expect(await checkInvariants(fixture.app)).toEqual([]);
  }, 120_000);
});
