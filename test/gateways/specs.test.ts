import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HOUR_MS } from '../../domain/durations.ts';
import { eventually } from '../fixtures/eventually.ts';
import { hasSpecs, openSpec, warnWithoutSpecs } from './specs.ts';
import { openFixture, type Fixture } from './fixture.ts';

warnWithoutSpecs('nothing on the wire is compared with them');

type Sent = {
  method: string;
  url: URL;
  body: unknown;
  headers: Record<string, string>;
  answer: { status: number; body: unknown };
};

describe.runIf(hasSpecs)('given the requests that we send', () => {
  const sent: Sent[] = [];
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture({
      fetch: async (input, init) => {
        const headers = Object.fromEntries(new Headers(init?.headers));
        const isJson = headers['content-type'] === 'application/json';
        const body: unknown = isJson && typeof init?.body === 'string' ? JSON.parse(init.body) : init?.body;
        const answer = await fetch(input, init);
        const text = await answer.clone().text();
        sent.push({
          method: init?.method ?? 'GET',
          url: new URL(input instanceof Request ? input.url : input),
          body,
          headers,
          answer: { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text },
        });
        return answer;
      },
    });
  });
  afterAll(() => fixture.close());

  const signal = () => AbortSignal.timeout(20_000);

  /** Pays, looks up and reconciles in every way that we do, so that every call and every answer is seen. */
  async function play(name: 'paypal' | 'lob') {
    const attempt = fixture.attempt(name);
    await attempt.submit();
    await attempt.resolve();
    await eventually('it settles', async () => (await attempt.read()).state === 'settled');
    await fixture.control(name, 'outcomes', { match: '66.00', outcome: 'fail' });
    const failing = fixture.attempt(name, { amount: '66.00' });
    await failing.submit();
    await eventually('it fails', async () => (await failing.read()).state === 'failed');
    await (name === 'paypal' ? playBatch() : playStop());
    const [from, to] = [new Date(Date.now() - HOUR_MS), new Date(Date.now() + 60_000)];
    await fixture.gateways[name].statement(fixture.payerAccounts[name], 'USD', from, to, signal());
  }

  /** Many payments at once, named and read one by one. */
  async function playBatch() {
    const { paypal } = fixture.gateways;
    const orders = [fixture.order('paypal'), fixture.order('paypal')];
    const items = orders.map((order) => ({ key: order.key, request: paypal.freeze(order) }));
    const key = randomUUID();
    const request = paypal.batches?.freeze(key, items) ?? new Uint8Array();
    const total = { minor: 24_690n, currency: 'USD' as const };
    const batch = { key, request, reference: null, step: null, submittedAt: new Date(), total, itemCount: 2 };
    const named: { reference: string; step: string }[] = [];
    const nothing = async () => undefined;
    const callbacks = {
      save: nothing,
      items: async () => [],
      saveItem: nothing,
      recordItem: nothing,
      nameItems: async (found: readonly { reference: string; step: string }[]) => void named.push(...found),
    };
    const reply = await paypal.batches?.submit(batch, callbacks, signal());
    await paypal.batches?.name({ ...batch, reference: reply?.reference ?? null }, callbacks, signal());
    const { stored } = fixture.attempt('paypal');
    for (const { reference, step } of named) await paypal.read({ ...stored, reference, step }, signal());
  }

  /** A check that Lob takes back. */
  async function playStop() {
    const attempt = fixture.attempt('lob');
    await attempt.submit();
    await fixture.gateways.lob.checkServices?.stop(attempt.stored, signal());
  }

  beforeAll(async () => {
    await play('paypal');
    await play('lob');
  }, 60_000);

  describe.each([
    { name: 'paypal' as const, file: 'paypal/payments_payouts_batch_v1.json', prefix: '', under: '/v1/payments' },
    { name: 'paypal' as const, file: 'paypal/reporting_transactions_v1.json', prefix: '', under: '/v1/reporting' },
    { name: 'lob' as const, file: 'lob/lob-api-bundled.yml', prefix: '/v1', under: '/v1/checks' },
  ])('to $under of $name', ({ name, file, prefix, under }) => {
    let spec: Awaited<ReturnType<typeof openSpec>>;
    beforeAll(async () => {
      spec = await openSpec(file);
    });
    const calls = () => {
      const { origin } = new URL(fixture.urls[name]);
      return sent.filter(({ url }) => url.origin === origin && url.pathname.startsWith(under));
    };
    const requestOf = ({ method, url, body, headers }: Sent) => ({
      method,
      path: url.pathname.slice(prefix.length),
      query: url.search,
      headers,
      body: body as Record<string, unknown>,
    });

    it('then each of our requests is as the published file says', () => {
      expect(calls().length).toBeGreaterThan(0);
      for (const call of calls()) {
        const request = requestOf(call);
        const { valid, errors } = spec.validateRequest(request);
        expect({ path: request.path, valid, errors }).toEqual({ path: request.path, valid: true, errors: null });
      }
    });

    it('then each answer of the sandbox is as the published file says, whatever we sent', () => {
      for (const call of calls()) {
        const request = requestOf(call);
        const operation = spec.router.matchOperation(request);
        const { status, body } = call.answer;
        const { errors } = spec.validateResponse(body, operation?.operationId ?? '', status);
        expect({ path: request.path, status, errors }).toEqual({ path: request.path, status, errors: null });
      }
    });
  });
});
