import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const IdRow = z.object({ id: z.number() });
const MinorRow = z.object({ minor: z.bigint() });
const planOf = (percent: string) =>
  PlanTerms.parse({
    holdDays: 0,
    rounding: 'half-even',
    incentives: [
      { id: 'finder', payTo: 'parent', groupBy: 'customer', first: { events: 1 }, pay: { rule: 'percent', percent } },
    ],
  });

/** Ann and Ben, each on a plan of their own, below one distributor. */
async function openPair(annPercent: string, benPercent: string) {
  const company = await addCompany(fixture.app, { terms: planOf(annPercent) });
  await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
  const [ann, ben] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const parent = await addPartner(fixture.app, company);
  const planId = await fixture.app.oneFirst(
    sql.type(IdRow)`insert into plan(program_id, code) values (${company.programId}, 'other') returning id`,
  );
  await fixture.app.query(sql.unsafe`
    insert into plan_version(plan_id, version, effective_from, terms)
    values (${planId}, 1, '2020-01-01', ${JSON.stringify(planOf(benPercent))}::jsonb)`);
  await fixture.app.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on)
    values (${ben.id}, ${company.programId}, ${planId}, '2020-01-01')`);
  for (const { code } of [ann, ben])
    await recordParent(
      fixture.app,
      { partner: code, parent: parent.code, from: '2020-01-01', until: null, reason: 'Contract' },
      company.approver,
    );
  const shares = [ann, ben].map(({ code }) => ({ partner: code, weight: '1' }));
  const sale = { kind: 'sale', occurredAt: '2026-03-10T12:00:00Z', currency: 'USD' as const, shares };
  return {
    send: async (event: Partial<Omit<WireEvent, 'partner'>> & { id: string }) => {
      const common = { source: company.code, program: company.code, partner: ann.code };
      const wire = { ...common, ...(event.refundOf ? { kind: 'refund', occurredAt: '2026-03-20T12:00:00Z' } : sale) };
      await intakeEvents(fixture.app, [{ unit: 0, wire: { ...wire, attributes: { customer: 'kim' }, ...event } }], {
        nowMs: Date.parse('2026-12-31T00:00:00Z'),
        strict: true,
        by: company.approver,
      });
      await accrueAll(fixture.app, company.code);
    },
    earned: () =>
      fixture.app.oneFirst(sql.type(MinorRow)`
        select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${parent.id}`),
  };
}

describe('given two resellers on two plans that pay their distributor for the first sale to a customer', () => {
  it.each([
    { one: '20', two: '5' },
    { one: '5', two: '20' },
  ])(
    'when they share sales then each part of the first one is paid by its own plan ($one and $two)',
    async ({ one, two }) => {
      const { send, earned } = await openPair(one, two);
      await send({ id: 'a', amount: '100.00' });
      expect(await earned()).toBe(1250n);
      await send({ id: 'b', amount: '300.00', occurredAt: '2026-03-11T12:00:00Z' });
      expect(await earned()).toBe(1250n);
      await send({ id: 'a', amount: '200.00', revision: 2, occurredAt: '2026-03-12T12:00:00Z' });
      expect(await earned()).toBe(3750n);
      await send({ id: 'back', refundOf: 'b', attributes: {} });
      expect(await earned()).toBe(2500n);
    },
  );
});

it('then the books are in order', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
