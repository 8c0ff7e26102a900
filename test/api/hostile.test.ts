import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { openApiDocument } from '../../api/openapi.ts';
import { rolesFor } from '../../api/http/permissions.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { type Answer, type Api, setUpShop, startApi, TERMS } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const LONG = 'x'.repeat(100_000);

/** Values that nobody should send within a body; `undefined` leaves the field out. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.1,
  1e308,
  '',
  'a\0b',
  '\uD800',
  "'; drop table event; --",
  '9'.repeat(400),
  '2026-02-30',
  LONG,
  [],
  {},
  Array.from({ length: 2000 }, () => ({})),
];

/** Bodies that no route can read. */
const BODIES: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '1e400',
  '{"a":1e400}',
  '{"__proto__":{"role":"operator"}}',
  '{"constructor":{"prototype":{}}}',
  DEEP,
  `{"a":${DEEP}}`,
  '{"a":"\\ud800"}',
  '{"\\u0000":1}',
  new Uint8Array([0x7b, 0xff, 0x7d]),
  new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
];

/** Texts that nobody should put into a path or a query. */
const TEXTS = ['%00', '%ED%A0%80', '%', '..%2f..', 'x'.repeat(3000), "'%20or%201=1", randomUUID()];

const EVENT = {
  source: 's',
  id: 'h',
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  occurredAt: '2026-03-01T10:00:00Z',
  currency: 'USD',
  amount: '10.00',
};

/** A good body for every route that takes one; `*` stands for a new code each time. */
const GOOD: Readonly<Record<string, Record<string, unknown>>> = {
  'POST /v1/actors': { code: '*', name: 'Somebody', email: 'a@example.com' },
  'POST /v1/actors/{code}/grants': { role: 'auditor', expiresAt: '2099-01-01T00:00:00Z' },
  'POST /v1/grants/{id}/decision': { decision: 'confirm', note: 'x' },
  'POST /v1/payers': {
    code: '*',
    name: 'P',
    country: 'US',
    currency: 'USD',
    address: { line1: 'a', city: 'b', region: 'IL', postalCode: '62701', country: 'US' },
  },
  'PUT /v1/payers/{code}/gateways/{method}': {
    gateway: 'wise',
    accountRef: 'Wise',
    settings: { profileId: '1' },
  },
  'POST /v1/schedules': {
    code: '*',
    payer: 'acme',
    frequency: 'biweekly',
    weekday: 2,
    firstCutoff: '2026-12-01',
    zone: 'Europe/Berlin',
    payDays: 1,
    approvalsRequired: 1,
    scheduled: false,
    minimums: [{ currency: 'USD', amount: '1.00' }],
  },
  'PATCH /v1/schedules/{code}': {
    frequency: 'monthly',
    monthday: 1,
    zone: 'America/New_York',
    payDays: 2,
    scheduled: true,
    minimums: [{ currency: 'USD', amount: '1.00' }],
  },
  'POST /v1/programs': {
    code: '*',
    name: 'P',
    schedule: 'monthly',
    partnerKinds: ['agent'],
    eligibility: { needs: [{ key: 'tier', anyOf: ['gold'] }], territories: ['US'], exclusive: ['territory'] },
  },
  'PUT /v1/programs/{code}/eligibility': {
    partnerKinds: [],
    eligibility: { needs: [], territories: [], exclusive: [] },
  },
  'PUT /v1/programs/{code}/fact-grants': {
    grants: [{ kind: 'training', key: 'certification', value: 'net-1', months: 24 }],
  },
  'PUT /v1/fact-keys/{key}': { description: 'd', many: false, allowedValues: ['a', 'b'] },
  'POST /v1/partners/{code}/facts': {
    key: 'tier',
    value: 'gold',
    holds: true,
    from: '2026-01-01',
    until: '2027-01-01',
    reason: 'because',
  },
  'POST /v1/programs/{code}/plans': { code: '*', terms: TERMS },
  'POST /v1/programs/{code}/plans/{plan}/versions': { terms: TERMS, effectiveFrom: '2026-01-01T00:00:00Z' },
  'POST /v1/programs/{code}/plans/{plan}/versions/{version}/withdraw': { reason: 'because' },
  'POST /v1/partners': {
    code: '*',
    name: 'P',
    kind: 'agent',
    email: 'a@example.com',
    country: 'US',
    agreements: [{ program: 'shop', plan: 'standard', startsOn: '2026-01-01' }],
    facts: [{ key: 'tier', value: 'gold', from: '2026-01-01' }],
    instrument: {
      method: 'bank',
      holder: 'Partners',
      currency: 'EUR',
      country: 'DE',
      details: { type: 'iban', legalType: 'BUSINESS', IBAN: 'DE89370400440532013000' },
    },
  },
  'POST /v1/partners/batch': { partners: [{ code: '*', name: 'P', kind: 'agent', country: 'US' }] },
  'PATCH /v1/partners/{code}': { name: 'P', email: null, country: 'US' },
  'POST /v1/partners/{code}/hold': { reason: 'because' },
  'POST /v1/partners/{code}/release': { reason: 'because' },
  'POST /v1/partners/{code}/agreements': {
    program: 'shop',
    plan: 'standard',
    startsOn: '2026-01-01',
    endsOn: '2027-01-01',
    reason: 'because',
  },
  'PATCH /v1/partners/{code}/agreements/{program}': {
    plan: 'standard',
    from: '2026-03-01',
    startsOn: '2026-01-01',
    endsOn: null,
    reason: 'because',
  },
  'PUT /v1/partners/{code}/minimums/{currency}': { amount: '1.00', reason: 'because' },
  'POST /v1/partners/{code}/onboarding': { stage: 'trained', reachedOn: '2026-03-01', note: 'n' },
  'POST /v1/partners/{code}/instruments': {
    method: 'check',
    payee: 'P',
    address: { line1: 'a', city: 'b', region: 'IL', postalCode: '62701', country: 'US' },
  },
  'POST /v1/events': { events: [{ ...EVENT, amounts: { freight: '1.00' }, quantity: 1 }] },
  'POST /v1/runs': { schedule: 'monthly', periodEnd: '2026-03-01' },
  'POST /v1/runs/{id}/decision': { decision: 'approve', contentHash: 'a'.repeat(64), note: 'n' },
  'POST /v1/payouts/{id}/cut': { reason: 'because' },
  'POST /v1/payouts/{id}/hold': { reason: 'because' },
  'POST /v1/runs/{id}/pause': { reason: 'because' },
  'POST /v1/runs/{id}/resume': { reason: 'because' },
  'POST /v1/runs/{id}/cancel': { reason: 'because' },
  'POST /v1/gateways/{name}/pause': { reason: 'because' },
  'POST /v1/payouts/{id}/check/stop': { reason: 'because' },
  'POST /v1/payouts/{id}/check/stop/renew': { reason: 'because' },
  'POST /v1/payers/{code}/checks/spoiled': { from: 1, to: 2, reason: 'because' },
  'POST /v1/check-exceptions/{id}/decision': { decision: 'return', reason: 'because' },
};

