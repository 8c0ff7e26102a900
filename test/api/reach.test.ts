import { randomUUID } from 'node:crypto';

import { pino } from 'pino';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { mayUse, PAGE_ROUTES } from '../../api/http/page-permissions.ts';
import { PERMITTED_ROUTES, rolesFor } from '../../api/http/permissions.ts';
import { aboutOf } from '../../api/http/reach.ts';
import { openApiDocument } from '../../api/openapi.ts';
import { LIMITS_OF, type Limited } from '../../domain/people/reach.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { signIn, type SignedIn } from '../pages/site.ts';
import { startApi, type Api } from './api.ts';
import { bodyOf } from './bodies.ts';
import { addPair, missingLike } from './pair.ts';

/**
 * For a person whose role is limited to one program or payer, the things of another one are not there. The cases come from the tables of
 * permissions, so a new route or page has its case, or fails here until `api/http/reach.ts` says what it is about.
 */

const LIMITED_ROLES = ROLES.filter((role) => LIMITS_OF[role].length > 0);
const EVERY_ROUTE = [...PERMITTED_ROUTES, ...PAGE_ROUTES];
/** Partners use these alone. Their role has no limits. */
const isForStaff = (route: string): boolean => !route.includes('/v1/me') && !route.includes('/portal');

type Person = { keys: Map<Role, string>; pages: Map<Role, SignedIn> };
let api: Api;
let document: ReturnType<typeof openApiDocument>;
/** The things of the shop of acme, by the word before the id in an address. */
let things: Readonly<Record<string, string>>;
/** One person for each role, limited to the other program, to the other payer, to the shop, and to acme. */
const people: Record<string, Person> = {};
const errors: string[] = [];

