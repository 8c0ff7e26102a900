import { IntlMessageFormat } from 'intl-messageformat';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PORTAL_PAGES } from '../../api/http/portal-pages.ts';
import { html } from '../../api/pages/html.ts';
import { REFUSALS_EN } from '../../api/pages/languages/en/refusals.ts';
import { PAGES_DE, PAGES_EN } from '../../api/pages/languages/index.ts';
import { linkTo, strong, tell } from '../../api/pages/say.ts';
import { DOMAIN_DE, DOMAIN_EN } from '../../domain/words/index.ts';
import { NOTICES_DE, NOTICES_EN } from '../../notifications/words/index.ts';
import { adviceOn } from '../../domain/payouts/advice.ts';
import { accrueAll } from '../fixtures/accrual.ts';
import { type Api, startApi } from '../api/api.ts';
import { addPair, type Pair } from '../api/pair.ts';
import { signIn } from './site.ts';

const SALE = {
  source: 'shop',
  id: 'order-1',
  program: 'shop',
  partner: 'ann',
  kind: 'sale',
  currency: 'USD',
  amount: '1200.00',
  occurredAt: '2026-02-10T12:00:00Z',
};
const NO_MONEY = { currency: undefined, amount: undefined };

let api: Api;
let pair: Pair;
beforeAll(async () => {
  api = await startApi();
  pair = await addPair(api);
  await api.ask('POST', '/v1/events', {
    body: { events: [SALE, { ...SALE, id: 'visit-1', kind: 'visit', ...NO_MONEY }] },
  });
  await accrueAll(api.db, 'shop');
  await api.db.query(sql.unsafe`
    insert into instrument_failure(payout_id, instrument_id, reason, advice)
    select id, instrument_version_id, 'RECEIVER_UNREGISTERED', ${adviceOn('paypal', 'failed', 'RECEIVER_UNREGISTERED').text} from payout`);
});
afterAll(() => api.stop());

const read = async (path: string, language: string, headers: Readonly<Record<string, string>> = {}) =>
  (await api.app.request(path, { headers: { 'accept-language': language, ...headers } })).text();

/** Everything that a reader meets: the texts between the tags, and the texts that a screen reader says. */
function textsOf(page: string): string[] {
  const seen = page.slice(page.indexOf('<title')).replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, '');
  const spoken = [...seen.matchAll(/(?:aria-label|placeholder)="([^"]*)"/g)].map(([, text = '']) => text);
  return [...seen.split(/<[^>]*>/), ...spoken].map((text) => text.replaceAll(DATA, '').replaceAll(/\s+/g, ' ').trim());
}

/** Texts that people typed, and names in the books. */
const DATA =
  /\S+@\S+|shop|order-1|visit-1|\bsale\b|commission|https:\/\/id\.test|routers|The fair|The stand|invoice 4711|(ab){8}…|standard|I do not see this sale\.|A notice|It is for ann\.|Customer, Partner ann|Partner ann|\bann(-login)?\b|customer\.example|– Bursar/g;
/** Words that both languages have. */
const SAME = new Set([
  'Bursar',
  'Partner',
  'Name',
  'Person',
  'PayPal',
  'Bank',
  'Status',
  'Website',
  'Plan',
  'Customer',
  'partner',
  'Browser',
  'Passkey',
  'English',
  'Deutsch',
  '· Partner',
]);

/** The texts of a page that did not change with the language. */
const unchanged = (english: readonly string[], german: readonly string[]): string[] =>
  [...new Set(german)].filter(
    (text) => /[a-z]{2}/i.test(text) && !/^[A-Z]{2,3}$/.test(text) && english.includes(text) && !SAME.has(text),
  );

/** Words that no German sentence has. They find a sentence that is English but for a date. */
const ENGLISH = /\b(the|of|and|is|are|we|you|your|to|it|this|from|by|with|for|until|since|such)\b/i;