const PATHS: Readonly<Record<string, string>> = {
  method: 'bank',
  currency: 'USD',
  key: 'rank',
  plan: 'standard',
  version: '99',
  program: 'shop',
  name: 'wise',
  id: randomUUID(),
  sender: 'wise',
};
const CODES: Readonly<Record<string, string>> = {
  payers: 'acme',
  schedules: 'monthly',
  programs: 'shop',
  partners: 'ann',
};

type Route = { route: string; path: string; parameters: readonly { name: string; in: string }[] };

function routesOf({ app }: Api): Route[] {
  const document = openApiDocument(app);
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      const parameters = (operation?.parameters ?? []) as Route['parameters'];
      return operation ? [{ route: `${method.toUpperCase()} ${path}`, path, parameters }] : [];
    }),
  );
}

const fill = (path: string, override: Record<string, string> = {}): string =>
  path.replaceAll(
    /\{(\w+)\}/g,
    (_whole, name: string) => override[name] ?? PATHS[name] ?? CODES[path.split('/')[2] ?? ''] ?? 'nobody',
  );

/** A key of each role. */
const keys = new Map<Role, string>();
beforeAll(async () => {
  const { id } = await getPartner(api.db, 'ann');
  for (const role of ROLES) keys.set(role, (await api.newKey(role, role === 'partner' ? id : null)).key);
});

/** Asks with the key of a role that may. */
function ask(route: string, path: string, body?: unknown): Promise<Answer> {
  const [method = ''] = route.split(' ');
  const [role] = rolesFor(route) ?? [];
  return api.ask(method, path, { ...(role && { key: keys.get(role) ?? '' }), body });
}

