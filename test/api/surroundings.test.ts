import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';

import { serve } from '@hono/node-server';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Api, setUpShop, startApi } from './api.ts';

let api: Api;
let written = '';
beforeAll(async () => {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  // Nothing listens there, so that what needs Temporal sees it down.
  const temporal = new Client({ connection: Connection.lazy({ address: '127.0.0.1:9' }) });
  api = await startApi({ temporal, log: pino({}, sink) });
});
afterAll(() => api.stop());

describe('given a Temporal that does not answer', () => {
  it('then the process is up, and not ready, and says which of its servers is down', async () => {
    expect((await api.ask('GET', '/healthz')).status).toBe(200);
    const ready = await api.ask('GET', '/readyz');
    expect([ready.status, ready.body]).toEqual([503, { database: 'up', temporal: 'down', mail: 'up' }]);
  });

  it('when events come then they are taken in all the same', async () => {
    await setUpShop(api);
    const event = {
      source: 's',
      id: '1',
      program: 'shop',
      partner: 'ann',
      kind: 'sale',
      occurredAt: '2026-03-01T10:00:00Z',
    };
    const answer = await api.ask('POST', '/v1/events', {
      body: { events: [{ ...event, currency: 'USD', amount: '1.00' }] },
    });
    expect(answer.body).toMatchObject({ results: [{ source: 's', id: '1', status: 'accepted' }] });
  });
});

describe('given a query with a parameter that the call does not know', () => {
  it.each([
    { path: '/v1/events?prgram=shop', field: 'prgram' },
    { path: '/v1/partners?limit=1&colour=red', field: 'colour' },
    { path: '/v1/partners/ann?limit=1', field: 'limit' },
  ])('when $path is asked then it is refused by its name', async ({ path, field }) => {
    expect(await api.ask('GET', path)).toMatchObject({
      status: 400,
      body: { code: 'invalid_input', errors: [{ field, reason: 'is not known here' }] },
    });
  });
});

describe('given a request with secrets and names in it', () => {
  it('then the log has its route, status and ids, and nothing of what was said', async () => {
    const answer = await api.ask('POST', '/v1/partners/ann/instruments', {
      body: {
        method: 'bank',
        holder: 'Canary Holder',
        currency: 'EUR',
        country: 'DE',
        details: { type: 'iban', legalType: 'PRIVATE', IBAN: 'DE89 3704 0044 0532 0130 00' },
      },
    });
    expect(answer.body).toMatchObject({ last4: '3000', method: 'bank' });
    const line = written.split('\n').find((text) => text.includes('POST /v1/partners/{code}/instruments'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      status: 201,
      requestId: answer.headers.get('x-request-id'),
      actorId: api.operator.actor.id,
    });
    for (const canary of ['Canary', '3704', api.operator.key, 'ann@example.com', 'Partner ann'])
      expect(written).not.toContain(canary);
  });
});

describe('given the reference page', () => {
  it('then it loads nothing from elsewhere', async () => {
    const page = await api.ask('GET', '/docs');
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(loaded.length).toBeGreaterThan(2);
    for (const url of loaded)
      expect([url, (await api.ask('GET', url)).status]).toEqual([expect.stringMatching(/^\//), 200]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('then its document says OpenAPI 3.1, who may ask, and what every POST needs', async () => {
    const { body } = await api.ask('GET', '/openapi.json');
    expect(body).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/v1/runs': {
          post: { 'x-roles': ['preparer'], parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }] },
        },
      },
      components: { parameters: { IdempotencyKey: { name: 'Idempotency-Key', required: true } } },
    });
  });
});

describe('given a request whose headers are larger than 16 KiB', () => {
  it('then the HTTP server itself refuses it, as the document says of every operation', async () => {
    const server = serve({ fetch: api.app.fetch, port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { 'x-large': 'a'.repeat(20_000) } });
    expect(answer.status).toBe(431);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('given the headers of an answer', () => {
  it('then browsers of other origins may not read it', async () => {
    const { headers } = await api.ask('GET', '/v1/payers', { headers: { origin: 'https://elsewhere.example' } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('given the id of a request', () => {
  const key = 'named-twice';
  const own = { 'x-request-id': 'of-the-caller', 'idempotency-key': key };
  const payer = { code: 'named', name: 'Named Ltd', country: 'US', currency: 'USD' };

  it.each([
    { what: 'a success', method: 'POST', path: '/v1/payers', body: payer, status: 201 },
    { what: 'the same answer again', method: 'POST', path: '/v1/payers', body: payer, status: 201 },
    { what: 'a refusal', method: 'GET', path: '/v1/payers/nobody', status: 404 },
    { what: 'an address that does not exist', method: 'GET', path: '/nothing', status: 404 },
    { what: 'a method that does not exist', method: 'DELETE', path: '/v1/payers', status: 405 },
    { what: 'a page', method: 'GET', path: '/docs', status: 200 },
  ])('when the answer is $what then it has an id of ours', async ({ method, path, body, status }) => {
    const answer = await api.ask(method, path, { ...(body && { body }), headers: own });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('when a problem is answered then it names the id', async () => {
    const answer = await api.ask('GET', '/v1/payers/nobody');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body['instance']).toBe(`urn:bursar:request:${answer.headers.get('x-request-id')}`);
  });
});
