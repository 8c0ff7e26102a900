import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../../db/partners/partners.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob', 'dora', 'eve']);
});
afterAll(() => api.stop());

const put = (partner: string, parent: string | null, from: string, more: object = {}) =>
  api.ask('PUT', `/v1/partners/${partner}/parent`, { body: { parent, from, reason: 'Contract', ...more } });
const read = async (path: string) => (await api.ask('GET', path)).body['items'];

describe('given partners of two levels', () => {
  it('when parents are recorded then a later record supersedes the earlier ones about its days, and all are kept', async () => {
    expect(await put('ann', 'dora', '2026-01-01')).toMatchObject({
      status: 200,
      body: {
        parent: 'dora',
        from: '2026-01-01',
        until: null,
        eventsWorkedOut: 0,
        recordedBy: api.operator.actor.code,
      },
    });
    await put('ann', 'eve', '2026-03-01', { until: '2026-04-01' });
    await put('ann', null, '2026-06-01');
    expect(await read('/v1/partners/ann/parent')).toEqual([
      { parent: 'dora', from: '2026-01-01', until: '2026-03-01' },
      { parent: 'eve', from: '2026-03-01', until: '2026-04-01' },
      { parent: 'dora', from: '2026-04-01', until: '2026-06-01' },
    ]);
    expect(await read('/v1/partners/ann/parent/history')).toMatchObject([
      { parent: 'dora', reason: 'Contract' },
      { parent: 'eve', until: '2026-04-01' },
      { parent: null, from: '2026-06-01' },
    ]);
  });

  it('when events of its days are worked out then the answer counts them, also those of partners below', async () => {
    await put('bob', 'ann', '2026-01-01');
    for (const partner of ['ann', 'bob'])
      await api.ask('POST', '/v1/events', {
        body: {
          events: [
            {
              source: 'shop',
              id: `sale-${partner}`,
              program: 'shop',
              partner,
              kind: 'sale',
              occurredAt: '2026-02-10T12:00:00Z',
              currency: 'USD',
              amount: '100.00',
            },
          ],
        },
      });
    await accrueAll(api.db, 'shop');
    expect((await put('ann', 'eve', '2026-02-01', { until: '2026-03-01' })).body['eventsWorkedOut']).toBe(2);
    expect((await put('ann', 'dora', '2026-02-11', { until: '2026-03-01' })).body['eventsWorkedOut']).toBe(0);
  });

  it('when a partner above asks for their earnings then they see where each comes from, and nothing else of those below', async () => {
    const terms = {
      holdDays: 0,
      rounding: 'half-even',
      incentives: [
        { id: 'commission', pay: { rule: 'percent', percent: '10' } },
        { id: 'override', payTo: 'parent', pay: { rule: 'percent', percent: '2' } },
      ],
    };
    await api.ask('POST', '/v1/programs', { body: { code: 'tree', name: 'Tree', schedule: 'monthly' } });
    await api.ask('POST', '/v1/programs/tree/plans', { body: { code: 'reseller', terms } });
    const agreement = { program: 'tree', plan: 'reseller', startsOn: '2026-01-01' };
    await api.ask('POST', '/v1/partners/bob/agreements', { body: agreement });
    await put('bob', 'eve', '2026-01-01');
    const sale = { source: 'tree', id: 'sale-1', program: 'tree', partner: 'bob', kind: 'sale', currency: 'USD' };
    const event = { ...sale, amount: '700.00', occurredAt: '2026-02-10T12:00:00Z' };
    expect((await api.ask('POST', '/v1/events', { body: { events: [event] } })).status).toBeLessThan(300);
    await accrueAll(api.db, 'tree');
    const { key } = await api.newKey('partner', (await getPartner(api.db, 'eve')).id);
    const mine = (await api.ask('GET', '/v1/me/earnings', { key })).body['items'];
    expect(mine).toMatchObject([{ incentive: 'override', amount: '14.00', explanation: { inputs: { from: 'bob' } } }]);
    expect(JSON.stringify(mine)).not.toContain('70.00');
    for (const path of ['/v1/partners/bob/uncollected', '/v1/partners/bob/facts', '/v1/partners/bob/parent'])
      expect((await api.ask('GET', path, { key })).status, path).toBeGreaterThanOrEqual(403);
    await put('bob', 'ann', '2026-01-01');
  });

  it.each([
    { wrong: 'the partner', partner: 'dora', parent: 'dora', field: 'parent' },
    { wrong: 'a partner below', partner: 'dora', parent: 'bob', field: 'parent' },
  ])('when the parent is $wrong then it is refused and nothing is recorded', async ({ partner, parent, field }) => {
    const answer = await put(partner, parent, '2026-05-01');
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect(await read(`/v1/partners/${partner}/parent/history`)).toEqual([]);
  });

  it('when nobody has the code then it is not found, and days have an order', async () => {
    expect((await put('ann', 'nobody', '2026-01-01')).status).toBe(404);
    expect((await put('ann', 'dora', '2026-05-01', { until: '2026-05-01' })).body['errors']).toMatchObject([
      { field: 'until' },
    ]);
  });
});
