import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { addLine, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const paypal = { gateway: 'paypal', accountRef: 'PayPal', settings: {} };
  await api.ask('PUT', '/v1/payers/acme/gateways/paypal', { body: paypal });
  await api.ask('PATCH', '/v1/schedules/monthly', { body: { minimums: [{ currency: 'USD', amount: '100.00' }] } });
  for (const partner of ['ann', 'bob']) await addLine(api.db, partner, 6200, '2026-01-05');
  const Id = z.object({ id: z.bigint() });
  ({ key } = await api.newKey(
    'partner',
    await api.db.oneFirst(sql.type(Id)`select id from partner where code = 'ann'`),
  ));
});
afterAll(() => api.stop());

const agree = (amount: string | null, currency = 'USD') =>
  api.ask('PUT', `/v1/partners/ann/minimums/${currency}`, { body: { amount, reason: 'A long partnership' } });
const outcomeOf = async (code: string) => {
  const { body } = await api.ask('GET', `/v1/partners/${code}/payability`);
  return (body['items'] as { outcome: string }[])[0]?.outcome;
};

describe('given a schedule that pays from 100.00 USD on, and two partners with 62.00 USD', () => {
  it('when a smaller minimum is agreed with one then only this one is paid, until it ends', async () => {
    expect(await outcomeOf('ann')).toBe('below_minimum');
    expect(await agree('50.00')).toMatchObject({
      status: 200,
      body: {
        minimums: [
          {
            currency: 'USD',
            amount: '50.00',
            reason: 'A long partnership',
            recordedBy: api.operator.actor.code,
            recordedAt: expect.any(String),
          },
        ],
      },
    });
    expect([await outcomeOf('ann'), await outcomeOf('bob')]).toEqual(['paid', 'below_minimum']);
    expect((await agree(null)).body).toEqual({ minimums: [] });
    expect(await outcomeOf('ann')).toBe('below_minimum');
  });

  it('then a minimum in another currency changes nothing', async () => {
    await agree('0.00', 'EUR');
    expect(await outcomeOf('ann')).toBe('below_minimum');
  });

  it('then anything but an amount of the currency is refused, with the field named', async () => {
    expect(await agree('1.005')).toMatchObject({ status: 400, body: { errors: [{ field: 'amount' }] } });
    expect((await agree('-1.00')).status).toBe(400);
    expect((await agree('1.00', 'XXX')).status).toBe(400);
  });

  it('then partners read their own minimums alone, and agree none', async () => {
    expect((await api.ask('GET', '/v1/partners/ann/minimums', { key })).status).toBe(200);
    expect((await api.ask('GET', '/v1/partners/bob/minimums', { key })).status).toBe(404);
    const body = { amount: '0.00', reason: 'Please' };
    expect((await api.ask('PUT', '/v1/partners/ann/minimums/USD', { key, body })).status).toBe(403);
  });
});
