import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { SEED, STORIES } from '../../fixtures/property-runs.ts';
import { addCompany, freshCode } from '../../fixtures/rows.ts';
import { halfEven, type Happening, leftOf, story, type Story } from './story.ts';

/**
 * The parts of shared events add up to the whole, however the events arrive. Each story is told to two groups of three partners: once in
 * the order in which it happened, and once shuffled, in other batches, with repetitions. An oracle splits the final state with other
 * arithmetic, and says what each partner has earned.
 */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const PARTNERS = 3;
const TERMS = {
  holdDays: 10,
  rounding: 'half-even',
  incentives: [
    { id: 'all', pay: { rule: 'percent', percent: '100' } },
    { id: 'bonus', pay: { rule: 'flat', amount: '1.50' }, unit: 'USD' },
    {
      id: 'units',
      measure: 'quantity',
      pay: { rule: 'flat', amount: '0.10' },
      unit: 'USD',
    },
    {
      id: 'cliff',
      window: 'month',
      unit: 'USD',
      pay: {
        rule: 'steps',
        mode: 'cliff',
        steps: [
          { from: '0', percent: '5' },
          { from: '20.00', percent: '10' },
        ],
      },
    },
  ],
};

/** The partners who share each revision of a sale, by their numbers in the group, the first of whom never changes. */
type Sharing = { lead: number; revisions: { others: number[]; weights: number[] }[] };

const sharing: fc.Arbitrary<Sharing> = fc.record({
  lead: fc.integer({ min: 0, max: PARTNERS - 1 }),
  revisions: fc.array(
    fc.record({
      others: fc.shuffledSubarray([1, 2]),
      weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: PARTNERS, maxLength: PARTNERS }),
    }),
    { minLength: 3, maxLength: 3 },
  ),
});

type Part = { partner: number; weight: number };
const partsOf = ({ lead, revisions }: Sharing, revision: number): Part[] => {
  const { others = [], weights = [] } = revisions[revision - 1] ?? {};
  return [0, ...others].map((step, index) => ({ partner: (lead + step) % PARTNERS, weight: weights[index] ?? 1 }));
};

type Told = { codes: string[]; tale: Story; sharings: Sharing[]; batches: Happening[][] };

function wireOf(program: string, { codes, sharings }: Told, { of, ...happening }: Happening): WireEvent {
  const own = sharings[Number(/^[sr](\d)/.exec(of ?? happening.id)?.[1])];
  const lead = codes[own?.lead ?? 0] ?? '';
  const prefix = codes[0] ?? '';
  const parts = own && of === undefined ? partsOf(own, happening.revision ?? 1) : [];
  return {
    ...happening,
    source: 'shop',
    id: `${prefix}/${happening.id}`,
    program,
    partner: lead,
    ...(of === undefined ? {} : { refundOf: `${prefix}/${of}` }),
    ...(parts.length > 1 && {
      shares: parts.map(({ partner, weight }) => ({ partner: codes[partner] ?? '', weight: String(weight) })),
    }),
  };
}

/** Gives whole units to the largest remainders, one after the other, the first named before the others. */
function portions(whole: number, parts: readonly Part[]): number[] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const given = parts.map(({ weight }) => Math.floor((whole * weight) / total));
  const rest = parts.map(({ weight }) => (whole * weight) % total);
  for (let left = whole - given.reduce((sum, one) => sum + one, 0); left > 0; left -= 1) {
    const next = rest.indexOf(Math.max(...rest));
    given[next] = (given[next] ?? 0) + 1;
    rest[next] = -1;
  }
  return given;
}

