import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { getPartner } from '../../db/partners/partners.ts';
import { addLine, type Api, setUpShop, startApi } from '../api/api.ts';
import { type SignedIn, signIn, textOf } from './site.ts';

let api: Api;
let [ann, bob, preparer, approver, auditor]: [SignedIn, SignedIn, SignedIn, SignedIn, SignedIn] = [] as never;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  const partner = async (code: string) => signIn(api, `${code}-login`, 'partner', (await getPartner(api.db, code)).id);
  [ann, bob] = [await partner('ann'), await partner('bob')];
  preparer = await signIn(api, 'paul', 'preparer');
  approver = await signIn(api, 'anna', 'approver');
  auditor = await signIn(api, 'adam', 'auditor');
  await addLine(api.db, 'ann', 5000, '2026-03-01');
});
afterAll(() => api.stop());

const idIn = (response: Response): string => response.headers.get('location')?.split('/').at(-1) ?? '';
const MISSING = { about: 'missing', line: 'order-1001', day: '2026-03-03', text: 'I do not see\nthis sale.' };

describe('given a partner who misses a sale', () => {
  it('when they ask, reply and reopen in the portal then staff answer in the console, and each side reads the other', async () => {
    const empty = await ann.post('/portal/ann/questions', { ...MISSING, text: ' ' });
    expect(empty.status).toBe(400);
    expect(await textOf(empty)).toMatch(/What is missing\? .*Question is missing\./);
    const id = idIn(await ann.post('/portal/ann/questions', MISSING));
    const [own, desk] = [`/portal/ann/questions/${id}`, `/questions/${id}`];
    expect(await textOf(ann.get(own))).toMatch(
      /order-1001 we look at it .* We answer by .* You asked .* I do not see this sale\./,
    );
    expect(await textOf(preparer.get('/'))).toContain('Answer a question of a partner');
    expect(await textOf(preparer.get('/questions'))).toMatch(
      /To answer 1 question .* order-1001 Something that is missing ann/,
    );

    await preparer.post(`${desk}/answer`, { act: 'back', text: 'In which shop?' });
    expect(await textOf(ann.get(own))).toMatch(/waits for you .* We asked back .* In which shop\?/);
    expect((await ann.post(`${own}/reply`, { text: '' })).status).toBe(400);
    await ann.post(`${own}/reply`, { text: 'In Reno.' });
    expect(await textOf(auditor.get(desk))).not.toContain('Your answer');
    await preparer.post(`${desk}/answer`, { act: 'answer', text: 'It counts in April.' });
    const answered = await textOf(ann.get(own));
    expect(answered).toMatch(/answered .* It counts in April\. This does not settle it/);
    expect(answered).not.toContain('paul');
    expect(await textOf(auditor.get(desk))).toMatch(/ann asked .* paul answered/);
    await ann.post(`${own}/reopening`, { text: 'No, in March.' });
    await preparer.post(`${desk}/answer`, { act: 'close', text: 'By the contract it is April.' });
    expect(await textOf(ann.get(own))).toContain('The question was reopened once. Ask a new question.');
    expect((await bob.get(`/portal/bob/questions/${id}`)).status).toBe(404);
  });

  it('when staff propose a correction then the question says so, and a wrong amount stands next to its field', async () => {
    const id = idIn(await ann.post('/portal/ann/questions', { ...MISSING, amount: '15.00', currency: 'USD' }));
    const form = { program: 'shop', currency: 'USD', amount: 'much', reason: 'It was missing', text: 'You are right.' };
    const wrong = await preparer.post(`/questions/${id}/adjustment`, form);
    expect(wrong.status).toBe(400);
    expect(await textOf(wrong)).toContain('Amount is not a decimal amount such as 12.34 or -12.34.');
    expect((await approver.post(`/questions/${id}/adjustment`, { ...form, amount: '15.00' })).status).toBe(404);
    await preparer.post(`/questions/${id}/adjustment`, { ...form, amount: '15.00' });
    expect(await textOf(ann.get(`/portal/ann/questions/${id}`))).toMatch(/correction proposed A second person decides/);
    const csv = await (await auditor.get('/questions.csv?status=adjusting')).text();
    expect(csv.split('\n')).toHaveLength(3);
  });

  it('when a page lists lines then each one leads to a question about it', async () => {
    await ann.post('/portal/ann/questions', MISSING);
    const page = await (await ann.get('/portal/ann/questions/new?about=statement&line=Earnings&day=2026-03-01')).text();
    expect(page).toContain('name="line" value="Earnings"');
    expect(
      (
        await ann.post('/portal/ann/questions', {
          about: 'statement',
          line: 'Earnings',
          day: '2026-03-01',
          text: 'Why?',
        })
      ).status,
    ).toBe(303);
  });
});
