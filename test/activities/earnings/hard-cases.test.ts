import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { closeWindows } from '../../../commands/earnings/closings.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { addPlanVersion } from '../../../commands/programs/plans.ts';
import { declareAttributes } from '../../../commands/programs/programs.ts';
import type { Database } from '../../../db/database.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import type { WireEvent } from '../../../domain/event.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { addActor, addCompany, addPartner, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const NOW_MS = Date.parse('2026-12-31T00:00:00Z');
const planOf = (...incentives: object[]): PlanTerms =>
  PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives });
const percent = (rate: string, more: object = {}) => ({
  id: 'commission',
  pay: { rule: 'percent', percent: rate },
  ...more,
});

type Sent = Partial<Omit<WireEvent, 'partner'>> & { id: string; by?: string };

async function openShop(terms: PlanTerms, { attributes = [] as string[], zone = 'UTC' } = {}) {
  const company = await addCompany(fixture.app, { terms, zone });
  if (attributes.length > 0) await declareAttributes(fixture.app, company.code, attributes, company.approver);
  return { company, ann: await addPartner(fixture.app, company), ben: await addPartner(fixture.app, company) };
}
type Shop = { company: CompanyRows };

/** Takes an event in, in its program's own source. It is not worked out yet. */
function take(
  { company }: Shop,
  partner: PartnerRows,
  { by = company.approver, ...event }: Sent,
  db: Database = fixture.app,
) {
  const wire: WireEvent = {
    source: company.code,
    program: company.code,
    partner: partner.code,
    kind: event.refundOf === undefined ? 'sale' : 'refund',
    occurredAt: '2026-03-10T12:00:00Z',
    ...(event.amount !== undefined && { currency: 'USD' as const }),
    ...event,
  };
  return intakeEvents(db, [{ wire, unit: 0 }], { nowMs: NOW_MS, strict: true, by });
}
const accrue = ({ company }: Shop) => accrueAll(fixture.app, company.code);
async function send(shop: Shop, partner: PartnerRows, event: Sent): Promise<void> {
  await take(shop, partner, event);
  await accrue(shop);
}
const earned = ({ id }: PartnerRows): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${id}`);
const addVersion = async ({ company }: Shop, terms: PlanTerms, from: string) =>
  addPlanVersion(
    fixture.app,
    await getProgram(fixture.app, company.code),
    'standard',
    { terms, effectiveFrom: new Date(from) },
    company.approver,
  );

describe('given a sale that a correction moves to a day with other terms', () => {
  it.each([{ inOnePage: true }, { inOnePage: false }])(
    'when it is refunded then the terms of its new day take back (in one page: $inOnePage)',
    async ({ inOnePage }) => {
      const shop = await openShop(planOf(percent('10')));
      await addVersion(shop, planOf(percent('20')), '2026-03-01T00:00:00Z');
      const happened: Sent[] = [
        { id: 'a', amount: '100.00', occurredAt: '2026-02-10T12:00:00Z' },
        { id: 'a', revision: 2, amount: '100.00', occurredAt: '2026-03-10T12:00:00Z' },
        { id: 'r', refundOf: 'a', amount: '10.00', occurredAt: '2026-03-11T12:00:00Z' },
      ];
      for (const event of happened) await (inOnePage ? take : send)(shop, shop.ann, event);
      await accrue(shop);
      expect(await earned(shop.ann)).toBe(1800n);
    },
  );
});

describe('given terms that were changed backwards', () => {
  it('when a correction moves a sale into a window that old terms opened then it counts there', async () => {
    const shop = await openShop(planOf(percent('10', { window: 'month', groupBy: 'customer' })), {
      attributes: ['customer'],
    });
    await send(shop, shop.ann, { id: 'a', amount: '100.00', attributes: { customer: 'kim' } });
    await send(shop, shop.ann, { id: 'b', amount: '100.00', attributes: { customer: 'lou' } });
    await addVersion(shop, planOf(percent('10', { window: 'month' })), '2026-03-01T00:00:00Z');
    await send(shop, shop.ann, { id: 'a', revision: 2, amount: '100.00', attributes: { customer: 'lou' } });
    expect(await earned(shop.ann)).toBe(2000n);
  });

  it('when a sale that earned nothing is refunded then its page is worked out, and others keep theirs', async () => {
    const referral = { id: 'bonus', when: { kinds: ['referral'] }, unit: 'USD', pay: { rule: 'flat', amount: '1.00' } };
    const shop = await openShop(planOf(referral));
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    await addVersion(shop, planOf(percent('10', { window: 'month' })), '2026-03-01T00:00:00Z');
    await send(shop, shop.ann, { id: 'b', amount: '100.00' });
    await send(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '10.00', occurredAt: '2026-03-11T12:00:00Z' });
    // The sale is rated for the first time now, by the terms of its day, less its refund.
    expect(await earned(shop.ann)).toBe(1900n);
  });

  it('when a window changes to be earned as it goes then the two kinds never count together, in either order', async () => {
    const sums: bigint[] = [];
    for (const order of [
      ['feb', 'mar'],
      ['mar', 'feb'],
    ]) {
      const shop = await openShop(planOf(percent('10', { window: 'quarter', earned: 'at-close' })));
      await addVersion(shop, planOf(percent('10', { window: 'quarter' })), '2026-03-01T00:00:00Z');
      for (const month of order)
        await send(shop, shop.ann, {
          id: month,
          amount: '100.00',
          occurredAt: month === 'feb' ? '2026-02-10T12:00:00Z' : '2026-03-10T12:00:00Z',
        });
      sums.push(await earned(shop.ann));
    }
    expect(sums).toEqual([1000n, 1000n]);
  });
});

/** Takes an event in while another transaction that came first is still open, and lets both end. */
async function takeAtOnce(shop: Shop, first: () => (tx: Database) => Promise<unknown>, second: () => Promise<unknown>) {
  const open = await leaveOpen(fixture.app, first());
  const done = second();
  await eventually('the second waits for the first', async () => (await countWaiting(fixture.owner)) === 1n);
  await accrue(shop);
  await open.commit();
  await done;
  await accrue(shop);
}

describe('given two events of one history at the same moment', () => {
  it('when the second revision moves a sale while the first comes then only its last partner earns', async () => {
    const shop = await openShop(planOf(percent('10')));
    await takeAtOnce(
      shop,
      () => (tx) => take(shop, shop.ben, { id: 'a', revision: 2, amount: '100.00' }, tx),
      () => take(shop, shop.ann, { id: 'a', amount: '100.00' }),
    );
    expect([await earned(shop.ann), await earned(shop.ben)]).toEqual([0n, 1000n]);
  });

  it('when the first revision is late then a refund of the second still takes it back', async () => {
    const shop = await openShop(planOf(percent('10')));
    await takeAtOnce(
      shop,
      () => (tx) => take(shop, shop.ann, { id: 'a', amount: '50.00' }, tx),
      () => take(shop, shop.ann, { id: 'a', revision: 2, amount: '100.00' }),
    );
    await send(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '100.00' });
    expect(await earned(shop.ann)).toBe(0n);
  });

  it('when a program corrects changed events, and a sale moves while it is refunded, then nobody keeps it', async () => {
    const shop = await openShop(planOf(percent('10')));
    await fixture.owner.query(
      sql.unsafe`update program set changed_events = 'correct' where id = ${shop.company.programId}`,
    );
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    await takeAtOnce(
      shop,
      () => (tx) => take(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '100.00' }, tx),
      () => take(shop, shop.ben, { id: 'a', amount: '100.00' }),
    );
    expect([await earned(shop.ann), await earned(shop.ben)]).toEqual([0n, 0n]);
  });
});

describe('given refunds of what a correction changed', () => {
  it('when the correction no longer names an amount then the rest of the refund still takes back', async () => {
    const shop = await openShop(planOf(percent('10')));
    await send(shop, shop.ann, { id: 'a', amount: '100.00', amounts: { freight: '5.00' } });
    await send(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '100.00', amounts: { freight: '5.00' } });
    await send(shop, shop.ann, { id: 'a', revision: 2, amount: '100.00' });
    expect(await earned(shop.ann)).toBe(0n);
  });

  it('when the correction is in another currency then the refund no longer fits, and an operator is told until it does', async () => {
    const shop = await openShop(planOf(percent('10')));
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    await send(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '100.00' });
    const isTold = () =>
      fixture.app.exists(sql.unsafe`
        select 1 from alarm where kind = 'refund_not_applied' and subject = ${`event/${shop.company.code}/r`} and cleared_at is null`);
    await send(shop, shop.ann, { id: 'a', revision: 2, amount: '100.00', currency: 'EUR' });
    expect(await isTold()).toBe(true);
    await send(shop, shop.ann, { id: 'a', revision: 3, amount: '120.00' });
    expect([await earned(shop.ann), await isTold()]).toEqual([200n, false]);
  });

  it('when a refund came under another program than its sale then it takes nothing from either', async () => {
    const [one, two] = [
      await openShop(planOf(percent('10')), { zone: 'America/New_York' }),
      await openShop(planOf(percent('10'))),
    ];
    await fixture.app.query(sql.unsafe`
      insert into agreement_term(partner_id, program_id, plan_id, starts_on)
      values (${one.ann.id}, ${two.company.programId}, ${two.company.planId}, '2020-01-01')`);
    await send(two, one.ann, { id: 'r', refundOf: 's', amount: '10.00', source: one.company.code });
    await send(one, one.ann, { id: 's', amount: '100.00', occurredAt: '2026-02-01T02:00:00Z' });
    await accrue(two);
    expect(await earned(one.ann)).toBe(1000n);
  });

  it('when its window is earned at its close then a refund is released with the window', async () => {
    const shop = await openShop(planOf(percent('10', { window: 'quarter', earned: 'at-close' })));
    await send(shop, shop.ann, { id: 'a', amount: '1000.00', occurredAt: '2026-01-05T00:00:00Z' });
    await closeWindows(fixture.app);
    await accrue(shop);
    await send(shop, shop.ann, { id: 'r', refundOf: 'a', amount: '100.00', occurredAt: '2026-04-02T00:00:00Z' });
    const days = await fixture.app.anyFirst(sql.type(z.object({ on: z.string() }))`
      select available_on as on from earning_line where partner_id = ${shop.ann.id}`);
    expect(days).toEqual(['2026-04-01', '2026-04-01']);
  });
});

describe('given the names that somebody else chose', () => {
  it('when events are grouped by an attribute named constructor then an event without it earns nothing', async () => {
    const shop = await openShop(planOf(percent('10', { window: 'month', groupBy: 'constructor' })), {
      attributes: ['constructor'],
    });
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    expect(await earned(shop.ann)).toBe(0n);
  });

  it('when two first purchases happened at the same instant then their ids decide, and not their arrival', async () => {
    const sums: bigint[] = [];
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const first = percent('10', { groupBy: 'customer', first: { events: 1 } });
      const shop = await openShop(planOf(first), { attributes: ['customer'] });
      for (const id of order)
        await send(shop, shop.ann, { id, amount: id === 'a' ? '100.00' : '10.00', attributes: { customer: 'kim' } });
      sums.push(await earned(shop.ann));
    }
    expect(sums).toEqual([1000n, 1000n]);
  });
});

describe('given a sale that a correction gave to another partner', () => {
  it('when the new partner has it refunded then the old one reads nothing of that', async () => {
    const shop = await openShop(planOf(percent('10')));
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    await send(shop, shop.ben, { id: 'a', revision: 2, amount: '500.00', occurredAt: '2026-04-10T12:34:00Z' });
    await send(shop, shop.ben, { id: 'r', refundOf: 'a', amount: '400.00', occurredAt: '2026-05-10T12:34:00Z' });
    const rows = await listPartnerEarnings(fixture.app, shop.ann.id, null, 10);
    expect(rows.map(({ eventId, minor }) => [eventId, minor])).toEqual([
      ['a', -1000n],
      ['a', 1000n],
    ]);
  });
});

describe('given a window that is earned at its close', () => {
  it('then everybody who sent one of its events, or wrote its terms, has a hand in it', async () => {
    const [author, sender] = [await addActor(fixture.app, 'author'), await addActor(fixture.app, 'sender')];
    const terms = planOf(percent('10', { window: 'quarter', earned: 'at-close' }));
    const company = await addCompany(fixture.app, { terms, author });
    const shop = { company };
    const partner = await addPartner(fixture.app, company);
    await send(shop, partner, { id: 'a', amount: '100.00', by: sender });
    await closeWindows(fixture.app);
    await accrue(shop);
    const people = await fixture.app.anyFirst(sql.type(z.object({ by: z.string() }))`
      select unnest(made_by) as by from earning_line where partner_id = ${partner.id}`);
    expect(people.toSorted()).toEqual([author, sender].toSorted());
  });
});

describe('given everything above', () => {
  it('then every invariant holds', async () => {
    expect(await checkInvariants(fixture.app)).toEqual([]);
  });
});