/** The earnings of each partner in cents, by incentive and scope, without anything that is worth 0. */
function worthsOf(tale: Story, sharings: readonly Sharing[]): Record<string, bigint>[] {
  const worths: Record<string, number>[] = Array.from({ length: PARTNERS }, () => ({}));
  const months: Map<string, number>[] = Array.from({ length: PARTNERS }, () => new Map());
  tale.sales.forEach((sale, index) => {
    const left = leftOf(sale, index);
    const own = sharings[index];
    if (!own) return;
    const parts = partsOf(own, sale.revisions.length);
    const cents = portions(left.cents, parts);
    const units = portions(left.units ?? 0, parts);
    parts.forEach(({ partner }, n) => {
      const mine = worths[partner] ?? {};
      mine[`all s${index}`] = cents[n] ?? 0;
      mine[`units s${index}`] = (units[n] ?? 0) * 10;
      if (n === 0) mine[`bonus s${index}`] = left.isGone ? 0 : 150;
      const month = `cliff 2026-${String(left.at.getUTCMonth() + 1).padStart(2, '0')}-01`;
      months[partner]?.set(month, (months[partner].get(month) ?? 0) + (cents[n] ?? 0));
    });
  });
  return worths.map((mine, partner) => {
    const windows = [...(months[partner] ?? [])].map(
      ([month, volume]) => [month, halfEven(volume * (volume >= 2000 ? 10 : 5), 100)] as const,
    );
    return Object.fromEntries(
      [...Object.entries(mine), ...windows]
        .filter(([, worth]) => worth > 0)
        .map(([key, worth]) => [key, BigInt(worth)]),
    );
  });
}

const Sum = z.object({ partner: z.string(), key: z.string(), minor: z.bigint() });

describe('given any stories of shared sales, refunds and corrections', () => {
  it(`then the parts in ${STORIES} of them add up to the whole, in any order, in any batches and with any repetitions`, async () => {
    const company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const seed = SEED;
    const told: Told[] = [];
    const tales = fc.record({ told: story(0), sharings: fc.array(sharing, { minLength: 5, maxLength: 5 }) });
    for (const { told: tale, sharings } of fc.sample(tales, { numRuns: STORIES, seed }))
      for (const batches of [tale.straight, tale.shuffled]) {
        const codes = Array.from({ length: PARTNERS }, () => freshCode('partner'));
        told.push({ codes, tale: tale.seed, sharings, batches });
      }
    await fixture.app.query(sql.unsafe`
      with added as (
        insert into partner(code, name, kind, country)
        select code, 'Some Partner', 'reseller', 'US' from ${sql.unnest(
          told.flatMap(({ codes }) => codes).map((code) => [code]),
          ['text'],
        )} as given(code) returning id
      )
      insert into agreement_term(partner_id, program_id, plan_id, starts_on)
      select id, ${company.programId}, ${company.planId}, '2020-01-01' from added`);

    const rounds = Math.max(...told.map(({ batches }) => batches.length));
    for (let round = 0; round < rounds; round += 1) {
      const wires = told.flatMap((one) =>
        (one.batches[round] ?? []).map((happening) => wireOf(company.code, one, happening)),
      );
      for (let start = 0; start < wires.length; start += 1000) {
        const page = wires.slice(start, start + 1000).map((wire, unit) => ({ wire, unit }));
        await intakeEvents(fixture.app, page, {
          nowMs: Date.parse('2026-12-01T00:00:00Z'),
          strict: true,
          by: company.approver,
        });
      }
      await accrueAll(fixture.app, company.code);
    }

    const rows = await fixture.app.any(sql.type(Sum)`
      select partner.code as partner, sum(earning.amount_minor)::bigint as minor,
        case when scope_id is null then earning.incentive_id || ' ' || split_part(origin.source_id, '/', 2)
          else earning.incentive_id || ' ' || window_start end as key
      from earning join event origin on origin.id = origin_id join partner on partner.id = earning.partner_id
      left join earning_scope scope on scope.id = scope_id
      where earning.program_id = ${company.programId}
      group by 1, 3 having sum(earning.amount_minor) <> 0`);
    const earned = Map.groupBy(rows, ({ partner }) => partner);
    for (const { codes, tale, sharings } of told) {
      const found = codes.map((code) =>
        Object.fromEntries((earned.get(code) ?? []).map(({ key, minor }) => [key, minor])),
      );
      expect({ seed, tale, sharings, found }).toEqual({ seed, tale, sharings, found: worthsOf(tale, sharings) });
      const whole = tale.sales.reduce((sum, sale, index) => sum + leftOf(sale, index).cents, 0);
      const parts = found.flatMap((mine) => Object.entries(mine).filter(([key]) => key.startsWith('all ')));
      expect(parts.reduce((sum, [, minor]) => sum + minor, 0n)).toBe(BigInt(whole));
    }
    expect(await checkInvariants(fixture.app)).toEqual([]);
  }, 300_000);
});
