import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PORTAL_PAGES } from '../../api/http/portal-pages.ts';
import { type Api, startApi } from '../api/api.ts';
import { addPair, type Pair } from '../api/pair.ts';
import { signIn } from './site.ts';

let api: Api;
let pair: Pair;
beforeAll(async () => {
  api = await startApi();
  pair = await addPair(api);
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
  /\S+@\S+|shop|routers|The fair|The stand|invoice 4711|(ab){8}…|standard|I do not see this sale\.|A notice|It is for ann\.|Customer, Partner ann|Partner ann|\bann(-login)?\b|customer\.example|– Bursar/g;
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
const ENGLISH = /\b(the|of|and|is|are|we|you|your|to|it|this|from|by|with|for|until|since)\b/i;

const PAGES = [
  ...PORTAL_PAGES.filter((route) => route.startsWith('GET /portal/') && !route.endsWith('.csv')),
  'GET /account',
  'GET /account/passkeys/new',
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
