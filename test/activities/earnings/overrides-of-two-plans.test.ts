import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createAccrualActivities } from '../../../activities/earnings/accrual.ts';
import { replay } from '../../../activities/earnings/replay.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { recordParent } from '../../../commands/partners/parents.ts';
import { expectLongRead } from '../../../db/earnings/replays.ts';
import { shardOf } from '../../../domain/earnings/shard.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { addCompany, addPartner, type PartnerRows } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const IdRow = z.object({ id: z.number() });
const MinorRow = z.object({ minor: z.bigint() });
const planOf = (...incentives: object[]) => PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives });
const override = (percent: string, more: object = {}) => ({
  id: 'override',
  payTo: 'parent',
  pay: { rule: 'percent', percent },
  ...more,
});
const OWN = { id: 'commission', pay: { rule: 'percent', percent: '10' } };
const FIRST = { groupBy: 'customer', first: { events: 1 } };

/** Ann and Ben below one distributor, on one plan. */
async function openPair(...incentives: object[]) {
  const company = await addCompany(fixture.app, { terms: planOf(...incentives) });
  await fixture.owner.query(sql.unsafe`update program set attributes = '{customer}' where id = ${company.programId}`);
  const [ann, ben] = [await addPartner(fixture.app, company), await addPartner(fixture.app, company)];
  const parent = await addPartner(fixture.app, company);
  for (const { code } of [ann, ben])
    await recordParent(
      fixture.app,
      { partner: code, parent: parent.code, from: '2020-01-01', until: null, reason: 'Contract' },
      company.approver,
    );
  return { company, ann, ben, parent };
}
type Pair = Awaited<ReturnType<typeof openPair>>;

/** Moves a partner to a new plan, from a day before all events. */
async function move({ company }: Pair, partner: PartnerRows, ...incentives: object[]): Promise<void> {
  const planId = await fixture.app.oneFirst(
    sql.type(IdRow)`insert into plan(program_id, code) values (${company.programId}, 'other') returning id`,
  );
  await fixture.app.query(sql.unsafe`
    insert into plan_version(plan_id, version, effective_from, terms)
    values (${planId}, 1, '2020-01-01', ${JSON.stringify(planOf(...incentives))}::jsonb)`);
  await fixture.app.query(sql.unsafe`
    insert into agreement_term(partner_id, program_id, plan_id, starts_on)
    values (${partner.id}, ${company.programId}, ${planId}, '2020-01-01')`);
}

type Sent = Partial<Omit<WireEvent, 'partner'>> & { id: string };
const take = ({ company, ann }: Pair, event: Sent) => {
  const common = { source: company.code, program: company.code, partner: ann.code };
  const wire = event.refundOf
    ? { ...common, kind: 'refund', occurredAt: '2026-03-20T12:00:00Z', ...event }
    : { ...common, kind: 'sale', occurredAt: '2026-03-10T12:00:00Z', currency: 'USD' as const, ...event };
  return intakeEvents(fixture.app, [{ unit: 0, wire }], {
    nowMs: Date.parse('2026-12-31T00:00:00Z'),
    strict: true,
    by: company.approver,
  });
};
async function send(pair: Pair, event: Sent): Promise<void> {
  await take(pair, event);
  await accrueAll(fixture.app, pair.company.code);
}
const earned = ({ id }: PartnerRows) =>
  fixture.app.oneFirst(sql.type(MinorRow)`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${id}`);

/** The earnings of each event of a partner, worked out again in memory. */
const replayed = ({ company }: Pair, { id }: PartnerRows): Promise<bigint[]> =>
  fixture.app.transaction(async (tx) => {
    await expectLongRead(tx);
    const found: bigint[] = [];
    for await (const { earned: one } of replay(tx, { id: company.programId, zone: 'UTC' }, [id]))
      found.push(...one.map(({ minor }) => minor));
    return found;
  });

describe('given a reseller who moves to another plan from a day in the past', () => {
  it.each([
    { plan: 'with another override', incentives: [OWN, override('7')] },
    { plan: 'without an override', incentives: [OWN] },
  ])(
    'when the plan $plan is recorded after a sale earned them, and before it earns the distributor, then both earn by one plan',
    async ({ incentives }) => {
      const pair = await openPair(OWN, override('2'));
      const { company, ann, parent } = pair;
      await take(pair, { id: 'a', amount: '1000.00' });
      await createAccrualActivities({ db: fixture.app }).accruePage({ program: company.code, shard: shardOf(ann.id) });
      await move(pair, ann, ...incentives);
      await accrueAll(fixture.app, company.code);
      expect([await earned(ann), await earned(parent)]).toEqual([10_000n, 2000n]);
      await send(pair, { id: 'back', refundOf: 'a', currency: 'USD', amount: '400.00' });
      await send(pair, { id: 'a', revision: 2, amount: '2000.00' });
      expect([await earned(ann), await earned(parent)]).toEqual([16_000n, 3200n]);
      expect(await replayed(pair, parent)).toEqual([2000n, -800n, 2000n]);
    },
  );
});

describe('given two resellers on two plans that pay their distributor for the first sale to a customer', () => {
  it.each([
    { one: '20', two: '5' },
    { one: '5', two: '20' },
  ])(
    'when they share sales then each part of the first one is paid by its own plan ($one and $two)',
    async ({ one, two }) => {
      const pair = await openPair(override(one, FIRST));
      const { ann, ben, parent } = pair;
      await move(pair, ben, override(two, FIRST));
      const shares = [ann, ben].map(({ code }) => ({ partner: code, weight: '1' }));
      const shared = { shares, attributes: { customer: 'kim' } };
      await send(pair, { id: 'a', amount: '100.00', ...shared });
      expect(await earned(parent)).toBe(1250n);
      await send(pair, { id: 'b', amount: '300.00', occurredAt: '2026-03-11T12:00:00Z', ...shared });
      expect(await earned(parent)).toBe(1250n);
      await send(pair, { id: 'a', amount: '200.00', revision: 2, occurredAt: '2026-03-12T12:00:00Z', ...shared });
      expect(await earned(parent)).toBe(3750n);
      await send(pair, { id: 'back', refundOf: 'b' });
      expect(await earned(parent)).toBe(2500n);
    },
  );
});

it('then the books are in order', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
