import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createBackTestActivities } from '../../../activities/earnings/back-test.ts';
import { listBackTestBudgets } from '../../../db/earnings/back-test-budgets.ts';
import {
  getBackTest,
  insertBackTest,
  listBackTestGroups,
  listBackTestPartners,
  listBackTestTotals,
  listStoppedEvents,
} from '../../../db/earnings/back-tests.ts';
import { closeWindows } from '../../../commands/earnings/closings.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addBudgetOf } from '../../fixtures/budgets.ts';
import { addVersion, reRate } from '../../fixtures/re-rating.ts';
import { addActor, addCompany, addEvent, addPartner, type CompanyRows, TEN_PERCENT } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

type Wish = { from?: string; until?: string; tierKey?: string | null };

async function tryOut({ programId }: CompanyRows, terms: object, wish: Wish = {}) {
  const { from = '2026-01-01', until = '2027-01-01', tierKey = null } = wish;
  const askedBy = await addActor(fixture.app);
  const draft = PlanTerms.parse(terms);
  const given = { programId, plan: 'standard', terms: draft, from, until, tierKey, askedBy };
  const id = await insertBackTest(fixture.app, given);
  await createBackTestActivities({ db: fixture.app }).runBackTest(id);
  const partners = await listBackTestPartners(fixture.app, id, null, 100);
  return {
    id,
    test: await getBackTest(fixture.app, id),
    totals: await listBackTestTotals(fixture.app, id),
    partners: partners.map(({ partner, oldMinor, newMinor }) => [partner, oldMinor, newMinor]),
  };
}

const Counts = z.object({ table: z.string(), count: z.bigint() });
/** The rows of everything that is earned, booked or sent. */
const countRows = () =>
  fixture.owner.any(sql.type(Counts)`
    select 'event' as table, count(*) as count from event union all select 'earning', count(*) from earning
    union all select 'earning_line', count(*) from earning_line union all select 'accrual_batch', count(*) from accrual_batch
    union all select 'earning_scope', count(*) from earning_scope union all select 'scope_total', count(*) from scope_total
    union all select 'scope_member', count(*) from scope_member union all select 'ledger_journal', count(*) from ledger_journal
    union all select 'ledger_entry', count(*) from ledger_entry union all select 'plan_version', count(*) from plan_version order by 1`);

const terms = (...incentives: object[]) => ({ holdDays: 0, rounding: 'half-even', incentives });
const quarterly = {
  id: 'volume',
  window: 'quarter',
  unit: 'USD',
  pay: {
    rule: 'steps',
    mode: 'marginal',
    steps: [
      { from: '0', percent: '0' },
      { from: '150.00', percent: '20' },
    ],
  },
};

/** Two partners with sales of 100.00 in January, February and April, one of which is refunded by half. */
async function twoPartners(plan: object = TEN_PERCENT) {
  const company = await addCompany(fixture.app, { terms: plan });
  const [ann, bob] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  for (const [n, occurredAt] of ['2026-01-10T12:00:00Z', '2026-02-10T12:00:00Z', '2026-04-10T12:00:00Z'].entries())
    await addEvent(fixture.app, company, ann, { id: `${company.code}/ann-${n}`, occurredAt });
  await addEvent(fixture.app, company, bob, { id: `${company.code}/bob`, occurredAt: '2026-02-11T12:00:00Z' });
  await addEvent(fixture.app, company, bob, {
    id: `${company.code}/bob-back`,
    minor: 5_000n,
    refundOf: `${company.code}/bob`,
    occurredAt: '2026-05-01T12:00:00Z',
  });
  await accrueAll(fixture.app, company.code);
  return { company, ann, bob };
}

