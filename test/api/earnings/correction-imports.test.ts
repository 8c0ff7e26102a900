import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ITEMS_MAX } from '../../../commands/earnings/correction-proposals.ts';
import { checkInvariants } from '../../../scripts/check-invariants.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
type Key = Awaited<ReturnType<Api['newKey']>>;
let [preparer, approver]: [Key, Key] = [] as never;

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
  preparer = await api.newKey('preparer');
  approver = await api.newKey('approver');
});
afterAll(() => api.stop());

type Form = { file?: string; reason?: string; reference?: string; other?: string };

const send = ({ file, ...words }: Form, query = '', key = preparer.key): Promise<Answer> => {
  const form = new FormData();
  if (file !== undefined) form.set('file', new Blob([file]), 'spring.csv');
  for (const [name, text] of Object.entries(words)) form.set(name, text);
  return api.ask('POST', `/v1/corrections/import${query}`, { body: form, key });
};

const decide = (id: unknown): Promise<Answer> =>
  api.ask('POST', `/v1/corrections/${String(id)}/decision`, { body: { decision: 'confirm' }, key: approver.key });

const GOOD = [
  'partner,program,currency,amount,reason,availableOn',
  'ann,shop,USD,25.00,Spring bonus,2026-02-01',
  'bob,shop,USD,-10.5,,',
  'ann,shop,EUR,7,,',
  '',
].join('\n');

const payables = async (partner: string): Promise<string[]> => {
  const { body } = await api.ask('GET', `/v1/partners/${partner}/payability`);
  return (body['items'] as { currency: string; payable: string }[]).map(
    ({ currency, payable }) => `${payable} ${currency}`,
  );
};
const count = async () => ((await api.ask('GET', '/v1/corrections?limit=200')).body['items'] as unknown[]).length;

describe('given a file of adjustments', () => {
  it('when it is previewed then its sums are shown, and nothing is written', async () => {
    const { status, body } = await send({ file: GOOD, reason: 'Adjustments of spring' }, '?preview=true');
    expect(status).toBe(200);
    expect(body).toEqual({
      lines: 3,
      refused: 0,
      refusals: [],
      totals: [
        { currency: 'USD', amount: '14.50' },
        { currency: 'EUR', amount: '7.00' },
      ],
    });
    expect(await count()).toBe(0);
  });

  it('when it is sent then one proposal has all its lines, and counts as a whole once it is confirmed', async () => {
    const { status, body } = await send({ file: GOOD, reason: 'Adjustments of spring' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      kind: 'batch',
      status: 'proposed',
      reference: 'spring.csv',
      itemCount: 3,
      totals: [
        { currency: 'EUR', amount: '7.00', items: 1 },
        { currency: 'USD', amount: '14.50', items: 2 },
      ],
      items: [
        { partner: 'ann', amount: '25.00', reason: 'Spring bonus', availableOn: '2026-02-01' },
        { partner: 'bob', amount: '-10.50', reason: null },
        { partner: 'ann', currency: 'EUR' },
      ],
    });
    expect(await payables('ann')).toEqual(['0.00 USD']);
    expect((await decide(body['id'])).status).toBe(200);
    expect(await payables('ann')).toEqual(['7.00 EUR', '25.00 USD']);
    expect(await payables('bob')).toEqual(['-10.50 USD']);
    expect(await checkInvariants(api.db)).toEqual([]);
  });

  it.each([
    { line: 'ann,shop,USD,0.00', names: 'line 3: amount', because: 'nothing changes' },
    { line: 'ann,shop,USD,1.005', names: 'line 3: amount', because: 'dollars have two digits' },
    { line: 'ann,shop,USD,"1,000.00"', names: 'line 3: amount', because: 'it is not a decimal' },
    { line: 'ann,shop,XXX,1.00', names: 'line 3: currency', because: 'there is no such currency' },
    { line: 'nobody,shop,USD,1.00', names: 'line 3: partner', because: 'nobody is a partner' },
    { line: 'ann,other,USD,1.00', names: 'line 3: program', because: 'there is no such program' },
    { line: 'ann,shop,,1.00', names: 'line 3: currency', because: 'it is missing' },
    { line: 'ann,shop,USD,1.00,extra', names: 'line 3: (row)', because: 'it has a cell too many' },
  ])('when a line is $line then it is named, and no line is recorded: $because', async ({ line, names }) => {
    const file = `partner,program,currency,amount\nann,shop,USD,1.00\n${line}\n`;
    const before = await count();
    const answer = await send({ file, reason: 'spring' });
    expect(answer.body).toMatchObject({ code: 'invalid_input', status: 400 });
    expect((answer.body['errors'] as { field: string }[]).map(({ field }) => field)).toContain(names);
    expect(await count()).toBe(before);
    const preview = await send({ file, reason: 'spring' }, '?preview=true');
    expect(preview.body).toMatchObject({ lines: 2, totals: [{ amount: '1.00' }], refusals: [{ line: 3 }] });
  });

  it.each([
    { form: { reason: 'spring' }, field: 'file' },
    { form: { file: GOOD }, field: 'reason' },
    { form: { file: GOOD, reason: 'spring', other: 'x' }, field: 'other' },
    { form: { file: 'partner,program,currency,amount\n', reason: 'spring' }, field: 'file' },
    { form: { file: 'partner,program,amount\nann,shop,1\n', reason: 'spring' }, field: 'file' },
    { form: { file: 'partner,program,currency,amount,tax\nann,shop,USD,1,2\n', reason: 'spring' }, field: 'file' },
    {
      form: { file: `partner,program,currency,amount\n${'ann,shop,USD,1\n'.repeat(ITEMS_MAX + 1)}`, reason: 'spring' },
      field: 'file',
    },
  ])('when the form cannot be accepted then $field is named', async ({ form, field }) => {
    expect((await send(form)).body).toMatchObject({ code: 'invalid_input', errors: [{ field }] });
  });

  it('when it has as many lines as a correction may have then it is booked in one journal for each currency', async () => {
    const file = `partner,program,currency,amount\n${'ann,shop,USD,0.01\n'.repeat(ITEMS_MAX)}`;
    const { body } = await send({ file, reason: 'a cent each' });
    expect((await decide(body['id'])).body).toMatchObject({ itemCount: ITEMS_MAX, totals: [{ amount: '10.00' }] });
    const { body: page } = await api.ask('GET', `/v1/corrections/${String(body['id'])}/items?limit=200`);
    expect(page['items']).toHaveLength(200);
    expect(page['nextCursor']).not.toBeNull();
    expect(await checkInvariants(api.db)).toEqual([]);
  });
});

describe('given an adjustment that would count from a day of another age', () => {
  it('then it is refused, and the day is named', async () => {
    const about = { kind: 'credit', partner: 'ann', program: 'shop', currency: 'USD', amount: '1.00', reason: 'Bonus' };
    const body = { ...about, availableOn: '9999-12-31' };
    const credit = await api.ask('POST', '/v1/corrections', { body, key: preparer.key });
    expect([credit.status, credit.text]).toEqual([400, expect.stringContaining('availableOn') as string]);
    const file = 'partner,program,currency,amount,availableOn\nann,shop,USD,1.00,9999-12-31\n';
    expect(await send({ file, reason: 'Bonus' })).toMatchObject({ status: 400 });
  });
});
