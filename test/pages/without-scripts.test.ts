import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PAGE_ROUTES, type PageRoute } from '../../api/http/page-permissions.ts';
import { type Api, startApi } from '../api/api.ts';
import { addPair } from '../api/pair.ts';
import { openVisitor } from '../fixtures/passkey.ts';
import { addEverything } from './everything.ts';
import { deadButtonsOf, linksOf, type Sending, sendingsOf } from './forms.ts';

/**
 * A browser that runs no scripts follows every link of the console and the portal, and sends every form that it finds. The cases come from
 * the table of permissions, so a new form has its case, or fails here until `everything.ts` has something that it is about.
 */

type Answer = { status: number; text: string; location: string | null };
type Reader = {
  open: (path: string) => Promise<Answer>;
  post: (path: string, fields: Readonly<Record<string, string>>) => Promise<Answer>;
};
type Found = Sending & { reader: Reader; page: string };

/** The forms that stand in the answer of another form, or need a provider of identities. The tests of these files send them. */
const ELSEWHERE: Partial<Record<PageRoute, string>> = {
  'POST /portal/{partner}/details': 'portal-details',
  'POST /earnings/imports': 'imports',
  'POST /earnings/corrections/import': 'corrections',
  'POST /earnings/corrections/import/signed': 'corrections',
  'POST /account/signature': 'provider',
};
/** They end the session of the person who sends them, so they come last. */
const ENDS: readonly PageRoute[] = ['POST /account/sessions/{id}/end', 'POST /sign-out'];
const POSTS = PAGE_ROUTES.filter((route) => route.startsWith('POST'));
const SENT = POSTS.filter((route) => !(route in ELSEWHERE) && !ENDS.includes(route));

const WEEKLY = new URLSearchParams({
  frequency: 'weekly',
  weekday: '5',
  zone: 'Europe/Berlin',
  payDays: '1',
  scheduled: 'no',
  minimums: '25.00 USD',
  approvalsRequired: '1',
  signedApprovals: 'no',
}).toString();
/** The pages to which no link leads before somebody chose something. */
const STARTS = [
  '/tasks?kind=check_exception',
  '/tasks?kind=checks_to_mail',
  '/tasks?kind=outcome_unknown',
  '/',
  '/reconciliation/wise',
  '/earnings/set-aside',
  '/earnings/ineligible?program=shop',
  '/earnings/parked?status=dismissed',
  `/settings/schedules/monthly/change?${WEEKLY}`,
  `/settings/new-schedule?code=weekly&payer=acme&${WEEKLY}`,
];
/** The number of pages of one kind that are opened, each with other ids. */
const PAGES_OF_A_KIND = 8;