describe('given partners with sales and a refund', () => {
  it('when the terms in force are tried out then nothing differs, and nothing but the results is written', async () => {
    const { company, ann, bob } = await twoPartners();
    const before = await countRows();
    const { test, totals, partners } = await tryOut(company, TEN_PERCENT);
    expect(test.state).toBe('done');
    expect(partners).toEqual([
      [ann.code, 3000n, 3000n],
      [bob.code, 500n, 500n],
    ]);
    expect(totals).toMatchObject([
      { oldMinor: 3500n, newMinor: 3500n, winners: 0, losers: 0, gainMinor: 0n, lossMinor: 0n },
    ]);
    expect(await countRows()).toEqual(before);
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });

  it('when a draft counts volume then a window that began before the period brings it along', async () => {
    const { company, ann, bob } = await twoPartners();
    const { partners, totals } = await tryOut(company, terms(quarterly), { from: '2026-02-01', until: '2026-04-01' });
    // Ann has 200.00 in the quarter, 100.00 of it before February, so 50.00 of February is above the step: 10.00
    expect(partners).toEqual([
      [ann.code, 1000n, 1000n],
      [bob.code, 500n, 0n],
    ]);
    expect(totals).toMatchObject([{ winners: 0, losers: 1, lossMinor: -500n, noLonger: 1 }]);
  });

  it('when a draft is for fewer events then each that newly earns nothing is named with the reason', async () => {
    const { company, ann, bob } = await twoPartners();
    const until = { ...TEN_PERCENT.incentives[0], when: { kinds: ['sale'], until: '2026-02-01' } };
    const { id, partners } = await tryOut(company, terms(until));
    expect(partners).toEqual([
      [ann.code, 3000n, 1000n],
      [bob.code, 500n, 0n],
    ]);
    const stopped = await listStoppedEvents(fixture.app, id, null, 10);
    expect(stopped.map(({ id: event, oldMinor, reason }) => [event, oldMinor, reason])).toEqual([
      [`${company.code}/ann-1`, 1000n, 'no incentive is for the kind sale on 2026-02-10'],
      [`${company.code}/ann-2`, 1000n, 'no incentive is for the kind sale on 2026-04-10'],
      [`${company.code}/bob`, 1000n, 'no incentive is for the kind sale on 2026-02-11'],
    ]);
  });

  it('when a draft is earned at the close of a window then windows that are over are closed', async () => {
    const { company, ann, bob } = await twoPartners();
    const { partners, id } = await tryOut(company, terms({ ...quarterly, earned: 'at-close' }), {
      until: '2026-07-02',
    });
    expect(partners).toEqual([
      [ann.code, 3000n, 1000n],
      [bob.code, 500n, 0n],
    ]);
    const months = await listBackTestGroups(fixture.app, id, 'month');
    expect(months.find(({ newMinor }) => newMinor > 0n)?.name).toBe('2026-04');
    expect(await listStoppedEvents(fixture.app, id, null, 10)).toEqual([]);
  });

  it('when windows were closed in the books then the terms in force still give what was booked', async () => {
    const inForce = terms({ ...quarterly, earned: 'at-close' }, TEN_PERCENT.incentives[0] ?? {});
    const { company } = await twoPartners(inForce);
    await closeWindows(fixture.app);
    await accrueAll(fixture.app, company.code);
    const { totals } = await tryOut(company, inForce);
    expect(totals).toMatchObject([{ oldMinor: 4500n, newMinor: 4500n }]);
  });

  it('when the days were worked out again then what that booked counts in the month of its sale, with the terms of then', async () => {
    const { company, ann, bob } = await twoPartners();
    const fifteen = terms({ id: 'commission', pay: { rule: 'percent', percent: '15' } });
    await addVersion(fixture.app, company, '2026-02-01T00:00:00Z', fifteen);
    await reRate(fixture.app, company, { from: '2026-02-01', until: '2026-03-01' });
    const { partners, id, totals } = await tryOut(company, fifteen, { until: '2026-03-01' });
    expect(partners).toEqual([
      [ann.code, 2500n, 3000n],
      [bob.code, 750n, 750n],
    ]);
    expect(totals).toMatchObject([{ eventCount: 4 }]);
    const months = await listBackTestGroups(fixture.app, id, 'month');
    expect(months.map(({ name, oldMinor, newMinor }) => [name, oldMinor, newMinor])).toEqual([
      ['2026-01', 1000n, 1500n],
      ['2026-02', 2250n, 2250n],
    ]);
  });

  it('when budgets pay then both sides are what the terms are worth, and each budget says what it is short', async () => {
    const paid = (more: object = {}) => ({
      id: 'spiff',
      unit: 'USD',
      budget: 'spiff',
      pay: { rule: 'percent', percent: '10' },
      ...more,
    });
    const company = await addCompany(fixture.app, { terms: terms(paid()) });
    await addBudgetOf(fixture.app, company, 'spiff', 1500n);
    await addBudgetOf(fixture.app, company, 'spring', 2000n, { from: '2026-02-01', until: '2026-05-01' });
    const ann = await addPartner(fixture.app, company);
    for (const [n, occurredAt] of ['2026-01-10T12:00:00Z', '2026-02-10T12:00:00Z', '2026-03-10T12:00:00Z'].entries())
      await addEvent(fixture.app, company, ann, { id: `${company.code}/${n}`, occurredAt });
    await accrueAll(fixture.app, company.code);
    const inForce = await tryOut(company, terms(paid()));
    expect(inForce.partners).toEqual([[ann.code, 3000n, 3000n]]);
    expect(await listBackTestBudgets(fixture.app, inForce.id)).toEqual([
      { budget: 'spiff', unit: 'USD', amountMinor: 1500n, neededMinor: 3000n },
    ]);
    const draft = await tryOut(company, terms(paid({ budget: 'spring', pay: { rule: 'percent', percent: '12' } })));
    expect(draft.partners).toEqual([[ann.code, 3000n, 3600n]]);
    expect(await listBackTestBudgets(fixture.app, draft.id)).toEqual([
      { budget: 'spring', unit: 'USD', amountMinor: 2000n, neededMinor: 2400n },
    ]);
  });

  it('when a fact is named then the sums are told apart by its value on the day of each event', async () => {
    const { company, ann } = await twoPartners();
    await fixture.app.query(sql.unsafe`
      insert into partner_fact(partner_id, key, slot, value, starts_on, ends_on, source) values
        (${ann.id}, 'tier', '', 'silver', '2026-01-01', '2026-02-01', 'ladder'), (${ann.id}, 'tier', '', 'gold', '2026-02-01', null, 'ladder')`);
    const twenty = { id: 'commission', pay: { rule: 'percent', percent: '20' } };
    const { id } = await tryOut(company, terms(twenty), { tierKey: 'tier' });
    const tiers = await listBackTestGroups(fixture.app, id, 'tier');
    expect(tiers.map(({ name, oldMinor, newMinor }) => [name, oldMinor, newMinor])).toEqual([
      ['', 500n, 1000n],
      ['gold', 2000n, 4000n],
      ['silver', 1000n, 2000n],
    ]);
  });
});
