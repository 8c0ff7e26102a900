import fc from 'fast-check';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';
import { RUNS } from '../../fixtures/property-runs.ts';
import { type Happening, story, type Story, worthsOf } from './story.ts';

/**
 * The earnings of partners do not depend on how their events arrive. Each story is told to two partners: once in the order in which it
 * happened, and once shuffled, in other batches, with repetitions. Both, and the partners above them, must earn, scope by scope, what an oracle says, which works out
 * the final state with other arithmetic and knows nothing of differences.
 */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const steps = (mode: string, list: object[], more: object) => ({
  unit: 'USD',
  pay: { rule: 'steps', mode, steps: list },
  ...more,
});
const TERMS = {
  holdDays: 10,
  rounding: 'half-even',
  incentives: [
    { id: 'share', measure: 'amount - tax', pay: { rule: 'percent', percent: '7.77' } },
    { id: 'bonus', pay: { rule: 'flat', amount: '1.50' }, unit: 'USD' },
    steps(
      'cliff',
      [
        { from: '0', percent: '5' },
        { from: '30.00', percent: '10' },
      ],
      { id: 'cliff', window: 'month' },
    ),
    steps(
      'marginal',
      [
        { from: '0', percent: '1' },
        { from: '25.00', percent: '3.3' },
      ],
      { id: 'marginal', window: 'quarter' },
    ),
    steps(
      'marginal',
      [
        { from: '0', percent: '2' },
        { from: '4', percent: '9' },
      ],
      {
        id: 'units',
        window: 'lifetime',
        measure: 'quantity',
      },
    ),
    steps(
      'marginal',
      [
        { from: '20.00', amount: '3.00' },
        { from: '40.00', amount: '4.00' },
      ],
      { id: 'milestones', window: 'month', earned: 'at-close' },
    ),
    steps(
      'cliff',
      [
        { from: '10', percent: '1' },
        { from: '25.5', percent: '2' },
      ],
      {
        id: 'share-of-market',
        window: 'quarter',
        measure: 'reading market_share',
        earned: 'at-close',
        when: { kinds: ['sale', 'reading'] },
      },
    ),
    {
      id: 'growth',
      window: 'quarter',
      against: 'previous',
      earned: 'at-close',
      graceDays: 5,
      pay: { rule: 'percent', percent: '10' },
    },
    {
      id: 'lou',
      when: { kinds: ['sale'], event: { customer: ['lou'] } },
      pay: { rule: 'percent', percent: '3' },
      excludes: ['bonus'],
    },
    { id: 'fixed', pay: { rule: 'flat', amount: '0.60' }, unit: 'USD' },
    { id: 'rate', pay: { rule: 'percent', percent: '3' }, unit: 'USD' },
    {
      id: 'first',
      groupBy: 'customer',
      first: { events: 1 },
      pay: { rule: 'percent', percent: '20' },
    },
    { id: 'paid', release: 'collected', pay: { rule: 'percent', percent: '6' } },
    { id: 'paid-bonus', release: 'collected', pay: { rule: 'flat', amount: '2.00' }, unit: 'USD' },
    steps(
      'cliff',
      [
        { from: '0', percent: '2' },
        { from: '15.00', percent: '4' },
      ],
      { id: 'paid-volume', window: 'month', release: 'collected' },
    ),
    { id: 'above', payTo: 'parent', pay: { rule: 'percent', percent: '2.5' } },
    { id: 'above-paid', payTo: 'parent', release: 'collected', pay: { rule: 'percent', percent: '4' } },
    steps(
      'marginal',
      [
        { from: '0', percent: '1' },
        { from: '20.00', percent: '2' },
      ],
      { id: 'top', payTo: 'parent', level: 2, window: 'quarter' },
    ),
  ],
  onlyOneOf: [{ incentives: ['fixed', 'rate'], choose: 'best' }],
};

type Told = { partner: PartnerRows; story: Story; batches: Happening[][] };

