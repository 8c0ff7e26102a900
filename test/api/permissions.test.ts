import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openApiDocument } from '../../api/openapi.ts';
import { OPEN_ROUTES, PERMITTED_ROUTES, rolesFor } from '../../api/http/permissions.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { ROLES } from '../../domain/people/role.ts';
import { giveRole } from '../fixtures/people.ts';
import { addPayout, type Api, setUpShop, startApi } from './api.ts';

let api: Api;
const keys = new Map<string, string>();
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const ann = await getPartner(api.db, 'ann');
  for (const role of ROLES) keys.set(role, (await api.newKey(role, role === 'partner' ? ann.id : null)).key);
});
afterAll(() => api.stop());

const keyOf = (role: string): string => keys.get(role) ?? '';
const fill = (path: string): string =>
  path
    .replace('/pools/{id}', '/pools/987654321')
    .replaceAll('{id}', randomUUID())
    .replace('{unit}', 'points-nobody')
    .replaceAll(/\{\w+\}/g, 'nobody');

/** Subjects and gateways are fixed words, so another word is wrong input. A source is known by its events alone. */
const OTHERWISE: Readonly<Record<string, number>> = {
  'GET /v1/programs/{code}/policies/{subject}': 400,
  'GET /v1/gateways/{name}/statements': 400,
  'GET /v1/sources/{source}/secrets': 200,
};

describe('given every route and every role', () => {
  it('then the table of permissions names the routes that there are, and no others', () => {
    const { paths = {} } = openApiDocument(api.app);
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.filter((route) => route.includes(' /v1/')).toSorted()).toEqual(
      [...PERMITTED_ROUTES, ...OPEN_ROUTES].toSorted(),
    );
  });

  it.each(PERMITTED_ROUTES)('when %s is asked for then only the roles of the table are let in', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    for (const role of ROLES) {
      const { status } = await api.ask(method, fill(path), { key: keyOf(role) });
      expect(status === 403, `${role} got ${status}`).toBe(!rolesFor(route)?.includes(role));
      expect(status, role).toBeLessThan(500);
    }
    expect((await api.ask(method, fill(path), { key: null })).status, 'nobody').toBe(401);
  });

  it.each(PERMITTED_ROUTES.filter((route) => route.startsWith('GET') && route.includes('{')))(
    'when %s is asked for what is not there then all who may ask get 404',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      for (const role of rolesFor(route) ?? []) {
        const { status } = await api.ask(method, fill(path), { key: keyOf(role) });
        expect(status, role).toBe(OTHERWISE[route] ?? 404);
      }
    },
  );

  it('then nobody who may decide a run may change instruments, keys, terms or events', () => {
    const deciding = ROLES.filter((role) => rolesFor('POST /v1/runs/{id}/decision')?.includes(role));
    const sensitive = PERMITTED_ROUTES.filter(
      (route) =>
        /^(POST|PUT|PATCH|DELETE)/.test(route) &&
        /instruments|keys|grants|plans|events|imports|gateways\/\{method|batch|payers|runs$/.test(route),
    );
    const both = sensitive.filter((route) => deciding.some((role) => rolesFor(route)?.includes(role)));
    expect(sensitive.length).toBeGreaterThan(8);
    expect(both).toEqual([]);
  });
});

describe('given a request without a valid key', () => {
  it.each([
    { what: 'none', authorization: '' },
    { what: 'another scheme', authorization: 'Basic abc' },
    { what: 'a made-up key', authorization: `Bearer bsk_${'0'.repeat(12)}_${'a'.repeat(43)}` },
    { what: 'nonsense', authorization: "Bearer '; drop table api_key; --" },
  ])('when it shows $what then it is 401 and says nothing else', async ({ authorization }) => {
    const answer = await api.ask('GET', '/v1/payers', { key: null, headers: { authorization } });
    expect(answer.body).toMatchObject({ status: 401, code: 'not_authenticated' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('when the prefix is right and the secret is not then it is 401', async () => {
    const { key } = await api.newKey('operator');
    const answer = await api.ask('GET', '/v1/payers', { key: `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}` });
    expect(answer.status).toBe(401);
  });

  it('when the role has expired then it is 401', async () => {
    const { actor } = await api.newKey('auditor');
    const { key } = await giveRole(api.db, actor.id, 'operator', { expiresAt: new Date(Date.now() - 1000) });
    expect((await api.ask('GET', '/v1/payers', { key })).status).toBe(401);
  });

  it('when the key was revoked then it is 401', async () => {
    const { key, id } = await api.newKey('operator');
    expect((await api.ask('GET', '/v1/payers', { key })).status).toBe(200);
    expect((await api.ask('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await api.ask('GET', '/v1/payers', { key })).status).toBe(401);
  });
});

describe('given a partner with a key of her own', () => {
  it('then she sees what is hers', async () => {
    const key = keyOf('partner');
    const payout = await addPayout(api.db, 'ann');
    expect((await api.ask('GET', '/v1/me', { key })).body).toMatchObject({ role: 'partner', partner: 'ann' });
    expect((await api.ask('GET', '/v1/me/payouts', { key })).body).toMatchObject({
      items: [{ id: payout, net: '5.00' }],
    });
    for (const path of [
      `/v1/payouts/${payout}`,
      `/v1/payouts/${payout}/explanation`,
      '/v1/partners/ann',
      '/v1/partners/ann/payability',
      '/v1/partners/ann/instruments',
      '/v1/partners/ann/agreements',
      '/v1/me/payability',
      '/v1/me/earnings',
    ])
      expect((await api.ask('GET', path, { key })).status, path).toBe(200);
  });

  it("when she asks for what is another one's then it is as if it were not there", async () => {
    const key = keyOf('partner');
    const payout = await addPayout(api.db, 'bob');
    const paths = [
      `/v1/payouts/${payout}`,
      `/v1/payouts/${payout}/explanation`,
      '/v1/partners/bob',
      '/v1/partners/bob/payability',
      '/v1/partners/bob/instruments',
      '/v1/partners/bob/agreements',
    ];
    for (const path of paths) {
      const foreign = await api.ask('GET', path, { key });
      const missing = await api.ask('GET', path.replace(payout, randomUUID()).replace('bob', 'zoe'), { key });
      expect(foreign.body, path).toMatchObject({ status: 404, code: 'not_found' });
      expect(foreign.body['title']).toBe(missing.body['title']);
    }
    expect((await api.ask('GET', '/v1/me/payouts', { key })).text).not.toContain(payout);
  });
});
