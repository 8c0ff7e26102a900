import { randomUUID } from 'node:crypto';

import { Hono } from 'hono';
import { type FragmentSqlToken, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { mayUse, PAGE_ROUTES, type PageRoute } from '../../api/http/page-permissions.ts';
import { setSessionCookie } from '../../api/http/visitor.ts';
import { ROLES } from '../../domain/people/role.ts';
import { openOwner } from '../fixtures/database.ts';
import { giveRole } from '../fixtures/people.ts';
import { type Api, startApi } from '../api/api.ts';
import { addPair, type Pair } from '../api/pair.ts';
import { ORIGIN, signIn, type SignedIn } from './site.ts';

/** Attacks on every page and form of the table of permissions, so that a new one is attacked, too. */

let api: Api;
let pair: Pair;
let staff: SignedIn;
beforeAll(async () => {
  api = await startApi();
  pair = await addPair(api);
  staff = await signIn(api, 'all-roles', 'operator');
  for (const role of ROLES.filter((one) => one !== 'partner' && one !== 'operator'))
    await giveRole(api.db, staff.actorId, role, { withKey: false });
  await staff.post('/settings/new-webhook', { url: 'https://erp.example.com/', events: 'payout.paid' });
  others['tasks'] = await firstOf(sql.fragment`select min(id::text) as id from task`);
  others['accounts'] = await firstOf(sql.fragment`select min(code) as id from ledger_account`);
  others['versions'] = await firstOf(sql.fragment`select min(id::text) as id from plan_version`);
  others['webhooks'] = await firstOf(sql.fragment`select min(id::text) as id from webhook_endpoint`);
});
const firstOf = async (query: FragmentSqlToken): Promise<string> =>
  (await api.db.oneFirst(sql.type(z.object({ id: z.string().nullable() }))`${query}`)) ?? randomUUID();
afterAll(() => api.stop());

const EVIL = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>\u202Ejavascript:alert(3)`;
/** The fields that addresses of pages have. */
const QUERY = ['q', 'status', 'partner', 'program', 'from', 'until', 'method', 'after', 'next', 'cursor'];
const LONG = 'x'.repeat(10_000);

/** The address of a route, with the ids of things that are there. */
const partsOf = (route: PageRoute): [method: string, path: string] => {
  const [method = '', path = ''] = route.split(' ');
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) if (part.startsWith('{')) parts[index] = thing(parts[index - 1] ?? '');
  return [method, parts.join('/')];
};
/** The id of something of ann's, or of a row of the company. A page about something else is asked for with an id of nothing. */
const thing = (word: string): string => pair.things[word] ?? others[word] ?? randomUUID();
const others: Record<string, string> = {
  programs: 'shop',
  agreements: 'shop',
  plans: 'standard',
  policies: 'shop',
  shop: 'deal',
  payers: 'acme',
  schedules: 'monthly',
  gateways: 'wise',
  reconciliation: 'wise',
  audit: '1',
};
/** Ann for the pages of partners, and a person with every role of the company for all others. */
const visitorOf = (route: PageRoute): SignedIn =>
  mayUse(['partner'], route) && !mayUse(['operator', 'preparer', 'approver', 'auditor'], route)
    ? pair.ann.pages
    : staff;

/** The markup of a page. A stream that tells of changes never ends, and is not read. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.text();
  await response.body?.cancel();
  return '';
}

const GETS = PAGE_ROUTES.filter((route) => route.startsWith('GET'));
const POSTS = PAGE_ROUTES.filter((route) => route.startsWith('POST'));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The rows of every table, with the last transaction that wrote one. */
async function stateOf(): Promise<unknown> {
  const tables = await api.db.anyFirst(sql.type(z.object({ name: z.string() }))`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege(oid, 'select') order by 1`);
  const rows = tables.map(
    (name) =>
      sql.fragment`select ${name}::text as name, count(*)::int as count, max(xmin::text::bigint)::text as last from ${sql.identifier([name])}`,
  );
  return api.db.any(
    sql.type(
      z.object({ name: z.string(), count: z.number(), last: z.string().nullable() }),
    )`${sql.join(rows, sql.fragment` union all `)}`,
  );
}

describe('given a form that another site sends with the cookie of a person', () => {
  const FOREIGN: readonly Record<string, string>[] = [
    {},
    { origin: 'https://evil.example' },
    { origin: `${ORIGIN}.evil.example` },
    { origin: 'null' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ...['cross-site', 'same-site', 'none'].flatMap((site) => [
      { 'sec-fetch-site': site },
      { 'sec-fetch-site': site, origin: ORIGIN },
      { 'sec-fetch-site': site, origin: 'null' },
    ]),
  ];

  it('then every form refuses it, and nothing changes', async () => {
    const before = await stateOf();
    for (const [index, route] of POSTS.entries())
      for (const headers of index === 0 ? FOREIGN : FOREIGN.slice(0, 2)) {
        const [method, path] = partsOf(route);
        const { cookie } = visitorOf(route).headers;
        const response = await api.app.request(path, { method, headers: { cookie, ...headers }, body: new FormData() });
        expect(response.status, `${route} ${JSON.stringify(headers)}`).toBe(403);
        expect(await response.text(), route).toContain('This form came from another site. Nothing was done.');
      }
    expect(await stateOf()).toEqual(before);
  });

  it.each([
    { origin: ORIGIN },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
  ])('when it has %o then it is a form of ours', async (headers) => {
    const { cookie } = staff.headers;
    const request = { method: 'POST', headers: { cookie, ...headers }, body: new FormData() };
    expect((await api.app.request('/partners/ann/notes', request)).status).toBe(400);
  });
});

describe('given forms that no browser sends', () => {
  const URLENCODED = 'application/x-www-form-urlencoded';
  /** Every form is sent the first two. */
  const BROKEN = [
    { type: URLENCODED, body: 'reason=a%00b' },
    { type: 'multipart/form-data; boundary=x', body: '--x\r\ncontent-disposition' },
    { type: URLENCODED, body: 'reason%00=a' },
    { type: URLENCODED, body: 'reason=a&reason=%00' },
    { type: 'multipart/form-data', body: 'reason=a' },
  ];

  it('when one has a NUL or cannot be read then it is refused, and nothing changes', async () => {
    const before = await stateOf();
    for (const [index, route] of POSTS.filter((one) => one !== 'POST /sign-out').entries())
      for (const { type, body } of index === 0 ? BROKEN : BROKEN.slice(0, 2)) {
        const [method, path] = partsOf(route);
        const headers = { ...visitorOf(route).headers, 'content-type': type };
        const { status } = await api.app.request(path, { method, headers, body });
        expect([400, 404, 409, 415], `${route} ${body}: ${status}`).toContain(status);
      }
    expect(await stateOf()).toEqual(before);
  });

  it('when a text field of one has 10,000 letters then nothing is kept of it', async () => {
    const forms = new Map<string, { visitor: SignedIn; action: string; fields: Record<string, string> }>();
    for (const route of GETS) {
      const visitor = visitorOf(route);
      const response = await visitor.get(`${partsOf(route)[1]}?q=${LONG}`);
      expect(response.status, route).toBeLessThan(500);
      for (const { action, fields, texts } of formsOf(await textOf(response)))
        for (const text of texts)
          forms.set(`${action} ${text}`, { visitor, action, fields: { ...fields, [text]: LONG } });
    }
    const before = await stateOf();
    for (const [name, { visitor, action, fields }] of forms) {
      const { status } = await visitor.post(action, fields);
      expect(Math.floor(status / 100), `${name}: ${status}`).toBeOneOf([2, 4]); // a preview is drawn again
    }
    expect(await stateOf()).toEqual(before);
    expect(forms.size).toBeGreaterThan(40);
  });
});

/** The forms of a page: where each goes, the values in it, and the names of its text fields. */
function formsOf(page: string) {
  return [...page.matchAll(/<form\s+method="post"\s+action="([^"]+)".*?<\/form>/gs)].map(([form, action = '']) => {
    const fields: Record<string, string> = {};
    const texts: string[] = [];
    for (const [tag, kind] of form.matchAll(/<(input|textarea|select)\b[^>]*>/g)) {
      const valueOf = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
      const name = valueOf('name') ?? '';
      if (kind === 'textarea' || (kind === 'input' && (valueOf('type') ?? 'text') === 'text')) texts.push(name);
      const options = kind === 'select' ? form.slice(form.indexOf(tag)).split('</select>')[0] : tag;
      fields[name] = /\svalue="([^"]+)"/.exec(options ?? '')?.[1] ?? '';
    }
    return { action, fields, texts };
  });
}

describe('given texts of people who want to run a script on our pages', () => {
  /** Columns in which people write freely. */
  const FREE =
    /name|reason|note|detail|wish|customer|document|reference|title|holder|agent|purpose|description|because|subject/;

  beforeAll(async () => {
    const owner = await openOwner(api.url);
    const columns = await owner.any(sql.type(z.object({ table: z.string(), column: z.string() }))`
      select relname as "table", attname as "column" from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'public'::regnamespace and relkind = 'r' and atttypid = 'text'::regtype and attnum > 0
        and not attisdropped and attgenerated = '' order by 1, 2`);
    for (const { table, column } of columns.filter((one) => FREE.test(one.column)))
      await owner
        .transaction(async (tx) => {
          await tx.query(sql.unsafe`set local session_replication_role = replica`);
          await tx.query(sql.unsafe`
            update ${sql.identifier([table])} set ${sql.identifier([column])} = ${EVIL} where ${sql.identifier([column])} is not null`);
        })
        .catch(() => undefined); // such as a kind, which has fixed words
    await owner.end();
  });

  let shown = 0;
  it.each(GETS)(
    'when %s is opened then no text of theirs is markup, and the policy allows no script of theirs',
    async (route) => {
      const [, path] = partsOf(route);
      const query = new URLSearchParams(QUERY.map((name): [string, string] => [name, EVIL]));
      for (const address of [path, `${path}?${query}`, `${path}?q=%00`]) {
        const response = await visitorOf(route).get(address);
        const text = await textOf(response);
        expect(response.status, `${address.slice(0, 200)} ${text.slice(0, 500)}`).toBeLessThan(500);
        expect(response.headers.get('content-security-policy')).toBe(POLICY);
        expect(response.headers.get('x-content-type-options')).toBe('nosniff');
        expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN');
        if (!response.headers.get('content-type')?.startsWith('text/html')) continue;
        expect(response.headers.get('cache-control'), address).toBe('no-store');
        expect(text).not.toContain('<script>alert');
        expect(text).not.toContain('<img src=x');
        expect(text).not.toMatch(/(href|src|action)="\s*javascript:/i);
        expect(text).not.toMatch(/\son\w+\s*=\s*["']/i);
        if (address === path && text.includes('&lt;script&gt;alert(1)', text.indexOf('<main'))) shown += 1;
      }
    },
  );

  it('then many pages show them as text, so that this shows something', () =>
    expect(shown).toBeGreaterThan(GETS.length / 4));
});

describe('given the cookie of a session', () => {
  it('then no script reads it, and no other site sends it', async () => {
    const cookies = new Hono().get('/', (c) => {
      setSessionCookie(c, 'token');
      return c.body(null);
    });
    const [cookie = ''] = (await cookies.request('/')).headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-session=token; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const leaver = await signIn(api, `leaver-${randomUUID().slice(0, 8)}`, 'auditor');
    const response = await leaver.post('/sign-out', {});
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-session=; Max-Age=0; Path=\/; Secure$/);
  });
});
