import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'cyd']);
});
afterAll(() => api.stop());

const shared = (id: string, weights: Record<string, string>, more: Record<string, unknown> = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner: Object.keys(weights)[0],
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '100.00',
  shares: Object.entries(weights).map(([partner, weight]) => ({ partner, weight })),
  ...more,
});
const refund = (id: string, refundOf: string, partner: string, amount: string) => {
  const { shares: _shares, ...event } = shared(id, { [partner]: '1' }, { amount });
  return { ...event, kind: 'refund', refundOf };
};

const send = (...events: object[]) => api.ask('POST', '/v1/events', { body: { events } });

/** The earnings of each partner by one event or what changed it, as each of them sees them. */
async function earned(...ids: string[]): Promise<Record<string, string[]>> {
  await accrueAll(api.db, 'shop');
  const seen: Record<string, string[]> = {};
  for (const code of ['ann', 'bob', 'cyd']) {
    const { key } = await api.newKey('partner', (await getPartner(api.db, code)).id);
    const { items } = (await api.ask('GET', '/v1/me/earnings?limit=200', { key })).body as {
      items: { eventId: string; amount: string; occurredAt: string }[];
    };
    seen[code] = items.filter(({ eventId }) => ids.includes(eventId)).map(({ amount }) => amount);
  }
  return seen;
}

describe('given a sale that several partners share', () => {
  it('then each earns by the part, and sees it', async () => {
    expect((await send(shared('thirds', { ann: '1', bob: '1', cyd: '1' }))).status).toBe(200);
    expect(await earned('thirds')).toEqual({ ann: ['3.33'], bob: ['3.33'], cyd: ['3.33'] });
    const { body } = await api.ask('GET', '/v1/events?partner=cyd&id=thirds');
    expect(body).toMatchObject({ items: [{ partner: 'ann', shares: [{ partner: 'ann', weight: '1' }, {}, {}] }] });
  });

  it('when a refund comes then the rest is split, whether it came before the sale or after it', async () => {
    await send(refund('early-back', 'early', 'ann', '40.00'));
    await accrueAll(api.db, 'shop');
    await send(shared('early', { ann: '75', bob: '25' }));
    await send(shared('late', { ann: '75', bob: '25' }));
    await accrueAll(api.db, 'shop');
    await send(refund('late-back', 'late', 'ann', '40.00'));
    const total = async (...ids: string[]) => {
      const seen = await earned(...ids);
      return Object.values(seen).map((all) => all.reduce((sum, one) => sum + Number(one), 0));
    };
    expect(await total('early', 'early-back')).toEqual([4.5, 1.5, 0]);
    expect(await total('late', 'late-back')).toEqual([4.5, 1.5, 0]);
  });

  it('when a correction gives a share to another partner then it is taken back from the one and earned by the other', async () => {
    await send(shared('moved', { ann: '1', bob: '1' }));
    await accrueAll(api.db, 'shop');
    await send(shared('moved', { ann: '1', cyd: '1' }, { revision: 2 }));
    expect(await earned('moved')).toEqual({ ann: ['0.00', '5.00'], bob: ['-5.00', '5.00'], cyd: ['5.00'] });
  });

  it.each([
    { why: 'is unknown', weights: { ann: '1', nobody: '1' }, reason: 'nobody is not known', more: {} },
    {
      why: 'has no agreement on the day',
      weights: { ann: '1', late: '1' },
      reason: 'late has no agreement in shop on 2026-03-01 (America/New_York)',
      more: {},
    },
  ])('when a partner $why then the share is named, and nothing goes in', async ({ weights, reason }) => {
    await api.ask('POST', '/v1/partners', {
      body: {
        code: 'late',
        name: 'Late',
        kind: 'affiliate',
        country: 'US',
        agreements: [{ program: 'shop', plan: 'standard', startsOn: '2026-06-01' }],
      },
    });
    expect((await send(shared('refused', weights))).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[0].shares[1].partner', reason }],
    });
  });

  it('when it comes again with other weights then it is quarantined', async () => {
    await send(shared('again', { ann: '1', bob: '1' }));
    const { body } = await send(shared('again', { ann: '1', bob: '1.0' }), shared('again', { ann: '1', bob: '2' }));
    expect(body).toMatchObject({ results: [{ status: 'replayed' }, { status: 'quarantined' }] });
  });

  it('when two corrections and a refund come at once then everybody ends up with the last state', async () => {
    await send(shared('race', { ann: '1', bob: '1' }));
    await accrueAll(api.db, 'shop');
    await Promise.all([
      send(shared('race', { ann: '1', bob: '1' }, { revision: 2, amount: '80.00' })),
      send(refund('race-back', 'race', 'ann', '50.00')),
      send(shared('race', { ann: '1', cyd: '1' }, { revision: 3 })),
    ]);
    const seen = await earned('race', 'race-back');
    expect(Object.values(seen).map((all) => all.reduce((sum, one) => sum + Number(one), 0))).toEqual([2.5, 0, 2.5]);
  });

  it('then the books hold', async () => {
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});
