import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { finishPreview } from '../../commands/earnings/re-ratings.ts';
import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, questionOf, type SignedInPerson } from '../fixtures/passkey.ts';

const CREDIT = {
  kind: 'credit',
  partner: 'ann',
  program: 'shop',
  currency: 'USD',
  amount: '15.00',
  reason: 'Freight was charged twice',
};

let api: Api;
let paul: SignedInPerson;
let anna: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  paul = await openVisitor(api, 'paul', ['preparer', 'approver']);
  anna = await openVisitor(api, 'anna', ['approver']);
});
afterAll(() => api.stop());

const isInLedger = async (partner: string) =>
  ((await api.ask('GET', `/v1/partners/${partner}/balances`)).body['items'] as object[]).length > 0;

describe('given a preparer who proposes a credit', () => {
  let path: string;
  beforeAll(async () => {
    path = (await paul.sign('/earnings/corrections', CREDIT)).location ?? '';
  });

  it('then it waits, and its proposer reads why they cannot confirm it', async () => {
    const { text } = await paul.open(path);
    expect(text).toContain('waits for another person');
    expect(text).toContain('You proposed this, so somebody else must decide it.');
    expect((await anna.open('/')).text).toContain(`href="${path}"`);
    expect((await paul.post(`${path}/confirm`, { note: '' })).status).toBe(200);
    expect((await paul.sign(`${path}/confirm`, { note: '' })).status).toBe(403);
    expect(await isInLedger('ann')).toBe(false);
  });

  it('when another person confirms it without a signature then nothing is booked, and with one it is', async () => {
    expect((await anna.post(`${path}/confirm`, { note: '' })).status).toBe(200);
    expect(await isInLedger('ann')).toBe(false);
    expect((await anna.sign(`${path}/confirm`, { note: '' })).location).toBe(path);
    expect(await isInLedger('ann')).toBe(true);
    expect((await anna.open(path)).text).toContain('Confirmed by anna');
  });

  it.each([
    { field: 'amount', value: '15.001', says: 'Amount ' },
    { field: 'partner', value: 'nobody', says: 'nobody is not known' },
    { field: 'reason', value: '', says: 'Reason is missing.' },
  ])('when its $field is $value then the form comes back with the reason', async ({ field, value, says }) => {
    const typed = { ...CREDIT, [field]: value };
    const asked = await paul.post('/earnings/corrections', typed);
    const answer = asked.status === 200 ? await paul.sign('/earnings/corrections', typed) : asked;
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(says);
  });

  it('when its file has a line that cannot be accepted then none of its lines is proposed', async () => {
    const form = new FormData();
    form.set('reason', 'Spring promotion');
    form.set('file', new File(['partner,program,currency,amount\nann,shop,USD,1.00\neve,shop,USD,2.00\n'], 'fix.csv'));
    const { text } = await paul.upload('/earnings/corrections/import/preview', form);
    expect(text).toContain('eve is not known');
    expect(text).not.toContain('name="seen"');
  });

  it('when the file that was seen is proposed then another person decides it as a whole', async () => {
    const form = new FormData();
    form.set('reason', 'Spring promotion');
    form.set('file', new File(['partner,program,currency,amount\nbob,shop,USD,1.00\nann,shop,USD,2.00\n'], 'fix.csv'));
    expect((await paul.upload('/earnings/corrections/import', form)).status).toBe(400);
    const { text } = await paul.upload('/earnings/corrections/import/preview', form);
    form.set('seen', /name="seen" value="([0-9a-f]+)"/.exec(text)?.[1] ?? '');
    const question = await paul.upload('/earnings/corrections/import', form);
    expect(question.text).toContain('Propose 2 adjustments?');
    expect((await anna.open('/earnings/corrections')).text).not.toContain('Spring promotion');
    const { location } = await paul.touch('/earnings/corrections/import/signed', question);
    const page = (await anna.open(location ?? '')).text;
    for (const words of ['Adjustments of a file', 'fix.csv', '2.00 USD']) expect(page).toContain(words);
    const tampered = { ...questionOf(question).fields, items: '[]', credential: '' };
    expect((await paul.post('/earnings/corrections/import/signed', tampered)).status).toBe(400);
    await anna.sign(`${location}/refuse`, { reason: 'The ticket says March' });
    expect((await anna.open(location ?? '')).text).toContain('The ticket says March');
    expect(await isInLedger('bob')).toBe(false);
  });

  it('when somebody without the role proposes one then there is nothing for them', async () => {
    expect((await anna.post('/earnings/corrections', CREDIT)).status).toBe(404);
  });
});

describe('given a preparer who has days worked out again', () => {
  const DAYS = { program: 'shop', from: '2026-01-01', until: '2026-03-01', partner: '', reason: 'The rate was wrong' };

  it.each([
    { form: { ...DAYS, until: '2025-12-01' }, says: 'is not after 2026-01-01' },
    { form: { ...DAYS, reason: '' }, says: 'Reason is missing.' },
    { form: { ...DAYS, from: 'spring' }, says: 'First day is not a date' },
  ])('when the form is $form then it comes back with the reason', async ({ form, says }) => {
    const { status, text } = await paul.post('/earnings/re-ratings', form);
    expect([status, text.includes(says)]).toEqual([400, true]);
  });

  it('when it is proposed then nobody decides it before its preview is ready, and a second one waits for the first', async () => {
    expect((await paul.open('/earnings/re-ratings/new')).text).toContain('Work out days again');
    const question = await paul.post('/earnings/re-ratings', DAYS);
    expect((await paul.open('/earnings/re-ratings')).text).toContain('No day was worked out again.');
    const { location } = await paul.touch('/earnings/re-ratings', question);
    expect((await paul.open(location ?? '')).text).toContain('It is being worked out.');
    expect((await anna.sign(`${location}/confirm`)).status).toBe(409);
    expect((await paul.sign('/earnings/re-ratings', DAYS)).status).toBe(409);
    expect((await anna.open('/earnings/re-ratings?program=shop')).text).toContain('The rate was wrong');
    expect((await anna.open(`${location}/items.csv`)).text).toMatch(/^partner,currency,/);
    await finishPreview(api.db, (location ?? '').split('/').at(-1) ?? '');
    expect((await paul.sign(`${location}/confirm`)).status).toBe(403);
    expect((await anna.post(`${location}/decline`, { reason: ' ' })).status).toBe(400);
    expect((await anna.sign(`${location}/decline`, { reason: 'Not now' })).location).toBe(location);
    expect((await anna.open(location ?? '')).text).toContain('Declined by anna');
    const statements = await api.db.anyFirst(sql.type(z.object({ statement: z.string() }))`
      select statement from re_rating join signature on signature.id in (proposal_signature_id, decision_signature_id)
      order by signature.id`);
    expect(statements).toEqual([
      expect.stringMatching(/^bursar propose re-rating re-rating\/new content /),
      expect.stringMatching(/^bursar decline re-rating re-rating\/[0-9a-f-]{36} content /),
    ]);
  });
});
