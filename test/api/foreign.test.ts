import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PAGE_ROUTES, mayUse } from '../../api/http/page-permissions.ts';
import { PERMITTED_ROUTES, rolesFor } from '../../api/http/permissions.ts';
import { openApiDocument } from '../../api/openapi.ts';
import { startApi, type Api } from './api.ts';
import { bodyOf, fieldsOf } from './bodies.ts';
import { addPair, missingLike, type Pair } from './pair.ts';

/**
 * For a partner, another partner's things are not there: every route and every page answers exactly as it does for an id of nothing. The
 * cases come from the tables of permissions, so a new route or page has its case, or fails here until `pair.ts` has a thing for it.
 */

let api: Api;
let pair: Pair;
beforeAll(async () => {
  api = await startApi();
  pair = await addPair(api);
});
afterAll(() => api.stop());

const forPartners = PERMITTED_ROUTES.filter((route) => rolesFor(route)?.includes('partner'));
const otherRoutes = PERMITTED_ROUTES.filter((route) => !forPartners.includes(route));
const withId = (route: string): boolean => route.includes('{');
const pagesForPartners = PAGE_ROUTES.filter((route) => mayUse(['partner'], route));

/** A person who ends a session that is over, or was never theirs, gets the list of their own again. */
const ENDS_QUIETLY = 'POST /account/sessions/{id}/end';

type Answer = { status: number; headers: [string, string][]; text: string };

/** An answer without what no two answers have in common: the id of the request, and the ids that were asked for. */
async function plain(response: Response, ids: readonly string[]): Promise<Answer> {
  let text = (await response.text()).replaceAll(/urn:bursar:request:[0-9a-f-]+/g, '…');
  for (const id of ids) text = text.replaceAll(id, '…');
  const headers = [...response.headers].filter(([name]) => !['x-request-id', 'content-length'].includes(name));
  return { status: response.status, headers, text };
}

/** The word before each placeholder of a path. The word of a page about a partner is `portal`. */
const wordsOf = (path: string): string[] => [...path.matchAll(/([a-z-]+)\/\{\w+\}/g)].map(([, word = '']) => word);

/**
 * The ways to ask for another partner's things: each id but the partner's own is foreign, and the partner is once foreign and once
 * bob. The first list is of what ann has, and the second of what nobody has.
 */
function foreignCases(path: string): { foreign: string[]; missing: string[] }[] {
  const words = wordsOf(path);
  const isPartner = (word: string) => word === 'partners' || word === 'portal';
  const unknown = words.filter((word) => !pair.things[word]);
  if (unknown.length > 0) throw new Error(`${path}: add what ann has of ${unknown.join(', ')} to test/api/pair.ts`);
  const foreign = words.map((word) => pair.things[word] ?? '');
  const missing = foreign.map(missingLike);
  const cases = [{ foreign, missing }];
  if (words.length > 1 && words.some(isPartner)) {
    const asBob = (ids: string[]) => ids.map((id, index) => (isPartner(words[index] ?? '') ? 'bob' : id));
    cases.push({ foreign: asBob(foreign), missing: asBob(missing) });
  }
  return cases;
}

function fill(path: string, ids: readonly string[]): string {
  const left = [...ids];
  return path.replaceAll(/\{\w+\}/g, () => left.shift() ?? 'USD');
}

