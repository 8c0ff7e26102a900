import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { HOUR_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import { type Call, createHttp, json, retryAfterMs } from '../../gateways/http.ts';
import { Decimal, exactNumber, readJson, writeJson } from '../../gateways/json.ts';

const SECRET = 'Bearer do-not-print';
const call = (path: string): Call<{ amount: string }> => ({
  method: 'POST',
  path,
  body: '{"payee":"Paula Partner"}',
  read: json(z.object({ amount: Decimal })),
  signal: AbortSignal.timeout(5_000),
});

describe('given a response from a provider', () => {
  let server: Server;
  let answer: RequestListener = (_, response) => void response.end();
  let baseUrl = '';
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (url = baseUrl) =>
    createHttp({ provider: 'Acme', baseUrl: url, authorize: async () => SECRET, traceHeader: 'x-trace' });

  const outcomeOf = (url = baseUrl) =>
    open(url)(call('/pay')).then(
      ({ kind }) => kind,
      ({ code }: Failure) => code,
    );

  it.each([
    { status: 200, body: '{"amount":1.10}', outcome: 'done', because: 'it is as documented' },
    { status: 201, body: '{"amount":"1.10"}', outcome: 'done', because: 'a decimal may be written as text' },
    { status: 200, body: '{"amount":1.1', outcome: 'unclear', because: 'it is cut off' },
    { status: 200, body: '', outcome: 'unclear', because: 'it is empty' },
    { status: 200, body: '{"sum":1}', outcome: 'unclear', because: 'it is not as documented' },
    { status: 200, body: '<html>ok</html>', outcome: 'unclear', because: 'it comes from a proxy' },
    { status: 302, body: '', outcome: 'unclear', because: 'a redirect is never followed with a payment' },
    { status: 400, body: '{"code":"no"}', outcome: 'refused', because: 'the provider refused it' },
    {
      status: 403,
      body: '<html>no</html>',
      outcome: 'unclear',
      because: 'a proxy refused it, perhaps on the way back',
    },
    { status: 404, body: '{}', outcome: 'refused', because: 'the provider has no such object' },
    { status: 408, body: '', outcome: 'unclear', because: 'the provider may already be working on it' },
    { status: 409, body: '{}', outcome: 'unclear', because: 'the first request may be in progress' },
    { status: 422, body: '{}', outcome: 'refused', because: 'the provider refused it' },
    { status: 401, body: '{}', outcome: 'gateway_refused', because: 'our key is not valid' },
    { status: 429, body: '{}', outcome: 'gateway_rate_limited', because: 'it was not processed' },
    { status: 500, body: '{}', outcome: 'unclear', because: 'it may have failed after the payment' },
    { status: 503, body: '', outcome: 'unclear', because: 'it may have failed after the payment' },
  ])('when it is $status $body then it is $outcome: $because', async ({ status, body, outcome }) => {
    answer = (_, response) => void response.writeHead(status, { location: '/elsewhere' }).end(body);
    expect(await outcomeOf()).toBe(outcome);
  });

  it('when no server is listening then nothing was sent', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    expect(await outcomeOf(`http://127.0.0.1:${port}`)).toBe('gateway_not_sent');
  });

  it('when the host name does not exist then nothing was sent', async () => {
    const http = createHttp({
      provider: 'Acme',
      baseUrl: 'http://acme.invalid',
      authorize: async () => SECRET,
      traceHeader: 'x-trace',
      fetch: () =>
        Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })),
    });
    await expect(http(call('/pay'))).rejects.toMatchObject({ code: 'gateway_not_sent' });
  });

  const broken = (cause: Error) =>
    createHttp({
      provider: 'Acme',
      baseUrl: 'http://acme.invalid',
      authorize: async () => SECRET,
      traceHeader: 'x-trace',
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause })),
    })(call('/pay')).then(
      ({ kind }) => kind,
      ({ code }: Failure) => code,
    );
  const error = (code: string, syscall?: string) =>
    Object.assign(new Error(code), { code, ...(syscall && { syscall }) });

  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'UND_ERR_CONNECT_TIMEOUT',
    'CERT_HAS_EXPIRED',
    'CERT_REVOKED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ])('when the connection fails with %s then nothing was sent', async (code) => {
    expect(await broken(error(code))).toBe('gateway_not_sent');
  });

  it.each([
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'EPROTO',
    'EWHATEVER',
  ])('when the connection fails with %s then the request may have arrived', async (code) => {
    expect(await broken(error(code))).toBe('unclear');
  });

  it.each([
    { errors: [error('ETIMEDOUT', 'connect'), error('ENETUNREACH', 'connect')], outcome: 'gateway_not_sent' },
    { errors: [error('ETIMEDOUT', 'connect'), error('ETIMEDOUT', 'read')], outcome: 'unclear' },
    { errors: [], outcome: 'unclear' },
  ])(
    'when $errors.length addresses were tried then it is $outcome: one reachable address is enough',
    async ({ errors, outcome }) => {
      expect(await broken(Object.assign(new AggregateError(errors), { code: 'ETIMEDOUT' }))).toBe(outcome);
    },
  );

  it('when the call reaches its time limit then the request may have arrived', async () => {
    expect(await broken(new DOMException('The operation timed out', 'TimeoutError'))).toBe('unclear');
  });

  it('when the server does not speak TLS then nothing was sent', async () => {
    answer = (_, response) => void response.end('{"amount":1}');
    expect(await outcomeOf(baseUrl.replace('http:', 'https:'))).toBe('gateway_not_sent');
  });

  it.each<{ headers: Record<string, string>; waitMs: number }>([
    { headers: { 'retry-after': '7' }, waitMs: 7_000 },
    { headers: { 'x-rate-limit-reset': String(Math.ceil(Date.now() / 1000) - 60) }, waitMs: 1_000 },
    { headers: { 'retry-after': '7', 'x-rate-limit-reset': '99999999999' }, waitMs: 7_000 },
    { headers: { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, waitMs: 1_000 },
    { headers: { 'retry-after': '999999999' }, waitMs: HOUR_MS },
    { headers: {}, waitMs: 5_000 },
  ])(
    'when it is 429 with $headers then the next try waits that long, at least a second and at most an hour',
    async ({ headers, waitMs }) => {
      answer = (_, response) => void response.writeHead(429, { ...headers, 'x-rate-limited-by': 'client' }).end();
      const failure = (await open()(call('/pay')).catch((thrown: Failure) => thrown)) as Failure;
      expect(retryAfterMs(failure)).toBe(waitMs);
      expect(failure.message).toContain('(client)');
    },
  );

  it('when the provider takes an id of ours then each call has one, also the second call with a new token, and we keep it', async () => {
    const seen: unknown[] = [];
    answer = (request, response) => {
      seen.push(request.headers['x-correlation']);
      response.writeHead(seen.length === 1 ? 401 : 500).end();
    };
    const http = createHttp({
      provider: 'Acme',
      baseUrl,
      authorize: async (refused) => (refused ? 'Bearer second' : 'Bearer first'),
      traceHeader: 'x-trace',
      correlationHeader: 'x-correlation',
    });
    const { evidence } = await http(call('/pay'));
    expect(seen).toEqual([evidence['correlation'], evidence['correlation']]);
    expect((await http(call('/pay'))).evidence['correlation']).not.toBe(seen[0]);
  });

  it('when it is refused or unclear then our evidence and errors contain neither the key nor the payee', async () => {
    answer = (_, response) => void response.writeHead(500, { 'x-trace': 'T-1' }).end('{"payee":"Paula Partner"}');
    const unclear = await open()(call('/pay'));
    expect(unclear.evidence).toMatchObject({ status: 500, trace: 'T-1' });
    answer = (_, response) => void response.writeHead(429).end('Paula Partner');
    const failure = await open()(call('/pay')).catch((thrown: Failure) => thrown);
    const said = JSON.stringify([unclear, failure, (failure as Failure).message]);
    expect(said).not.toContain('Paula');
    expect(said).not.toContain('do-not-print');
  });
});

describe('given amounts in JSON', () => {
  it('when they are read and written then no digit changes, however large they are', () => {
    const text = '{"amount":90071992547409.93,"id":9007199254740993,"rate":1.10}';
    expect(readJson(text)).toEqual({ amount: '90071992547409.93', id: '9007199254740993', rate: '1.10' });
    expect(writeJson({ amount: exactNumber('90071992547409.93') })).toBe('{"amount":90071992547409.93}');
  });

  it.each([
    ['1.5E7', '15000000'],
    ['15.25e+1', '152.5'],
    ['1234567.8E-2', '12345.678'],
    ['5E-3', '0.005'],
    ['-.50', '-0.50'],
    ['+7.10', '7.10'],
    ['0007', '7'],
    ['-0.0', '-0.0'],
  ])('when a provider writes %s then it is read as %s', (written, plain) => {
    expect(Decimal.parse(written)).toBe(plain);
  });

  it.each(['', '.', '1,000', '0x10', 'NaN', '1E999', '1 000', '--1', '1e'])(
    'when a provider writes "%s" then it is not a number',
    (written) => {
      expect(Decimal.safeParse(written).success).toBe(false);
    },
  );
});
