import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { createApiClient, problemIn } from '../../scripts/client.ts';

type Asked = { method: string; url: string; key: string; idempotencyKey: string; body: string };
type Reply = (response: ServerResponse) => void;

const json =
  (status: number, body: unknown): Reply =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const hangUp: Reply = (response) => response.destroy();

let close = (): unknown => undefined;
afterEach(() => close());

/** An API that gives the replies in order, and what it was asked. */
async function openApi(replies: Reply[]) {
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await Array.fromAsync(request)).join('');
    const { authorization: key = '', 'idempotency-key': idempotencyKey = '' } = request.headers;
    asked.push({
      method: request.method ?? '',
      url: request.url ?? '',
      key,
      idempotencyKey: String(idempotencyKey),
      body,
    });
    replies.shift()?.(response);
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => server.close();
  return { api: createApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'bsk_1'), asked };
}

describe('given a client of the API', () => {
  it('when a path has parameters then they are put into it, and the key is sent', async () => {
    const { api, asked } = await openApi([json(200, { id: 'a/b' })]);
    expect(await api.get('/v1/payouts/{id}', { params: { path: { id: 'a/b' } } })).toEqual({ id: 'a/b' });
    expect(asked).toMatchObject([{ method: 'GET', url: '/v1/payouts/a%2Fb', key: 'Bearer bsk_1', idempotencyKey: '' }]);
  });

  it('when the connection breaks then a POST is repeated with the same Idempotency-Key and body', async () => {
    const { api, asked } = await openApi([hangUp, json(201, { id: 'r1' })]);
    await api.post('/v1/runs', { body: { schedule: 'monthly', periodEnd: '2026-03-01' } });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('when the caller names the Idempotency-Key then that one is sent', async () => {
    const { api, asked } = await openApi([json(201, {})]);
    await api.post('/v1/gateways/{name}/resume', { params: { path: { name: 'wise' } }, idempotencyKey: 'mine' });
    expect(asked).toMatchObject([{ idempotencyKey: 'mine', body: '' }]);
  });

  it('when a list has several pages then all of them are read', async () => {
    const { api, asked } = await openApi([
      json(200, { items: [{ id: '1' }], nextCursor: 'next' }),
      json(200, { items: [{ id: '2' }], nextCursor: null }),
    ]);
    expect(await api.all('/v1/runs', { params: { query: { schedule: 'monthly' } } })).toEqual([
      { id: '1' },
      { id: '2' },
    ]);
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/runs?schedule=monthly&limit=200',
      '/v1/runs?schedule=monthly&limit=200&cursor=next',
    ]);
  });

  it.each([
    {
      what: 'a problem',
      reply: json(409, {
        status: 409,
        code: 'not_found',
        title: 'T',
        detail: 'D',
        errors: [{ field: 'f', reason: 'r' }],
      }),
      message: 'GET /v1/runs: 409 D; f r',
      code: 'not_found',
    },
    {
      what: 'something else than a problem',
      reply: ((response) => response.writeHead(502).end('Bad gateway')) satisfies Reply,
      message: 'GET /v1/runs: 502 Bad gateway',
      code: 'unknown',
    },
  ])('when the answer is $what then the error says it', async ({ reply, message, code }) => {
    const { api } = await openApi([reply]);
    const error: unknown = await api.get('/v1/runs').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message });
    expect(problemIn(error)).toMatchObject({ code });
  });
});
