import { createHmac, randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
let secret: string;
let secretId: string;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  const { body } = await api.ask('POST', '/v1/sources/store/secrets', { body: {} });
  [secret, secretId] = [String(body['secret']), String(body['id'])];
});
afterAll(() => api.stop());

const sale = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '10.00',
  ...more,
});

type Wish = { by?: string; at?: number; source?: string; tamper?: string; headers?: Record<string, string> };

/** Sends a webhook as a library of Standard Webhooks signs it, written here from the specification. */
function send(
  payload: unknown,
  { by = secret, at = Date.now(), source = 'store', tamper = '', headers = {} }: Wish = {},
) {
  const body = JSON.stringify(payload);
  const [id, timestamp] = ['msg_1', String(Math.floor(at / 1000))];
  const key = Buffer.from(by.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return api.ask('POST', `/v1/sources/${source}/webhook`, {
    key: null,
    body: body + tamper,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${randomBytes(32).toString('base64')} v1,${signature}`,
      ...headers,
    },
  });
}
const stored = async (id: string) =>
  ((await api.ask('GET', `/v1/events?source=store&id=${id}`)).body['items'] as unknown[]).length;

describe('given a source with a secret', () => {
  it('when it signs an event, or several, then they are taken in, and again they are known', async () => {
    expect((await send(sale('a1'))).body).toMatchObject({
      results: [{ source: 'store', id: 'a1', status: 'accepted' }],
    });
    const both = { events: [sale('a1'), sale('a2', { source: 'store' })] };
    expect((await send(both)).body).toMatchObject({ results: [{ status: 'replayed' }, { status: 'accepted' }] });
    expect((await send(both)).body).toMatchObject({ results: [{ status: 'replayed' }, { status: 'replayed' }] });
  });

  it.each<{ why: string; wish: Wish }>([
    { why: 'another secret signed it', wish: { by: `whsec_${randomBytes(32).toString('base64')}` } },
    { why: 'it is six minutes old', wish: { at: Date.now() - 6 * 60_000 } },
    { why: 'it is six minutes from the future', wish: { at: Date.now() + 6 * 60_000 } },
    { why: 'its body was changed', wish: { tamper: ' ' } },
    { why: 'its id was changed', wish: { headers: { 'webhook-id': 'msg_2' } } },
    { why: 'its signature is of another version', wish: { headers: { 'webhook-signature': 'v1a,AAAA' } } },
    { why: 'its time is not a number', wish: { headers: { 'webhook-timestamp': 'now' } } },
    { why: 'it is for a source without a secret', wish: { source: 'other' } },
  ])('when $why then it is refused, and nothing is taken in', async ({ wish }) => {
    const answer = await send(sale('b1'), wish);
    expect([answer.status, answer.body['code'], await stored('b1')]).toEqual([401, 'webhook_not_genuine', 0]);
  });

  it('when one event is wrong, or of another source, then none is taken in, and the field is named', async () => {
    expect((await send({ events: [sale('c1'), sale('c2', { amount: '1.001' })] })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[1].amount' }],
    });
    expect((await send({ events: [sale('c1', { source: 'other' })] })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[0].source' }],
    });
    for (const payload of [null, [], 'x', {}, { events: [] }, { events: [sale('c1')], more: 1 }])
      expect((await send(payload)).status, JSON.stringify(payload)).toBe(400);
    expect(await stored('c1')).toBe(0);
  });

  it('when the secret is changed then both are in force until the old one is revoked', async () => {
    const own = `whsec_${randomBytes(24).toString('base64')}`;
    const added = await api.ask('POST', '/v1/sources/store/secrets', { body: { secret: own } });
    expect([added.status, added.body['secret']]).toEqual([201, own]);
    expect([(await send(sale('d1'))).status, (await send(sale('d2'), { by: own })).status]).toEqual([200, 200]);
    expect((await api.ask('DELETE', `/v1/sources/store/secrets/${secretId}`)).status).toBe(200);
    expect([(await send(sale('d3'))).status, (await send(sale('d4'), { by: own })).status]).toEqual([401, 200]);
    const { items } = (await api.ask('GET', '/v1/sources/store/secrets')).body as { items: object[] };
    expect(items).toMatchObject([{ id: secretId }, { revokedAt: null }]);
    expect(JSON.stringify(items)).not.toContain(own);
  });
});

describe('given somebody who sets a secret', () => {
  it.each(['', 'whsec_', 'whsec_AAAA', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${'!'.repeat(40)}`])(
    'when it is %j then it is refused',
    async (wrong) => {
      const { body } = await api.ask('POST', '/v1/sources/fussy/secrets', { body: { secret: wrong } });
      expect(body).toMatchObject({ status: 400, errors: [{ field: 'secret' }] });
    },
  );

  it('when a source has five then a sixth is refused', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1)
      statuses.push((await api.ask('POST', '/v1/sources/many/secrets', { body: {} })).status);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 400]);
  });

  it('when the secret of another source is revoked then there is no such secret', async () => {
    expect((await api.ask('DELETE', `/v1/sources/other/secrets/${secretId}`)).status).toBe(404);
    const { key } = await api.newKey('preparer');
    expect((await api.ask('POST', '/v1/sources/store/secrets', { key, body: {} })).status).toBe(403);
  });
});