const PAGES = [
  ...PORTAL_PAGES.filter((route) => route.startsWith('GET /portal/') && !route.endsWith('.csv')),
  'GET /account',
  'GET /account/passkeys/new',
  'GET /account/passkeys/{id}/name',
  'GET /notices/choices',
  'GET /portal/zoe',
  'GET /sign-in',
  'GET /portal/{partner}/details/new?method=check',
  'GET /portal/{partner}/statements?from=2026-13-01',
  ...['EUR&country=DE', 'USD&country=US', 'BRL&country=BR', 'JPY&country=JP'].map(
    (place) => `GET /portal/{partner}/details/new?method=bank&currency=${place}`,
  ),
];

/** Forms that are wrong in every field, and in none. */
const WRONG: readonly { form: string; fields: Readonly<Record<string, string>> }[] = [
  { form: 'deals', fields: { program: 'shop', country: 'x', amount: '1,5', currency: 'USD', expectedClose: 'soon' } },
  { form: 'deals', fields: {} },
  { form: 'requests', fields: { kind: 'wish', wish: 'x'.repeat(501), amount: '0', currency: 'USD', startsOn: '1' } },
  { form: 'claims', fields: {} },
  { form: 'questions', fields: { about: 'missing', day: 'soon', amount: 'much', currency: 'X', text: '' } },
  { form: 'users/new', fields: { name: '', email: 'nobody', access: 'all' } },
  { form: 'details/contact', fields: { email: 'nobody' } },
  { form: 'details/{id}/withdrawal', fields: { reason: '' } },
  { form: 'requests/{id}/withdrawal', fields: { reason: 'x\0' } },
  {
    form: 'details/new',
    fields: { method: 'bank', currency: 'EUR', country: 'DE', type: 'iban', 'details.IBAN': 'DE1' },
  },
  { form: 'details/new', fields: { method: 'check', 'address.country': 'US', 'address.region': 'Bavaria' } },
  { form: 'details/new', fields: { method: 'none' } },
  { form: 'questions/{id}/reply', fields: { text: 'Hier.' } },
];