/** There is never an internal error, and every refusal is a problem that says its code. */
function expectDefinite(answer: Answer, what: string): void {
  expect(answer.status, `${what}: ${answer.text.slice(0, 300)}`).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.headers.get('content-type'), what).toBe('application/problem+json');
  expect(answer.body['code'], what).toBeTypeOf('string');
}

describe('given every route', () => {
  it('when no route can read its body then it is refused and never breaks', async () => {
    for (const { route, path } of routesOf(api).filter(({ route: name }) => name in GOOD))
      for (const body of BODIES) {
        const answer = await ask(route, fill(path), body);
        expectDefinite(answer, `${route} ${String(body).slice(0, 60)}`);
        expect(answer.status, `${route} ${String(body).slice(0, 60)}`).toBeGreaterThanOrEqual(400);
      }
  });

  it('when its path or query is nonsense then it never breaks', async () => {
    for (const { route, path, parameters } of routesOf(api)) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      const asked = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      for (const text of TEXTS) {
        for (const name of named)
          expectDefinite(
            await ask(route, fill(path, { [name]: text }), GOOD[route]),
            `${route} ${name}=${text.slice(0, 40)}`,
          );
        for (const name of asked)
          expectDefinite(await ask(route, `${fill(path)}?${name}=${text}`), `${route} ?${name}=${text.slice(0, 40)}`);
      }
    }
  });
});

const TABLES = [
  'actor',
  'role_grant',
  'api_key',
  'key_claim',
  'payer',
  'payer_gateway',
  'pay_schedule',
  'pay_schedule_minimum',
  'program',
  'plan',
  'plan_version',
  'partner',
  'agreement_term',
  'fact_key',
  'partner_fact',
  'partner_parent',
  'onboarding_record',
  'partner_minimum',
  'recovery_cap',
  'instrument_version',
  'event',
  'event_share',
  'event_ancestor',
  'event_due',
  'event_parked',
  'event_quarantine',
  'event_quarantine_decision',
  'payout_run',
  'gateway_pause',
  'audit_log',
];

/** How many rows there are, in one number: a request that is refused leaves it as it is. */
const countRows = async (): Promise<bigint> => {
  const counts = TABLES.map((table) => sql.fragment`(select count(*) from ${sql.identifier([table])})`);
  return api.db.oneFirst(
    sql.type(z.object({ total: z.bigint() }))`select ${sql.join(counts, sql.fragment` + `)} as total`,
  );
};

/** Every body that has one field less good than a good one. */
function* spoilt(body: unknown): Generator<unknown> {
  if (typeof body !== 'object' || body === null) {
    yield* VALUES;
    return;
  }
  for (const [name, value] of Object.entries(body))
    for (const worse of spoilt(value))
      if (Array.isArray(body)) yield body.map((item, index) => (String(index) === name ? worse : item));
      else yield { ...body, [name]: worse };
  yield { ...body, surprise: 1 };
  yield* VALUES.slice(1, 6);
}

const withNewCode = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (_name, value: unknown) => (value === '*' ? `c-${randomUUID()}` : value));

describe('given a good request', () => {
  it.each(Object.keys(GOOD))('of %s then the input is valid, so that spoiling it shows something', async (route) => {
    const [, path = ''] = route.split(' ');
    const { body } = await ask(route, fill(path), withNewCode(GOOD[route]));
    expect(body['code'], JSON.stringify(body['errors'])).not.toBe('invalid_input');
  });

  it.each(Object.keys(GOOD))(
    'when one field of %s is spoilt then it never breaks, and a refusal writes nothing',
    async (route) => {
      const [, path = ''] = route.split(' ');
      let rows = await countRows();
      for (const body of spoilt(GOOD[route])) {
        const answer = await ask(route, fill(path), JSON.stringify(withNewCode(body)));
        expectDefinite(answer, `${route} ${JSON.stringify(body).slice(0, 300)}`);
        if (answer.status < 400) rows = await countRows();
      }
      await ask(route, fill(path), '{"surprise":1}');
      expect(await countRows()).toBe(rows);
    },
  );
});

const cursorOf = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** Each of a billion units would earn more than the database can hold. */
const EACH_TOO_LARGE = {
  ...TERMS,
  incentives: [{ id: 'each', measure: 'quantity', pay: { rule: 'flat', amount: '99999999999.00' }, unit: 'USD' }],
};