const request = (route: string, path: string, key: string, body: unknown): Promise<Response> => {
  const [method = ''] = route.split(' ');
  return Promise.resolve(
    api.app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      ...(method === 'GET' || body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
};

describe("given a partner who asks the API for another partner's things", () => {
  it.each(forPartners.filter(withId))('when it is %s then they are not there', async (route) => {
    const [, path = ''] = route.split(' ');
    const body = bodyOf(openApiDocument(api.app), route);
    for (const { foreign, missing } of foreignCases(path)) {
      const ask = async (ids: readonly string[]) =>
        plain(await request(route, fill(path, ids), pair.bob.key, body), ids);
      const answer = await ask(foreign);
      expect(answer.status, answer.text).toBe(404);
      expect(answer).toEqual(await ask(missing));
    }
  });

  it.each(forPartners.filter((route) => !route.startsWith('GET')))(
    'when an id in the body of %s is of theirs then it is as if it were of nothing',
    async (route) => {
      const [, path = ''] = route.split(' ');
      const document = openApiDocument(api.app);
      for (const field of fieldsOf(document, route, ({ format }) => format === 'uuid')) {
        const thing = pair.things[field];
        if (!thing) throw new Error(`${route}: add what ann has as ${field} to test/api/pair.ts`);
        const ask = async (id: string) => {
          const body = { ...(bodyOf(document, route) as object), program: 'shop', currency: 'USD', [field]: id };
          return plain(await request(route, path, pair.bob.key, body), [id]);
        };
        const answer = await ask(thing);
        expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
        expect(answer).toEqual(await ask(missingLike(thing)));
      }
    },
  );

  it.each(forPartners.filter((route) => route.startsWith('GET') && /\/(me|\{code\})/.test(route)))(
    'when it is %s about themselves then nothing of theirs is in it',
    async (route) => {
      const [, path = ''] = route.split(' ');
      const own = path.replace('{code}', 'bob');
      if (withId(own)) return;
      const text = await (await request(route, own, pair.bob.key, undefined)).text();
      for (const [word, id] of Object.entries(pair.things)) expect(text, word).not.toContain(`"${id}"`);
    },
  );

  it.each(otherRoutes.filter(withId))(
    'when it is %s, which is for others, then it is refused before anything is looked up',
    async (route) => {
      const [, path = ''] = route.split(' ');
      const ids = wordsOf(path).map((word) => pair.things[word] ?? crypto.randomUUID());
      const ask = async (some: readonly string[]) =>
        plain(await request(route, fill(path, some), pair.bob.key, {}), some);
      const answer = await ask(ids);
      expect(answer.status).toBe(403);
      expect(answer).toEqual(await ask(ids.map(missingLike)));
    },
  );
});

describe("given a partner who opens pages about another partner's things", () => {
  it.each(pagesForPartners.filter(withId))('when it is %s then they are not there', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    for (const { foreign, missing } of foreignCases(path)) {
      const ask = async (ids: readonly string[]) => plain(await pair.bob.pages.ask(method, fill(path, ids)), ids);
      const answer = await ask(foreign);
      expect(route === ENDS_QUIETLY ? 303 : 404, answer.text).toBe(answer.status);
      expect(answer).toEqual(await ask(missing));
    }
  });

  it.each(PAGE_ROUTES.filter((route) => !mayUse(['partner'], route)))(
    'when it is %s, which is for others, then nothing is there',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const ids = wordsOf(path).map((word) => pair.things[word] ?? crypto.randomUUID());
      const ask = async (some: readonly string[]) => plain(await pair.bob.pages.ask(method, fill(path, some)), some);
      const answer = await ask(ids);
      expect(answer.status).toBe(404);
      expect(answer).toEqual(await ask(ids.map(missingLike)));
    },
  );

  it('then ann sees them, so that the addresses are right', async () => {
    for (const route of pagesForPartners.filter((one) => one.startsWith('GET') && withId(one))) {
      const [method = '', path = ''] = route.split(' ');
      const ids = wordsOf(path).map((word) => pair.things[word] ?? '');
      const { status } = await pair.ann.pages.ask(method, fill(path, ids));
      expect(status, route).toBe(200);
    }
    for (const route of forPartners.filter((one) => one.startsWith('GET') && withId(one))) {
      const [, path = ''] = route.split(' ');
      const ids = wordsOf(path).map((word) => pair.things[word] ?? '');
      expect((await request(route, fill(path, ids), pair.ann.key, undefined)).status, route).toBe(200);
    }
  });
});
