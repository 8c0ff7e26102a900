import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HOUR_MS } from '../../domain/durations.ts';
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

  async function payAndReconcile(name: 'paypal' | 'lob') {
    const attempt = fixture.attempt(name);
    await attempt.submit();
    await expect.poll(async () => (await attempt.read()).state).toBe('settled');
    const [from, to] = [new Date(Date.now() - HOUR_MS), new Date(Date.now() + 60_000)];
    await fixture.gateways[name].statement(fixture.payerAccounts[name], 'USD', from, to, AbortSignal.timeout(10_000));
  }

  it.each([
    { name: 'paypal' as const, file: 'paypal/payments_payouts_batch_v1.json', prefix: '', under: '/v1/payments' },
    { name: 'paypal' as const, file: 'paypal/reporting_transactions_v1.json', prefix: '', under: '/v1/reporting' },
    { name: 'lob' as const, file: 'lob/lob-api-bundled.yml', prefix: '/v1', under: '/v1/checks' },
  ])('when they go to $under of $name then they are as $file says', async ({ name, file, prefix, under }) => {
    const spec = await openSpec(file);
    sent.length = 0;
    await payAndReconcile(name);
    const { origin } = new URL(fixture.urls[name]);
    const ours = sent.filter(({ url }) => url.origin === origin && url.pathname.startsWith(under));
    expect(ours.length).toBeGreaterThan(0);
    for (const { method, url, body, headers, answer } of ours) {
      const path = url.pathname.slice(prefix.length);
      const operation = spec.router.matchOperation({ method, path, query: url.search, headers, body });
      const answered = spec.validateResponse(answer.body, operation?.operationId ?? '', answer.status);
      expect({ method, path, errors: answered.errors }).toEqual({ method, path, errors: null });
      const { valid, errors } = spec.validateRequest({ method, path, query: url.search, headers, body });
      expect({ method, path, valid, errors }).toEqual({ method, path, valid: true, errors: null });
    }
  });
});