describe('given a person of a partner', () => {
  it.each(PAGES)('when %s is read in German then no sentence is in English', async (route) => {
    const path = route
      .replace('GET ', '')
      .replace('{partner}', 'ann')
      .replace(/(\w+)\/\{id\}/, (_all, word: string) => `${word}/${pair.things[word]}`);
    const [english = '', german = ''] = await Promise.all(
      ['en', 'de'].map((language) => read(path, language, pair.ann.pages.headers)),
    );
    expect(german).toContain('<html lang="de">');
    expect(unchanged(textsOf(english), textsOf(german))).toEqual([]);
    expect(textsOf(german).filter((text) => ENGLISH.test(text))).toEqual([]);
  });

  it.each(WRONG)('when $form is sent with $fields then German words say what is wrong', async ({ form, fields }) => {
    await pair.ann.pages.post('/account/language', { language: 'de' });
    const path = form.replace(/(\w+)\/\{id\}/, (_all, word: string) => `${word}/${pair.things[word]}`);
    const answer = await pair.ann.pages.post(`/portal/ann/${path}`, fields);
    await pair.ann.pages.post('/account/language', { language: '' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    const texts = textsOf(await answer.text());
    expect(texts.filter((text) => ENGLISH.test(text))).toEqual([]);
  });

  it('when a form is sent in German then amounts have a comma, and an empty field is asked for', async () => {
    await pair.ann.pages.post('/account/language', { language: 'de' });
    const sent = (fields: Readonly<Record<string, string>>) => pair.ann.pages.post('/portal/ann/questions', fields);
    const asked = await sent({ about: 'missing', amount: '1.234,50', currency: 'USD', text: 'Das fehlt.' });
    const wrong = await sent({ about: 'missing', amount: '1,234.50', currency: 'USD', text: 'Das fehlt.' });
    const empty = await pair.ann.pages.post('/portal/ann/deals', {});
    const shown = await read(asked.headers.get('location') ?? '', 'de', pair.ann.pages.headers);
    await pair.ann.pages.post('/account/language', { language: '' });
    expect(shown).toContain('1.234,50 USD');
    expect(await wrong.text()).toMatch(/value="1,234\.50"[\s\S]*ist kein Betrag wie 12,34 oder -12,34/);
    expect(await empty.text()).toMatch(/Währung: bitte angeben[\s\S]*Erwarteter Abschluss: bitte angeben/);
  });

  it('when a bank form is sent empty then every required field is asked for at once', async () => {
    const place = { method: 'bank', currency: 'EUR', country: 'DE', type: 'iban' };
    const text = await (await pair.ann.pages.post('/portal/ann/details/new', place)).text();
    for (const name of ['holder', 'details.legalType', 'details.IBAN']) expect(text).toContain(`id="${name}-wrong"`);
    expect(text).toContain('Please correct 3 fields.');
  });

  it('when they choose a language then it is kept, whatever their browser wants', async () => {
    const { pages } = pair.ann;
    const german = () => read('/portal/ann', 'en-US', pages.headers);
    expect(await german()).toContain('<html lang="en">');
    expect((await pages.post('/account/language', { language: 'de' })).status).toBe(303);
    expect(await german()).toContain('<html lang="de">');
    expect(await german()).toContain('Guthaben in USD');
    expect(await read('/account', 'en', pages.headers)).toContain('<option value="de" selected>');
    expect((await pages.post('/account/language', { language: '' })).status).toBe(303);
    expect(await german()).toContain('<html lang="en">');
  });

  it('when they send a language that is none of ours then it is refused, and nothing changes', async () => {
    expect((await pair.ann.pages.post('/account/language', { language: 'tlh' })).status).toBe(400);
    expect(await read('/portal/ann', 'en', pair.ann.pages.headers)).toContain('<html lang="en">');
  });
});

/** The parameters and the parts of a sentence, which must be one. */
function namesOf(sentence: string, language: string): string[] {
  const parts = new IntlMessageFormat(sentence, language).getAst();
  expect(parts.length).toBeGreaterThan(0);
  return [...new Set(sentence.match(/(?<=\{)\w+(?=[,}])|(?<=<)\w+(?=>)/g))].toSorted();
}

describe.each([
  { of: 'the pages', english: PAGES_EN, german: PAGES_DE },
  { of: 'the notices', english: NOTICES_EN, german: NOTICES_DE },
  { of: 'the domain', english: DOMAIN_EN, german: DOMAIN_DE },
])('given the catalogues of $of', ({ english, german }) => {
  it('then each German sentence has the parameters of the English one', () => {
    const inGerman: Readonly<Record<string, string>> = german;
    for (const [key, sentence] of Object.entries(english)) {
      const [names, others] = [namesOf(sentence, 'en'), namesOf(inGerman[key] ?? '', 'de')];
      expect(names, key).toEqual(expect.arrayContaining(others));
      if (!(key in REFUSALS_EN)) expect(others, key).toEqual(names); // a refusal is general where its parameters are English
    }
  });
});

describe('given a name that would like to run a script', () => {
  it('when it is a parameter of a sentence then it stays text, and so does an address', () => {
    const drawn = { name: '<img src=x onerror=alert(1)>', strong, link: linkTo('/x"onclick="alert(2)') };
    const page = html`<p>${tell('frame.view', drawn)}</p>`.toString();
    expect(page).toContain('<strong>&lt;img src=x onerror=alert(1)&gt;</strong>');
    expect(page).toContain('<a href="/x&quot;onclick=&quot;alert(2)">');
  });
});

describe('given somebody who is not signed in', () => {
  it.each([
    { wants: 'de-AT,de;q=0.9,en;q=0.8', gets: 'de' },
    { wants: 'en-US,en;q=0.9,de;q=0.8', gets: 'en' },
    { wants: 'fr-FR,fr;q=0.9,de;q=0.5', gets: 'de' },
    { wants: 'de;q=0', gets: 'en' },
    { wants: '*', gets: 'en' },
    { wants: ';;q=x,,', gets: 'en' },
  ])('when their browser wants $wants then the page is in $gets', async ({ wants, gets }) => {
    expect(await read('/sign-in', wants)).toContain(`<html lang="${gets}">`);
  });
});

describe('given a person of the company', () => {
  it('when they read the console then it is in English, whatever they chose', async () => {
    const staff = await signIn(api, 'olga', 'operator');
    await staff.post('/account/language', { language: 'de' });
    expect(await read('/', 'de', staff.headers)).toContain('<html lang="en">');
  });
});