describe('given a request that the API does not know', () => {
  it.each([
    { what: 'a path that is none', method: 'GET', path: '/v1/nothing', status: 404, code: 'not_found' },
    { what: 'a page that is none', method: 'GET', path: '/nothing', status: 404, code: 'not_found' },
    {
      what: 'a method that it does not know',
      method: 'DELETE',
      path: '/v1/partners',
      status: 405,
      code: 'method_not_allowed',
    },
    {
      what: 'a body that is not JSON',
      method: 'POST',
      path: '/v1/partners',
      body: '{',
      status: 400,
      code: 'invalid_input',
    },
    {
      what: 'another content type',
      method: 'POST',
      path: '/v1/partners',
      body: 'a=b',
      type: 'text/plain',
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      what: 'a form where JSON is due',
      method: 'POST',
      path: '/v1/partners',
      body: '--x--',
      type: 'multipart/form-data; boundary=x',
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      what: 'a body of three megabytes',
      method: 'POST',
      path: '/v1/partners',
      body: `"${'x'.repeat(3_000_000)}"`,
      status: 413,
      code: 'body_too_large',
    },
  ])('when it is $what then the answer is $status', async ({ method, path, body, type, status, code }) => {
    const answer = await api.ask(method, path, { body, ...(type ? { headers: { 'content-type': type } } : {}) });
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });

  it.each([
    {
      method: 'POST',
      path: '/v1/partners/ann/agreements',
      body: { program: 'shop', plan: 'standard', startsOn: '0000-01-01' },
    },
    { method: 'PATCH', path: '/v1/partners/ann/agreements/shop', body: { endsOn: '0000-01-01' } },
    { method: 'PATCH', path: '/v1/partners/ann/agreements/shop', body: { endsOn: '2025-12-31' } },
    {
      method: 'POST',
      path: '/v1/runs',
      body: { schedule: 'monthly', periodEnd: '0001-01-01' },
      role: 'preparer' as const,
    },
    { method: 'PATCH', path: '/v1/schedules/monthly', body: { zone: 'EST' } },
    { method: 'PATCH', path: '/v1/schedules/monthly', body: { minimums: [{ currency: 'JPY', amount: '1.5' }] } },
    { method: 'POST', path: '/v1/events', body: { events: [{ ...EVENT, amount: '92233720368547758.07' }] } },
    { method: 'POST', path: '/v1/events', body: { events: [{ ...EVENT, amounts: { Big: '1.00' } }] } },
    { method: 'POST', path: '/v1/programs/shop/plans', body: { code: 'much', terms: EACH_TOO_LARGE } },
    { method: 'GET', path: `/v1/runs?cursor=${cursorOf({ createdAt: '0000-01-01T00:00:00Z', id: randomUUID() })}` },
    { method: 'GET', path: `/v1/programs/shop/plans/standard/versions?cursor=${cursorOf(Number.MAX_SAFE_INTEGER)}` },
    { method: 'GET', path: `/v1/programs/shop/plans/standard/versions?cursor=${cursorOf(-1)}` },
  ])(
    'when $method $path has a value beyond its bounds then the field is named',
    async ({ role, method, path, body }) => {
      const answer = await api.ask(method, path, { body, ...(role ? { key: keys.get(role) ?? '' } : {}) });
      expect(answer.body, answer.text).toMatchObject({ status: 400, code: 'invalid_input' });
      expect(answer.body['errors']).toEqual([
        { field: expect.any(String), reason: expect.not.stringContaining('Invalid') },
      ]);
    },
  );

  it('when a name would set a prototype then it is refused and not forgotten', async () => {
    const amounts = '"amounts":{"__proto__":"1.00"}';
    const body = `{"events":[${JSON.stringify(EVENT).slice(0, -1)},${amounts}}]}`;
    expect((await api.ask('POST', '/v1/events', { body })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'events[0].amounts', reason: 'has the name __proto__' }],
    });
  });

  it('then every field that is wrong is named as it is on the wire', async () => {
    const { body } = await api.ask('POST', '/v1/events', {
      body: { events: [EVENT, { ...EVENT, amount: 10, kin: 'x' }] },
    });
    expect(body['errors']).toEqual([
      { field: 'events[1].amount', reason: expect.any(String) },
      { field: 'events[1].kin', reason: 'is not known here' },
    ]);
  });
});
