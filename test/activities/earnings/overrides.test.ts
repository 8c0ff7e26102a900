import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordFacts } from '../../../commands/partners/facts.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { listPartnerPayability } from '../../../db/payouts/payability.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-12-31T00:00:00Z');
const OWN = { id: 'commission', pay: { rule: 'percent', percent: '10' } };
const OVERRIDE = { id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '2' } };
const planOf = (...incentives: object[]): PlanTerms =>
  PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives });

/** A program with a reseller, a distributor above them, and a master above the distributor who are in no program. */
async function openTree(...incentives: object[]) {
  const company = await addCompany(fixture.app, { terms: planOf(...incentives) });
  const outside = await addCompany(fixture.app);
  const [child, other] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const [parent, master] = [await addPartner(fixture.app, outside), await addPartner(fixture.app, outside)];
  const shop = { company, child, other, parent, master };
  await above(shop, child, parent);
  await above(shop, parent, master);
  return shop;
}
type Tree = Awaited<ReturnType<typeof openTree>>;

const above = (
  { company }: { company: CompanyRows },
  partner: PartnerRows,
  parent: PartnerRows | null,
  from = '2020-01-01',
  until: string | null = null,
) =>
  recordParent(
    fixture.app,
    { partner: partner.code, parent: parent?.code ?? null, from, until, reason: 'Contract' },
    company.approver,
  );

type Sent = Partial<Omit<WireEvent, 'partner'>> & { id: string };
const take = ({ company }: Pick<Tree, 'company'>, partner: PartnerRows, event: Sent) =>
  intakeEvents(
    fixture.app,
    [
      {
        unit: 0,
        wire: {
          source: company.code,
          program: company.code,
          partner: partner.code,
          kind: event.refundOf === undefined ? 'sale' : 'refund',
          occurredAt: '2026-03-10T12:00:00Z',
          ...(event.amount !== undefined && { currency: 'USD' as const }),
          ...event,
        },
      },
    ],
    { nowMs: NOW_MS, strict: true, by: company.approver },
  );
