import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  const other = { code: 'other', name: 'Other Ltd', country: 'US', currency: 'USD', address: ADDRESS };
  await api.ask('POST', '/v1/payers', { body: other });
  await api.ask('PATCH', '/v1/payers/acme', { body: { address: ADDRESS } });
});
afterAll(() => api.stop());

const ADDRESS = { line1: '1 Main Street', city: 'Springfield', region: 'IL', postalCode: '62701', country: 'US' };

type Wish = { accountNumber?: string; accountRef?: string; checkNumberNext?: number; dormancyYears?: number };

const drawOn = (payer: string, { accountNumber = '11112222', accountRef = 'main', ...more }: Wish): Promise<Answer> =>
  api.ask('PUT', `/v1/payers/${payer}/gateways/check`, {
    body: {
      gateway: 'printed-check',
      accountRef,
      settings: { accountNumber, routingNumber: '021000021', bankName: 'First Bank' },
      ...more,
    },
  });
const spoil = (from: number, to: number, payer = 'acme'): Promise<Answer> =>
  api.ask('POST', `/v1/payers/${payer}/checks/spoiled`, { body: { from, to, reason: 'the printer ate them' } });
const list = async (query = ''): Promise<{ number: string; account: string; state: string }[]> =>
  (JSON.parse((await api.ask('GET', `/v1/checks${query}`)).text) as { items: never[] }).items;

describe('given the account that a payer draws checks on', () => {
  it('when nobody says where its numbers begin then it is refused', async () => {
    const refused = await drawOn('acme', {});
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('checkNumberNext')]);
  });

  it('when it is set under another name then its numbers go on, and nobody can let them leap', async () => {
    expect((await drawOn('acme', { checkNumberNext: 100 })).status).toBe(200);
    expect((await spoil(100, 101)).status).toBe(201);
    expect((await drawOn('acme', { accountRef: 'renamed', checkNumberNext: 1 })).status).toBe(200);
    expect((await spoil(101, 102)).status).toBe(409);
    const leap = await drawOn('acme', { checkNumberNext: 500 });
    expect([leap.status, leap.text]).toEqual([400, expect.stringContaining('spoiled')]);
  });

  it('when another payer claims it then that one is refused', async () => {
    expect((await drawOn('other', { checkNumberNext: 100 })).status).toBe(409);
    expect((await spoil(1, 2, 'other')).status).toBe(404);
  });
});

describe('given the register', () => {
  it('when it is read then each number is there in its order, with the name of the account and no digit of it', async () => {
    const checks = await list('?payer=acme&state=spoiled');
    expect(checks.map(({ number }) => number)).toEqual(['100', '101']);
    expect(JSON.stringify(checks)).not.toContain('11112222');
    expect(await list('?number=101')).toMatchObject([{ account: 'renamed', state: 'spoiled' }]);
    expect(await list('?payer=other')).toEqual([]);
  });

  it.each([
    { wrong: 'before the first number', from: 99, to: 100 },
    { wrong: 'backwards', from: 120, to: 119 },
    { wrong: 'more than anybody can have lost', from: 200, to: 20_000 },
  ])('when numbers are recorded that are $wrong then none is', async ({ from, to }) => {
    expect((await spoil(from, to)).status).toBe(400);
    expect(await list('?state=spoiled')).toHaveLength(2);
  });

  it('when a payout has no check then there is none to stop', async () => {
    const none = '/v1/payouts/00000000-0000-4000-8000-000000000000/check';
    expect((await api.ask('GET', none)).status).toBe(404);
    expect((await api.ask('POST', `${none}/stop`, { body: { reason: 'lost' } })).status).toBe(404);
  });
});
