import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { listPartnerEarnings } from '../../../db/earnings/partner-earnings.ts';
import { listUncollected } from '../../../db/earnings/uncollected.ts';
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

const COMMISSION = { id: 'commission', release: 'collected', pay: { rule: 'percent', percent: '10' } };
const VOLUME = {
  id: 'volume',
  release: 'collected',
  window: 'month',
  unit: 'USD',
  pay: {
    rule: 'steps',
    mode: 'cliff',
    steps: [
      { from: '0', percent: '1' },
      { from: '500.00', percent: '2' },
    ],
  },
};

async function openShop(...incentives: object[]) {
  const terms = PlanTerms.parse({ holdDays: 0, rounding: 'half-even', incentives });
  const company = await addCompany(fixture.app, { terms });
  return { company, ann: await addPartner(fixture.app, company), ben: await addPartner(fixture.app, company) };
}
type Shop = Awaited<ReturnType<typeof openShop>>;
type Sent = Partial<Omit<WireEvent, 'partner'>> & { id: string };

const kindOf = ({ refundOf, collects }: Sent): string =>
  refundOf === undefined ? (collects === undefined ? 'sale' : 'collected') : 'refund';
const take = ({ company }: Shop, partner: PartnerRows, event: Sent) =>
  intakeEvents(
    fixture.app,
    [
      {
        unit: 0,
        wire: {
          source: company.code,
          program: company.code,
          partner: partner.code,
          kind: kindOf(event),
          occurredAt: '2026-03-10T12:00:00Z',
          ...(event.amount !== undefined && { currency: 'USD' as const }),
          ...event,
        },
      },
    ],
    { nowMs: Date.parse('2026-12-31T00:00:00Z'), strict: true, by: company.approver },
  );
async function send(shop: Shop, partner: PartnerRows, event: Sent): Promise<void> {
  await take(shop, partner, event);
  await accrueAll(fixture.app, shop.company.code);
}
const earned = ({ id }: PartnerRows): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ minor: z.bigint() }))`
    select coalesce(sum(amount_minor), 0)::bigint as minor from earning where partner_id = ${id}`);
const waiting = async ({ id }: PartnerRows) =>
  (await listUncollected(fixture.app, id, null, 10)).map(({ minor }) => minor);

const SALE: Sent = { id: 'a', amount: '999.99' };
const PAID: Sent = { id: 'p', collects: 'a', amount: '300.00' };
const BACK: Sent = { id: 'r', refundOf: 'a', amount: '400.00' };
const BOUNCED: Sent = { id: 'u', kind: 'uncollected', collects: 'a', amount: '100.00' };
const ORDERS = [
  [SALE, PAID, BACK, BOUNCED],
  [PAID, SALE, BOUNCED, BACK],
  [BOUNCED, BACK, PAID, SALE],
  [BACK, SALE, BOUNCED, PAID],
  [SALE, BOUNCED, BACK, PAID],
];

describe('given a sale that is refunded and paid in parts', () => {
  it.each(ORDERS.map((order) => ({ order, ids: order.map(({ id }) => id).join(' ') })))(
    'when its events come as $ids then the partner has earned the collected part, once each and in one page',
    async ({ order }) => {
      const shop = await openShop(COMMISSION, VOLUME);
      for (const event of order) await send(shop, shop.ann, event);
      for (const event of order) await send(shop, shop.ann, event);
      for (const event of order) await take(shop, shop.ben, { ...event, ...renamed(event) });
      await accrueAll(fixture.app, shop.company.code);
      // 200.00 of 599.99 is collected: 10 % of 599.99 is 59.999, and 1 % of 200.00.
      expect([await earned(shop.ann), await earned(shop.ben)]).toEqual([2000n + 200n, 2000n + 200n]);
      expect([await waiting(shop.ann), await waiting(shop.ben)]).toEqual([[4000n], [4000n]]);
    },
  );

  const renamed = ({ id, collects, refundOf }: Sent) => ({
    id: `b-${id}`,
    ...(collects !== undefined && { collects: `b-${collects}` }),
    ...(refundOf !== undefined && { refundOf: `b-${refundOf}` }),
  });

  it('when the partner reads the earnings then each says how much is collected so far', async () => {
    const shop = await openShop(COMMISSION);
    await send(shop, shop.ann, { id: 'a', amount: '1000.00' });
    await send(shop, shop.ann, PAID);
    const stepsOf = (lines: Awaited<ReturnType<typeof listPartnerEarnings>>) =>
      lines.map(({ eventId, minor, explanation }) => ({ eventId, minor, steps: explanation['steps'] }));
    expect(stepsOf(await listPartnerEarnings(fixture.app, shop.ann.id, null, 10))).toEqual([
      { eventId: 'p', minor: 3000n, steps: expect.arrayContaining(['300.00 USD of 1000.00 USD collected so far']) },
      { eventId: 'a', minor: 0n, steps: expect.arrayContaining(['0.00 USD of 1000.00 USD collected so far']) },
    ]);
  });

  it('when a payment is corrected or the sale moves to another partner then the collected part follows', async () => {
    const shop = await openShop(COMMISSION);
    await send(shop, shop.ann, { id: 'a', amount: '1000.00' });
    await send(shop, shop.ann, { id: 'p', collects: 'a', amount: '500.00' });
    await send(shop, shop.ann, { id: 'p', collects: 'a', amount: '200.00', revision: 2 });
    expect([await earned(shop.ann), await waiting(shop.ann)]).toEqual([2000n, [8000n]]);
    await send(shop, shop.ben, { id: 'a', amount: '1000.00', revision: 2 });
    expect([await earned(shop.ann), await earned(shop.ben)]).toEqual([0n, 2000n]);
    expect([await waiting(shop.ann), await waiting(shop.ben)]).toEqual([[], [8000n]]);
    await send(shop, shop.ben, { id: 'p2', collects: 'a', amount: '2000.00' });
    expect([await earned(shop.ann), await earned(shop.ben), await waiting(shop.ben)]).toEqual([0n, 10_000n, []]);
  });

  it('when partners share it then each earns by the collected part of their own', async () => {
    const shop = await openShop(COMMISSION);
    const shares = [
      { partner: shop.ann.code, weight: '2' },
      { partner: shop.ben.code, weight: '1' },
    ];
    await send(shop, shop.ann, { id: 'a', amount: '900.00', shares });
    await send(shop, shop.ann, { id: 'p', collects: 'a', amount: '300.00' });
    expect([await earned(shop.ann), await earned(shop.ben)]).toEqual([2000n, 1000n]);
  });
});

describe('given payments that do not fit', () => {
  it.each([
    {
      wrong: 'another currency',
      event: { id: 'x', collects: 'a', amount: '1.00', currency: 'EUR' },
      by: 'ann',
      field: 'collects',
    },
    { wrong: 'a payment as its sale', event: { id: 'x', collects: 'p', amount: '1.00' }, by: 'ann', field: 'collects' },
    { wrong: 'a refund of a payment', event: { id: 'x', refundOf: 'p', amount: '1.00' }, by: 'ann', field: 'refundOf' },
  ] as const)('when one names $wrong then it is refused', async ({ event, by, field }) => {
    const shop = await openShop(COMMISSION);
    await send(shop, shop.ann, { id: 'a', amount: '100.00' });
    await send(shop, shop.ann, { id: 'p', collects: 'a', amount: '10.00' });
    await expect(take(shop, shop[by], event)).rejects.toMatchObject({ details: [{ field: `events[0].${field}` }] });
  });
});

it('then the books are in order', async () => {
  expect(await checkInvariants(fixture.app)).toEqual([]);
});