const accrue = ({ company }: Pick<Tree, 'company'>) => accrueAll(fixture.app, company.code);
async function send(tree: Pick<Tree, 'company'>, partner: PartnerRows, event: Sent): Promise<void> {
  await take(tree, partner, event);
  await accrue(tree);
}
const earned = ({ id }: PartnerRows): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${id}`);
const earnedByAll = async (...partners: PartnerRows[]) => Promise.all(partners.map(earned));

describe('given a reseller below a distributor, and a plan that pays the distributor too', () => {
  it('when the reseller sells then each level earns its part, and a refund takes it back from each', async () => {
    const tree = await openTree(OWN, OVERRIDE, {
      ...OVERRIDE,
      id: 'master',
      level: 2,
      pay: { rule: 'percent', percent: '1' },
    });
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    expect(await earnedByAll(tree.child, tree.parent, tree.master)).toEqual([10_000n, 2000n, 1000n]);
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '400.00' });
    expect(await earnedByAll(tree.child, tree.parent, tree.master)).toEqual([6000n, 1200n, 600n]);
    await send(tree, tree.child, { id: 'r2', refundOf: 'a' });
    expect(await earnedByAll(tree.child, tree.parent, tree.master)).toEqual([0n, 0n, 0n]);
  });

  it('when nobody is above on the day of the event then only the reseller earns', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    await send(tree, tree.other, { id: 'a', amount: '1000.00' });
    await above(tree, tree.child, null, '2026-03-01', '2026-03-11');
    await send(tree, tree.child, { id: 'b', amount: '1000.00' });
    await send(tree, tree.child, { id: 'c', amount: '1000.00', occurredAt: '2026-03-11T12:00:00Z' });
    expect(await earnedByAll(tree.other, tree.child, tree.parent)).toEqual([10_000n, 20_000n, 2000n]);
  });

  it('then the distributor sees who earned it and how, needs no agreement, and is paid by the runs', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    const [line, ...others] = await listPartnerEarnings(fixture.app, tree.parent.id, null, 10);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ eventId: 'a', incentive: 'override', minor: 2000n });
    expect(line?.explanation).toMatchObject({ inputs: { from: tree.child.code, amount: '1000.00 USD' } });
    expect(JSON.stringify(line?.explanation)).not.toMatch(/\b100\.00/);
    const judged = await listPartnerPayability(
      fixture.app,
      tree.company.scheduleId,
      { start: '2026-04-01', end: '2026-05-01' },
      tree.parent.id,
    );
    expect(judged).toMatchObject([{ payableMinor: 2000n, outcome: 'paid' }]);
    expect(await listPartnerEarnings(fixture.app, tree.child.id, null, 10)).toHaveLength(1);
  });

  it('when a window counts the sales of all below then its steps look at their sum', async () => {
    const steps = [
      { from: '0', percent: '1' },
      { from: '1000.00', percent: '3' },
    ];
    const quarter = {
      id: 'volume',
      payTo: 'parent',
      window: 'quarter',
      unit: 'USD',
      pay: { rule: 'steps', mode: 'cliff', steps },
    };
    const tree = await openTree(OWN, quarter);
    await above(tree, tree.other, tree.parent);
    await send(tree, tree.child, { id: 'a', amount: '600.00' });
    expect(await earned(tree.parent)).toBe(600n);
    await send(tree, tree.other, { id: 'b', amount: '400.00' });
    expect(await earned(tree.parent)).toBe(3000n);
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
    expect(await earned(tree.parent)).toBe(900n);
  });

  it('when the incentive asks about partners then the one below must fit, as on the day of the event', async () => {
    const tree = await openTree(OWN, {
      ...OVERRIDE,
      when: { kinds: ['sale'], partner: { facts: { tier: ['gold'] } } },
    });
    const tier = (partner: PartnerRows, from: string) =>
      recordFacts(
        fixture.app,
        [
          {
            partner: partner.code,
            key: 'tier',
            value: 'gold',
            holds: true,
            from,
            until: null,
            reference: null,
            reason: null,
          },
        ],
        { source: 'person', by: tree.company.approver },
      );
    await tier(tree.parent, '2026-01-01');
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    expect(await earned(tree.parent)).toBe(0n);
    await tier(tree.child, '2026-03-01');
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
    expect(await earned(tree.parent)).toBe(0n);
    await send(tree, tree.child, { id: 'b', amount: '1000.00' });
    expect(await earned(tree.parent)).toBe(2000n);
  });

  it('when the incentive waits for payments then the distributor waits as the reseller does', async () => {
    const tree = await openTree(OWN, { ...OVERRIDE, release: 'collected' });
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    expect(await earned(tree.parent)).toBe(0n);
    await send(tree, tree.child, { id: 'p', kind: 'collected', collects: 'a', amount: '300.00' });
    expect(await earnedByAll(tree.child, tree.parent)).toEqual([10_000n, 600n]);
  });

  it('when the window is earned at its close then the distributor earns at the close', async () => {
    const closing = { ...OVERRIDE, window: 'month', unit: 'USD', earned: 'at-close' };
    const tree = await openTree(OWN, closing);
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    expect(await earned(tree.parent)).toBe(0n);
    while ((await closeWindows(fixture.app)) > 0);
    await accrue(tree);
    expect(await earned(tree.parent)).toBe(2000n);
  });
});

describe('given a sale whose distributor earned', () => {
  it('when the hierarchy changes for its day then it keeps its distributor, also in a refund and a correction', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    const { eventsWorkedOut } = await above(tree, tree.child, tree.master);
    expect(eventsWorkedOut).toBe(1);
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
    await send(tree, tree.child, { id: 'a', revision: 2, amount: '2000.00' });
    expect(await earnedByAll(tree.parent, tree.master)).toEqual([3800n, 0n]);
    await send(tree, tree.child, { id: 'b', amount: '1000.00' });
    expect(await earnedByAll(tree.parent, tree.master)).toEqual([3800n, 2000n]);
  });

  it.each([{ inOnePage: true }, { inOnePage: false }])(
    'when a correction moves it to another reseller then the other distributor earns (in one page: $inOnePage)',
    async ({ inOnePage }) => {
      const tree = await openTree(OWN, OVERRIDE);
      await above(tree, tree.other, tree.master);
      const step = inOnePage ? take : send;
      await step(tree, tree.child, { id: 'a', amount: '1000.00' });
      await step(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
      await step(tree, tree.other, { id: 'a', revision: 2, amount: '1000.00' });
      await accrue(tree);
      expect(await earnedByAll(tree.child, tree.parent)).toEqual([0n, 0n]);
      expect((await earned(tree.other)) / 5n).toBe(await earned(tree.master));
      await step(tree, tree.child, { id: 'a', revision: 3, amount: '500.00', occurredAt: '2026-03-12T12:00:00Z' });
      await accrue(tree);
      expect(await earnedByAll(tree.other, tree.master)).toEqual([0n, 0n]);
      expect((await earned(tree.child)) / 5n).toBe(await earned(tree.parent));
    },
  );

  it('when a refunded sale moves to a day with a distributor then the refund counts there too', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    await above(tree, tree.child, null, '2026-03-01', '2026-04-01');
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
    expect(await earned(tree.parent)).toBe(0n);
    await send(tree, tree.child, { id: 'a', revision: 2, amount: '1000.00', occurredAt: '2026-04-10T12:00:00Z' });
    expect(await earned(tree.parent)).toBe(1800n);
  });

  it('when the refund came before its sale then both levels earn the rest', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '100.00' });
    await send(tree, tree.child, { id: 'a', amount: '1000.00' });
    expect(await earnedByAll(tree.child, tree.parent)).toEqual([9000n, 1800n]);
  });

  it('when a reseller and the distributor share a sale then the distributor earns by both parts', async () => {
    const tree = await openTree(OWN, OVERRIDE);
    const parent = await addPartner(fixture.app, tree.company);
    await above(tree, tree.child, parent);
    await send(tree, tree.child, {
      id: 'a',
      amount: '1000.00',
      shares: [
        { partner: tree.child.code, weight: '3' },
        { partner: parent.code, weight: '1' },
      ],
    });
    expect(await earnedByAll(tree.child, parent)).toEqual([7500n, 2500n + 1500n]);
    await send(tree, tree.child, { id: 'r', refundOf: 'a', amount: '500.00' });
    expect(await earnedByAll(tree.child, parent)).toEqual([3750n, 1250n + 750n]);
  });
});

describe('given changes of the hierarchy', () => {
  it('when a partner would be above themselves on any day then it is refused, also by the database', async () => {
    const tree = await openTree(OWN);
    await expect(above(tree, tree.master, tree.child, '2030-01-01', '2030-02-01')).rejects.toMatchObject({
      code: 'invalid_input',
      details: [{ field: 'parent' }],
    });
    await expect(above(tree, tree.child, tree.child)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(
      fixture.app.query(sql.unsafe`
        insert into partner_parent(partner_id, parent_id, starts_on, reason) values (${tree.master.id}, ${tree.child.id}, '2030-01-01', 'x')`),
    ).rejects.toThrow(/constraint|refused/);
    await above(tree, tree.child, null, '2030-01-01');
    await above(tree, tree.master, tree.child, '2030-01-01');
  });

  it('when two changes close a circle at the same moment then one of them is refused', async () => {
    const tree = await openTree(OWN);
    const [ann, ben] = [await addPartner(fixture.app, tree.company), await addPartner(fixture.app, tree.company)];
    const answers = await Promise.allSettled([above(tree, ann, ben), above(tree, ben, ann)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

it('then the books are in order', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