const shapeOf = (route: PageRoute) => new RegExp(`^${route.replace(/^\w+ /, '').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
const SHAPES = PAGE_ROUTES.map((route) => ({ route, shape: shapeOf(route), open: route.split('{').length }));
/** The route of an address: of those that fit, the one with the fewest parameters. */
const routeOf = (method: 'GET' | 'POST', path: string): PageRoute | undefined =>
  SHAPES.filter(({ route, shape }) => route.startsWith(method) && shape.test(path)).toSorted(
    (a, b) => a.open - b.open,
  )[0]?.route;

let api: Api;
const found = new Map<PageRoute, Found[]>();
/** Links that lead nowhere, forms that no route takes, and buttons that do nothing without a script. */
const faults: string[] = [];

beforeAll(async () => {
  api = await startApi();
  const pair = await addPair(api);
  const staff = await openVisitor(api, 'all-roles', ['operator', 'preparer', 'approver', 'auditor']);
  await addEverything(api, pair, staff);
  const run = `/runs/${pair.things['runs']}`;
  await crawl({ open: staff.open, post: (path, fields) => staff.upload(path, formDataOf(fields)) }, [
    ...STARTS,
    `${run}/approval`,
    `${run}/rejection`,
  ]);
  const { get, post } = pair.ann.pages;
  await crawl(
    { open: async (path) => read(await get(path)), post: async (path, fields) => read(await post(path, fields)) },
    ['/portal/ann'],
  );
});
afterAll(() => api.stop());

const read = async (response: Response): Promise<Answer> => ({
  status: response.status,
  text: await response.text(),
  location: response.headers.get('location'),
});

/** Some forms take files, and every form can be sent as they are. */
function formDataOf(fields: Readonly<Record<string, string>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** Follows every link, and keeps every form. */
async function crawl(reader: Reader, starts: readonly string[]): Promise<void> {
  const left = starts.map((path) => ({ path, from: 'the test' }));
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const { path, from } = next;
    const { pathname, searchParams } = new URL(path, 'http://site');
    const route = routeOf('GET', pathname);
    const kind = `${route}?${[...searchParams.keys()].toSorted().join('&')}`;
    const count = (counts.get(kind) ?? 0) + 1;
    if (seen.has(path) || count > PAGES_OF_A_KIND) continue;
    seen.add(path);
    counts.set(kind, count);
    if (route) await look(reader, path, from);
    else faults.push(`${from}: no page is at ${path}`);
  }

  async function look(by: Reader, path: string, from: string): Promise<void> {
    const { status, text, location } = await by.open(path);
    const isThere = location === null ? status === 200 : !location.startsWith('/sign-in');
    if (!isThere) faults.push(`${from}: the link to ${path} gives ${status}`);
    for (const sending of sendingsOf(text)) keep({ ...sending, reader: by, page: path });
    for (const href of linksOf(text)) if (!href.endsWith('.pdf')) left.push({ path: href, from: path });
    faults.push(...deadButtonsOf(text).map((button) => `${path}: ${button}`));
  }
}

function keep(sending: Found): void {
  const route = routeOf('POST', sending.action);
  if (route) found.set(route, [...(found.get(route) ?? []), sending]);
  else faults.push(`${sending.page}: no route takes its form for ${sending.action}`);
}

/** The content of an empty form: the fields that nobody sees, and a blank for each that somebody should fill in. */
const blankOf = ({ fields, button }: Sending): Record<string, string> => ({
  ...Object.fromEntries(fields.map(({ name, kind, value }) => [name, kind === 'hidden' ? value : ''])),
  ...button,
});

describe('given a browser that runs no scripts', () => {
  it('when it follows every link then each leads to a page, and each form and button does something', () =>
    expect(faults).toEqual([]));

  it('then it finds every form of the table, but for those that the tests of other files send', async () => {
    expect(POSTS.filter((route) => !found.has(route)).toSorted()).toEqual(Object.keys(ELSEWHERE).toSorted());
    for (const [route, file] of Object.entries(ELSEWHERE)) {
      const text = await readFile(join(import.meta.dirname, `${file}.test.ts`), 'utf8');
      expect(text, route).toContain(route.replace(/.*[} ]/, ''));
    }
  });

  it.each([...SENT, ...ENDS])(
    'when it sends the form of %s empty then it is done or signed, or comes back with its objections',
    async (route) => {
      const [sending] = (found.get(route) ?? []).toSorted((a, b) => b.fields.length - a.fields.length);
      if (!sending) throw new Error(`No page has a form for ${route}. Add to everything.ts what it is about.`);
      const { reader, action, fields, page } = sending;
      const { status, text, location } = await reader.post(action, blankOf(sending));
      const needed = fields.filter(({ isRequired, kind }) => isRequired && kind !== 'hidden');
      const isBack = sendingsOf(text).some((one) => one.action === action);
      const answer = `${page} ${status} ${text.slice(text.indexOf('<main'))}`;
      if (location) expect((await reader.open(location)).status, answer).toBeLessThan(400);
      else if (needed.length === 0) expect(status, answer).toBeOneOf([200, 201, 400, 401, 403, 404, 409]);
      else expect([isBack, /aria-invalid="true"|role="alert"|aria-live/.test(text)], answer).toEqual([true, true]);
    },
  );
});