beforeAll(async () => {
  api = await startApi({ log: pino({ level: 'error' }, { write: (line: string) => void errors.push(line) }) });
  document = openApiDocument(api.app);
  const pair = await addPair(api);
  const add = async (path: string, body: object): Promise<string> => {
    const answer = await api.ask('POST', path, { body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return String(answer.body['id']);
  };
  await add('/v1/payers', { code: 'other', name: 'Other Ltd', country: 'US', currency: 'USD' });
  const schedule = { frequency: 'monthly', zone: 'America/New_York', payDays: 2 };
  await add('/v1/schedules', { code: 'weekly', payer: 'other', ...schedule });
  await add('/v1/programs', { code: 'elsewhere', name: 'Elsewhere', schedule: 'weekly' });
  const about = { program: 'shop', currency: 'USD', reason: 'a test' };
  const corrections = await add('/v1/corrections', { kind: 'credit', partner: 'ann', amount: '1.00', ...about });
  const tasks = await api.db.oneFirst(
    sql.type(z.object({ id: z.string() }))`select id from task where subject = ${`correction/${corrections}`}`,
  );
  const codes = { programs: 'shop', policies: 'shop', payers: 'acme', schedules: 'monthly' };
  things = { ...pair.things, ...codes, corrections, tasks };
  const limits: Record<string, Limited> = {
    'other program': { programs: ['elsewhere'], payers: [] },
    'other payer': { programs: [], payers: ['other'] },
    shop: { programs: ['shop'], payers: [] },
    acme: { programs: [], payers: ['acme'] },
  };
  for (const [name, limited] of Object.entries(limits)) {
    const person: Person = { keys: new Map(), pages: new Map() };
    people[name] = person;
    for (const role of LIMITED_ROLES) {
      person.keys.set(role, (await api.newKey(role, null, limited)).key);
      person.pages.set(role, await signIn(api, `${role}-of-${name.replace(' ', '-')}`, role, null, limited));
    }
  }
});
afterAll(() => api.stop());

const fill = (path: string, idOf: (word: string) => string): string =>
  path
    .replaceAll(/([a-z-]+)\/\{\w+\}/g, (_all, word: string) => `${word}/${idOf(word)}`)
    .replaceAll('{program}', idOf('programs'))
    .replaceAll('{subject}', 'deal')
    .replaceAll('{plan}', 'standard')
    .replaceAll(/\{\w+\}/g, '1');
const ofShop = (path: string): string => fill(path, (word) => things[word] ?? randomUUID());
const missing = (path: string): string => fill(path, (word) => missingLike(things[word] ?? randomUUID()));

type Answer = { status: number; text: string };

/** Asks with the key, or opens the page, of a person in a role that may use the route. */
async function ask(name: string, route: string, path: string): Promise<Answer> {
  const [method = ''] = route.split(' ');
  const role = LIMITED_ROLES.find((one) =>
    route.includes('/v1/') ? rolesFor(route)?.includes(one) : mayUse([one], route as (typeof PAGE_ROUTES)[number]),
  );
  if (!role) throw new Error(`nobody with a limit may use ${route}`);
  const person = people[name];
  const body = { ...(bodyOf(document, route) as object | undefined), ...named(route) };
  const response = await (route.includes('/v1/')
    ? api.app.request(path, {
        method,
        headers: {
          authorization: `Bearer ${person?.keys.get(role) ?? ''}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
      })
    : method === 'GET'
      ? person?.pages.get(role)?.get(path)
      : person?.pages.get(role)?.post(path, named(route)));
  const text = (await response?.text()) ?? '';
  return { status: response?.status ?? 0, text: text.replaceAll(/urn:bursar:request:[0-9a-f-]+/g, '…') };
}

/** The fields of a body that name the shop, its schedule and its payer. */
function named(route: string): Record<string, string> {
  const about = aboutOf(route);
  const fields = typeof about === 'object' ? about.flatMap((one) => ('field' in one ? [one.field] : [])) : [];
  const values = {
    program: 'shop',
    schedule: 'monthly',
    payer: 'acme',
    unit: 'points-x',
    terms: 'shop standard',
    events: '',
  };
  return Object.fromEntries(fields.map((field) => [field, values[field]]));
}

const usable = EVERY_ROUTE.filter(isForStaff).filter((route) =>
  LIMITED_ROLES.some((role) =>
    route.includes('/v1/') ? rolesFor(route)?.includes(role) : mayUse([role], route as (typeof PAGE_ROUTES)[number]),
  ),
);
const those = (isWished: (about: ReturnType<typeof aboutOf>, route: string) => boolean): string[] =>
  usable.filter((route) => isWished(aboutOf(route), route));
const inAddress = those((about) => typeof about === 'object' && about.every((one) => 'kind' in one));
const inBody = those((about) => typeof about === 'object' && about.some((one) => 'field' in one));

describe('given the matrix of reach', () => {
  it('then it says what every route and page is about', () => {
    expect(EVERY_ROUTE.filter((route) => aboutOf(route) === undefined)).toEqual([]);
  });
});

describe.each(['other program', 'other payer'])('given a person whose role is limited to the %s', (name) => {
  it.each(inAddress)('when it is %s then what the shop has is not there', async (route) => {
    const [, path = ''] = route.split(' ');
    const answer = await ask(name, route, ofShop(path));
    expect(answer.status, answer.text).toBe(404);
    expect(answer.text).toContain(`There is nothing for you at ${path.split('/{', 1)[0]}`);
  });

  it.each(inBody)('when the body of %s names the shop then it is refused', async (route) => {
    const [, path = ''] = route.split(' ');
    const answer = await ask(name, route, ofShop(path));
    expect(answer.status, answer.text).toBe(403);
  });

  it.each(those((about) => about === 'rows'))('when it is %s then it shows nothing of the shop', async (route) => {
    const [, path = ''] = route.split(' ');
    const { status, text } = await ask(name, route, ofShop(path));
    expect([200, 404], text).toContain(status);
    const { runs, payouts, deals, requests, claims, questions, corrections, tasks } = things;
    for (const id of [runs, payouts, deals, requests, claims, questions, corrections, tasks])
      expect(text).not.toContain(id);
    expect(text).not.toMatch(/\bshop\b|\bacme\b|Acme Ltd/);
    expect(errors.splice(0)).toEqual([]);
  });
});

describe('given a person whose role is limited', () => {
  it.each(those((about) => about === 'company'))('when it is %s then it needs a role without limits', async (route) => {
    const [, path = ''] = route.split(' ');
    expect((await ask('other payer', route, ofShop(path))).status).toBe(403);
  });

  it('when a thing is out of reach then the answer is that for nothing', async () => {
    for (const word of ['programs', 'runs', 'payouts', 'deals', 'corrections', 'tasks']) {
      const routes = inAddress.filter((one) => one.startsWith('GET') && one.includes(`/${word}/{`));
      for (const route of routes.slice(0, 2)) {
        const [, path = ''] = route.split(' ');
        const [shop, nothing] = [ofShop(path), missing(path)];
        const [answer, empty] = [await ask('other payer', route, shop), await ask('other payer', route, nothing)];
        expect({ ...answer, text: answer.text.replaceAll(shop, '…') }).toEqual({
          ...empty,
          text: empty.text.replaceAll(nothing, '…'),
        });
      }
    }
  });
});

describe.each([
  { name: 'shop', words: ['programs', 'policies', 'deals', 'requests', 'claims', 'corrections', 'tasks'] },
  {
    name: 'acme',
    words: ['programs', 'policies', 'deals', 'corrections', 'tasks', 'payers', 'schedules', 'runs', 'payouts'],
  },
])('given a person whose role is limited to $name', ({ name, words }) => {
  const reads = inAddress.filter(
    (route) => route.startsWith('GET') && words.some((word) => route.includes(`/${word}/{`)),
  );

  it.each(reads.filter((route) => !route.endsWith('/changes')))(
    'when it is %s then it answers as to everybody',
    async (route) => {
      const [, path = ''] = route.split(' ');
      const answer = await ask(name, route, ofShop(path));
      expect(answer.text).not.toContain('There is nothing for you');
      expect(errors.splice(0)).toEqual([]);
    },
  );

  it.each(inBody.filter((route) => !route.includes('/v1/')))(
    'when the form of %s comes back then it offers no choice out of reach',
    async (route) => {
      const [, path = ''] = route.split(' ');
      const answer = await ask(name, route, ofShop(path));
      expect(answer.status, answer.text).toBeLessThan(500);
      expect(answer.text).not.toMatch(/\belsewhere\b|>weekly<|Other Ltd/);
    },
  );

  it('then the menu and the page of a partner offer only what it may open', async () => {
    const page = (await ask(name, 'GET /', '/')).text;
    expect(page).toContain('href="/runs"');
    expect(page).not.toMatch(/href="\/(ledger|reports|audit|reconciliation)"/);
    const partner = (await (await people[name]?.pages.get('operator')?.get('/partners/ann'))?.text()) ?? '';
    expect(partner).toContain('Your role is limited');
    expect(partner).toContain('/partners/ann/agreements');
    expect(partner).not.toMatch(/\/partners\/ann\/(hold|change|statement|portal)"/);
    const program = (await (await people[name]?.pages.get('operator')?.get('/programs/shop'))?.text()) ?? '';
    expect(program).toContain('/programs/shop/new-plan');
    expect(program).not.toContain('new-ladder');
  });

  it('then lists show what it reaches', async () => {
    expect((await ask(name, 'GET /programs', '/programs')).text).toContain('Shop');
    expect((await ask(name, 'GET /deals', '/deals')).text).toContain(things['deals']);
    const runs = (await ask(name, 'GET /v1/runs', '/v1/runs')).text;
    if (name === 'acme') expect(runs).toContain(things['runs']);
    else expect(runs).not.toContain(things['runs']);
  });
});
