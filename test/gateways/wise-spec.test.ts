import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HOUR_MS } from '../../domain/durations.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openFixture, type Fixture } from './fixture.ts';
import { hasSpec, openSpec } from './specs.ts';

const FILE = 'wise/wise-platform-openapi.yml';
if (!hasSpec(FILE)) console.warn(`SKIPPED: ${FILE} is missing, so nothing on the wire is compared with it.`);

type Sent = { method: string; url: URL; body: unknown; answer: { status: number; body: unknown } };

describe.runIf(hasSpec(FILE))('given what we and the sandbox say to each other as Wise and its client', () => {
  const sent: Sent[] = [];
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture({
      async fetch(input, init) {
        const answer = await fetch(input, init);
        const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
        const url = new URL(input instanceof Request ? input.url : input);
        sent.push({
          method: init?.method ?? 'GET',
          url,
          body,
          answer: { status: answer.status, body: await answer.clone().json() },
        });
        return answer;
      },
    });
    const attempt = fixture.attempt('wise');
    await attempt.submit();
    await eventually('it is sent', async () => (await attempt.read()).state === 'sent');
    const [from, to] = [new Date(Date.now() - HOUR_MS), new Date(Date.now() + 60_000)];
    await fixture.gateways.wise.statement(fixture.payerAccounts.wise, 'USD', from, to, AbortSignal.timeout(10_000));
  });
  afterAll(() => fixture.close());

  it('then each request and each answer is as the published file says', async () => {
    const spec = await openSpec(FILE);
    expect(sent.length).toBeGreaterThan(0);
    for (const { method, url, body, answer } of sent) {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer token' };
      const request = { method, path: url.pathname, query: url.search, headers, body: body as Record<string, unknown> };
      const operation = spec.router.matchOperation(request);
      const errors = {
        request: spec.validateRequest(request).errors,
        answer: spec.validateResponse(answer.body, operation?.operationId ?? '', answer.status).errors,
      };
      expect({ method, path: url.pathname, ...errors }).toEqual({
        method,
        path: url.pathname,
        request: null,
        answer: null,
      });
    }
  });
});
