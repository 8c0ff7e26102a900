import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['bea']);
});
afterAll(() => api.stop());

const post = async (path: string, body: object) => {
  const { status, text } = await api.ask('POST', path, { body });
  if (status >= 300) throw new Error(`${path}: ${text}`);
};

const sale = (id: string, partner: string, more: object = {}) => ({
  source: 'store',
  id,
  program: 'shop',
  partner,
  kind: 'sale',
  occurredAt: '2026-05-02T12:00:00Z',
  currency: 'USD',
  amount: '100.00',
  ...more,
});

describe('given sales that wait for a rung, and others whose partner was not eligible', () => {
  beforeAll(async () => {
    await api.ask('PATCH', '/v1/programs/shop/intake', { body: { exactAmounts: true } });
    const incentives = [
      { id: 'silver', when: { partner: { facts: { tier: ['silver'] } } }, pay: { rule: 'percent', percent: '10' } },
    ];
    await post('/v1/programs/shop/plans', { code: 'tiered', terms: { ...TERMS, incentives } });
    const agreements = [{ program: 'shop', plan: 'tiered', startsOn: '2026-01-01' }];
    await post('/v1/partners', { code: 'ann', name: 'Ann', kind: 'affiliate', country: 'US', agreements });
    await post('/v1/partners/ann/facts', { key: 'certification', value: 'net-1', from: '2026-01-01' });
    const terms = { currency: 'USD', window: 'quarter', rungs: [{ from: '0', value: 'bronze' }] };
    await post('/v1/programs/shop/ladders/tier', { from: '2026-01-01', terms, reason: 'Program guide' });
    const eligibility = { needs: [{ key: 'certification', anyOf: ['net-1'] }], onIneligible: 'park' };
    await api.ask('PUT', '/v1/programs/shop/eligibility', { body: { partnerKinds: [], eligibility } });
    const revised = sale('early', 'ann', { amount: '120.00', revision: 2 });
    await post('/v1/events', { events: [sale('early', 'ann'), sale('lapsed', 'bea', { amount: '30.004' })] });
    await accrueAll(api.db, 'shop');
    await post('/v1/events', { events: [revised] });
    await accrueAll(api.db, 'shop');
  });

  it('when a run is drafted then it says how much waits, in its last revision, for whom and why', async () => {
    const { key } = await api.newKey('preparer');
    const run = await api.ask('POST', '/v1/runs', { key, body: { schedule: 'monthly', upTo: '2026-09-15' } });
    const id = String(run.body['id']);
    expect((await api.ask('GET', `/v1/runs/${id}`)).body).toMatchObject({
      eventsWithoutRung: [{ currency: 'USD', count: 1, amount: '120.00' }],
      ineligibleEvents: [{ currency: 'USD', count: 1, amount: '30.004' }],
    });
    await api.db.query(sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons)
      select ${id}, id, 'USD', 'nothing_due', 0, '[]' from partner`);
    const { items } = (await api.ask('GET', `/v1/runs/${id}/outcomes`)).body as { items: Record<string, unknown>[] };
    const listed = (await api.ask('GET', '/v1/programs/shop/ineligible-events')).body['items'];
    expect(listed).toMatchObject([{ id: 'lapsed', amount: '30.004' }]);
    const of = (code: string) => items.find(({ partner }) => partner === code);
    expect(of('ann')).toMatchObject({
      eventsWithoutRung: [{ source: 'store', id: 'early', amount: '120.00', rung: 'tier 2026-04-01' }],
      ineligibleEvents: [],
    });
    expect(of('bea')).toMatchObject({
      eventsWithoutRung: [],
      ineligibleEvents: [{ id: 'lapsed', amount: '30.004', reason: 'needs certification net-1 on 2026-05-02' }],
    });
  });

  it('when a partner is not paid yet then the answer says how much waits and why', async () => {
    const waiting = async (partner: string) =>
      (await api.ask('GET', `/v1/partners/${partner}/payability`)).body['waitingEvents'];
    expect(await waiting('ann')).toMatchObject([
      { schedule: 'monthly', waitsFor: 'ladder', currency: 'USD', count: 1, amount: '120.00' },
    ]);
    expect(await waiting('bea')).toMatchObject([
      { waitsFor: 'eligibility', count: 1, amount: '30.004', words: expect.stringContaining('not eligible') },
    ]);
  });
});
