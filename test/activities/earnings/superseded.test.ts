import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { recordRates } from '../../../commands/earnings/exchange-rates.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type PartnerRows } from '../../fixtures/rows.ts';

/** A revision that is worked out after a higher one earns nothing, for nobody. */

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const [MARCH, APRIL] = ['2026-03-10T12:00:00Z', '2026-04-10T12:00:00Z'];
const OWN = { id: 'own', unit: 'USD', pay: { rule: 'percent', percent: '10' } };
const OVERRIDE = { id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '2' } };

/** A program with a reseller whose distributor changes in April, and another reseller who is always below the second distributor. */
async function openTree(...incentives: object[]) {
  const company = await addCompany(fixture.app, {
    terms: PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives }),
  });
  const [child, other] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const [first, second] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const above = (partner: PartnerRows, parent: PartnerRows, from: string, until: string | null = null) =>
    recordParent(
      fixture.app,
      { partner: partner.code, parent: parent.code, from, until, reason: 'Contract' },
      company.approver,
    );
  await above(child, first, '2020-01-01', '2026-04-01');
  await above(child, second, '2026-04-01');
  await above(other, second, '2020-01-01');
  return {
    company,
    child,
    other,
    first,
    second,
    async send(partner: PartnerRows, event: Partial<Omit<WireEvent, 'partner'>> & { id: string }) {
      const { code } = company;
      const sent = { source: code, program: code, partner: partner.code, kind: 'sale', occurredAt: MARCH };
      await intakeEvents(fixture.app, [{ unit: 0, wire: { ...sent, currency: 'USD', ...event } }], {
        nowMs: NOW_MS,
        strict: true,
        by: company.approver,
      });
      await accrueAll(fixture.app, code);
    },
    async rate(day: string) {
      const rate = { day, quote: 'USD', rate: '1.1' };
      await recordRates(fixture.app, [rate], { source: 'ECB', by: company.approver, nowMs: NOW_MS });
      await accrueAll(fixture.app, company.code);
    },
    due: () =>
      fixture.app.oneFirst(sql.type(z.object({ count: z.bigint() }))`
        select count(*) as count from event_due where program_id = ${company.programId}`),
  };
}
const earned = (...partners: PartnerRows[]): Promise<bigint[]> =>
  Promise.all(
    partners.map(({ id }) =>
      fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
        select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${id}`),
    ),
  );

describe('given a wrong sale of a reseller that was set aside, because its window would be worth too much', () => {
  const units = { measure: 'quantity', window: 'month', unit: 'USD', pay: { rule: 'flat', amount: '90000000.00' } };
  it.each([
    { to: 'another day', toOther: false },
    { to: 'another day and reseller', toOther: true },
  ])(
    'when a revision moves it to $to then the distributor of the wrong day earns nothing by it',
    async ({ toOther }) => {
      const tree = await openTree({ ...units, id: 'units' }, OVERRIDE);
      await tree.send(tree.child, { id: 'full', amount: '1.00', quantity: 700_000_000 });
      await tree.send(tree.child, { id: 'a', amount: '5000000.00', quantity: 700_000_000 });
      expect(await earned(tree.first, tree.second)).toEqual([2n, 0n]);
      const right = { id: 'a', revision: 2, amount: '50.00', quantity: 1, occurredAt: APRIL };
      await tree.send(toOther ? tree.other : tree.child, right);
      expect(await earned(tree.first, tree.second)).toEqual([2n, 100n]);
      expect(await tree.due()).toBe(0n);
      await tree.send(tree.child, { ...right, revision: 3, occurredAt: MARCH });
      expect(await earned(tree.first, tree.second)).toEqual([102n, 0n]);
    },
  );
});

describe('given a sale of a reseller that waits for its exchange rate', () => {
  it('when a revision moves it to a day with a rate then only the distributor of that day earns', async () => {
    const tree = await openTree(OWN, { ...OVERRIDE, unit: 'USD' });
    await tree.rate('2026-04-10');
    await tree.send(tree.child, { id: 'a', amount: '1000.00', currency: 'EUR' });
    await tree.send(tree.child, { id: 'a', revision: 2, amount: '10.00', currency: 'EUR', occurredAt: APRIL });
    const { child, first, second } = tree;
    expect(await earned(child, first, second)).toEqual([110n, 0n, 22n]);
    await tree.rate('2026-03-10');
    expect(await earned(child, first, second)).toEqual([110n, 0n, 22n]);
    expect(await tree.due()).toBe(0n);
  });

  it('when a revision needs no rate then nothing waits any longer', async () => {
    const tree = await openTree(OWN, { ...OVERRIDE, unit: 'USD' });
    const occurredAt = '2026-02-10T12:00:00Z';
    await tree.send(tree.child, { id: 'a', amount: '1000.00', currency: 'EUR', occurredAt });
    await tree.send(tree.child, { id: 'a', revision: 2, amount: '900.00', currency: 'EUR', occurredAt });
    expect(await tree.due()).toBe(2n);
    await tree.send(tree.child, { id: 'a', revision: 3, amount: '10.00', occurredAt });
    expect(await tree.due()).toBe(0n);
    expect(await earned(tree.child, tree.first)).toEqual([100n, 20n]);
  });
});

it('then the books are in order', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