const wireOf = (program: string, { partner }: Told, { of, ...happening }: Happening): WireEvent => ({
  ...happening,
  source: 'shop',
  id: `${partner.code}/${happening.id}`,
  program,
  partner: partner.code,
  ...(of === undefined ? {} : { [happening.kind === 'refund' ? 'refundOf' : 'collects']: `${partner.code}/${of}` }),
});

/** Sends the first batches of all stories, closes what has ended, works all out, then the second ones, and so on. */
async function tellAll({ code }: CompanyRows, told: readonly Told[], by: string): Promise<void> {
  const rounds = Math.max(...told.map(({ batches }) => batches.length));
  for (let round = 0; round < rounds; round += 1) {
    const wires = told.flatMap((one) => (one.batches[round] ?? []).map((happening) => wireOf(code, one, happening)));
    for (let start = 0; start < wires.length; start += 1000) {
      const page = wires.slice(start, start + 1000).map((wire, unit) => ({ wire, unit }));
      await intakeEvents(fixture.app, page, { nowMs: Date.parse('2026-12-01T00:00:00Z'), strict: true, by });
    }
    await closeWindows(fixture.app);
    await accrueAll(fixture.app, code);
  }
}

/** Gives each partner a parent and a grandparent, whose codes are that of the partner with the level. */
async function addAbove(): Promise<void> {
  await fixture.app.query(sql.unsafe`
    insert into partner(code, name, kind, country)
    select code || '.' || level, 'Above', 'distributor', 'US' from partner, generate_series(1, 2) level`);
  await fixture.app.query(sql.unsafe`
    insert into partner_parent(partner_id, parent_id, starts_on, reason)
    select below.id, above.id, '2020-01-01', 'Contract' from partner below
    join partner above on above.code = case when below.code like '%.1' then replace(below.code, '.1', '.2') else below.code || '.1' end`);
}

const Sum = z.object({ partner: z.string(), key: z.string(), minor: z.bigint() });
const earnedBy = async (program: number): Promise<Map<string, Record<string, bigint>>> => {
  const rows = await fixture.app.any(sql.type(Sum)`
    select split_part(partner.code, '.', 1) as partner, sum(earning.amount_minor)::bigint as minor,
      case when scope_id is null then earning.incentive_id || ' ' || split_part(origin.source_id, '/', 2)
        else earning.incentive_id || ' ' || window_start || ' ' || group_value end as key
    from earning join partner on partner.id = earning.partner_id join event origin on origin.id = origin_id left join earning_scope scope on scope.id = scope_id
    where earning.program_id = ${program}
    group by 1, 3 having sum(earning.amount_minor) <> 0`);
  const earned = new Map<string, Record<string, bigint>>();
  for (const { partner, key, minor } of rows) earned.set(partner, { ...earned.get(partner), [key]: minor });
  return earned;
};

describe('given any stories of sales, refunds, payments and corrections', () => {
  it(`then ${RUNS.numRuns} of them earn the same in any order, in any batches and with any repetitions, and what their state is worth`, async () => {
    const company = await addCompany(fixture.app, { terms: TERMS });
    await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
    const seed = Date.now() % 2 ** 31;
    const told: Told[] = [];
    for (const { seed: tale, straight, shuffled } of fc.sample(story(3, 3), { numRuns: RUNS.numRuns, seed })) {
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: straight });
      told.push({ partner: await addPartner(fixture.app, company), story: tale, batches: shuffled });
    }
    await addAbove();
    await tellAll(company, told, company.approver);
    while ((await closeWindows(fixture.app)) > 0) await accrueAll(fixture.app, company.code);
    const earned = await earnedBy(company.programId);
    for (const { partner, story: tale } of told)
      expect({ seed, tale, earned: earned.get(partner.code) ?? {} }).toEqual({
        seed,
        tale,
        earned: worthsOf(tale),
      });
    expect(await checkInvariants(fixture.app)).toEqual([]);
  }, 300_000);
});
