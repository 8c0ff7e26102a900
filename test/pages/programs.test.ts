import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { lineOf, linesOf } from '../../api/pages/finance/programs/json-lines.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const PLAN = '/programs/shop/plans/standard';
const text = (percent: string): string =>
  JSON.stringify({ ...TERMS, incentives: [{ id: 'commission', pay: { rule: 'percent', percent } }] }, null, 2);
const FORM = { effectiveFrom: '', reason: '', from: '', until: '' };

let api: Api;
let operator: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  operator = await openVisitor(api, 'operator', ['operator']);
});
afterAll(() => api.stop());

const countVersions = () =>
  api.db.oneFirst(sql.type(z.object({ n: z.int() }))`select count(*)::int as n from plan_version`);

describe('given a plan that somebody edits', () => {
  it.each([
    {
      terms: text('101'),
      says: 'Line 9</strong> <code>incentives[0].pay.percent</code>',
      because: 'a rate is too high',
    },
    { terms: '{\n  "holdDays": 14,\n}', says: 'Line 3</strong> <code>JSON</code>', because: 'it is not JSON' },
    { terms: '{"rules":[]}', says: '<code>holdDays</code>', because: 'a term is missing' },
    {
      terms: text('10').replace('"pay"', '"when": { "attributes": { "colour": ["red"] } },\n      "pay"'),
      says: 'colour',
      because: 'the program has no such attribute',
    },
  ])('when the draft is checked and $because then the objection has its way and line', async ({ terms, says }) => {
    const { text: page } = await operator.post(`${PLAN}/edit`, { ...FORM, terms });
    expect(page).toContain(says);
    expect((await operator.post(`${PLAN}/versions`, { ...FORM, terms, reason: 'Try' })).status).toBe(400);
    expect(await countVersions()).toBe(1);
  });

  it('when the draft is right then the page says what differs, and nothing is saved', async () => {
    const { text: page } = await operator.post(`${PLAN}/edit`, { ...FORM, terms: text('12') });
    expect(page).toContain('commission: pay.percent is 12, and was 10.');
    expect(await countVersions()).toBe(1);
  });

  it.each([
    { form: { reason: '' }, says: 'Reason is missing' },
    { form: { reason: 'New rates', effectiveFrom: 'soon' }, says: 'In force from is not a date' },
    { form: { reason: 'New rates', effectiveFrom: '1969-01-01' }, says: 'In force from is' },
  ])('when it is published with $form then the form comes back with the reason', async ({ form, says }) => {
    const asked = await operator.post(`${PLAN}/versions`, { ...FORM, terms: text('12'), ...form });
    const { status, text: page } = asked.status === 200 ? await operator.touch(`${PLAN}/versions`, asked) : asked;
    expect(status).toBe(400);
    expect(page).toContain(says);
    expect(await countVersions()).toBe(1);
  });

  it('when it is tried on days that are none then the form comes back with the reason', async () => {
    const form = { ...FORM, terms: text('12'), from: '2026-03-01', until: '2026-03-01' };
    const { status, text: page } = await operator.post(`${PLAN}/back-tests`, form);
    expect([status, page.includes('is not after the first day')]).toEqual([400, true]);
  });

  it('when a preparer tries it on past events then the back-test begins, and they may not publish', async () => {
    const preparer = await openVisitor(api, 'preparer', ['preparer']);
    const form = { ...FORM, terms: text('12'), from: '2026-01-01', until: '2026-03-01' };
    const { location } = await preparer.post(`${PLAN}/back-tests`, form);
    expect((await preparer.open(location ?? '')).text).toContain('asked for by preparer');
    expect((await preparer.open(`${location}/partners.csv`)).text).toMatch(/^partner,unit,/);
    expect((await preparer.open(`${PLAN}/edit`)).text).not.toContain('Publish it');
    expect((await preparer.post(`${PLAN}/versions`, { ...form, reason: 'Now' })).status).toBe(404);
  });

  it('when it is published for a later day then that version can be withdrawn, and the one in force cannot', async () => {
    const form = { ...FORM, terms: text('12'), effectiveFrom: '2099-01-01', reason: 'New rates' };
    expect((await operator.sign(`${PLAN}/versions`, form)).location).toBe(PLAN);
    expect((await operator.open(PLAN)).text).toContain('not in force yet');
    expect((await operator.open(`${PLAN}/versions/2`)).text).toContain('commission: pay.percent is 12, and was 10.');
    await operator.post(`${PLAN}/versions/2/withdraw`, { reason: 'A mistake' });
    expect((await operator.open(PLAN)).text).toContain('withdrawn');
    expect((await operator.post(`${PLAN}/versions/1/withdraw`, { reason: 'A mistake' })).status).toBe(409);
    expect((await operator.open('/programs/shop')).text).toContain(PLAN);
    expect((await operator.open('/programs/shop/standing?partner=ann')).text).toContain('Partner ann');
  });

  it.each([
    '/programs/none',
    '/programs/shop/plans/none',
    `${PLAN}/versions/9`,
    `${PLAN}/versions/x`,
    '/programs/none/plans/x/edit',
    '/programs/shop/standing?partner=none',
    '/back-tests/1',
  ])('when %s is opened then it is not there', async (path) => {
    expect((await operator.open(path)).status).toBe(404);
  });
});

describe('given a text of JSON', () => {
  it.each([
    { field: 'b[1].c', line: 5 },
    { field: 'b[1].c.d.e', line: 5 },
    { field: 'missing', line: 1 },
    { field: 'f', line: 7 },
  ])('when an objection is about $field then its line is $line', ({ field, line }) => {
    const lines = linesOf('{\n "a": {},\n "b": [\n  "x, {",\n  { "c": "]" }\n ],\n "f": [] }');
    expect(lineOf(lines, field)).toBe(line);
  });
});
