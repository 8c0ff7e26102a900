import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { accrueAll } from '../../fixtures/accrual.ts';
import { type Answer, type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
});
afterAll(() => api.stop());

const example = (name: string) => readFile(join(import.meta.dirname, '../../../examples/rates', name), 'utf8');

const send = (file: string, query = ''): Promise<Answer> => {
  const form = new FormData();
  form.set('file', new Blob([file]), 'rates');
  return api.ask('POST', `/v1/rates/import${query}`, { body: form });
};
const record = (body: object): Promise<Answer> => api.ask('POST', '/v1/rates', { body });
const errorsOf = ({ body }: Answer) => (body['errors'] as { field: string }[]).map(({ field }) => field);
const ratesOf = async (query: string) => {
  const { body } = await api.ask('GET', `/v1/rates?${query}`);
  return (body['items'] as { day: string; base: string; quote: string; rate: string | null }[]).map(
    ({ day, base, quote, rate }) => `${day} ${base}/${quote} ${rate}`,
  );
};

describe('given the files of the European Central Bank', () => {
  it('when they are loaded then their rates hold, and the same files again change nothing', async () => {
    expect((await send(await example('eurofxref-daily.xml'))).body).toMatchObject({
      source: 'ECB',
      base: 'EUR',
      recorded: 3,
      corrected: 0,
      replayed: 0,
    });
    const table = await send(await example('eurofxref-hist.csv'));
    expect(table.body).toMatchObject({ recorded: 6, corrected: 0, replayed: 3, skippedCurrencies: ['LTL'] });
    for (const name of ['eurofxref-daily.xml', 'eurofxref-hist.csv'])
      expect((await send(await example(name))).body).toMatchObject({ recorded: 0, corrected: 0 });
    expect(await ratesOf('quote=JPY')).toEqual([
      '2026-03-09 EUR/JPY 160.50',
      '2026-03-06 EUR/JPY 160.25',
      '2026-03-05 EUR/JPY null',
    ]);
    expect(await ratesOf('day=2026-03-06&base=EUR')).toHaveLength(3);
  });

  it('when the file of one day writes its date in words then it is read too', async () => {
    const { body } = await send('Date, USD, JPY, \n10 March 2026, 1.0910, 160.60, \n');
    expect(body).toMatchObject({ recorded: 2 });
    expect(await ratesOf('day=2026-03-10&quote=USD')).toEqual(['2026-03-10 EUR/USD 1.0910']);
  });

  it.each([
    {
      wrong: 'a rate in a wrong notation',
      file: 'Date,USD,JPY\n2026-03-11,1.08,160.1\n2026-03-12,"1,08",160\n',
      fields: ['line 3: USD'],
    },
    { wrong: 'a date that is none', file: 'Date,USD\n2026-02-30,1.08\n', fields: ['line 2: day'] },
    { wrong: 'two rates of a day', file: 'Date,USD\n2026-03-11,1.08\n2026-03-11,1.09\n', fields: ['line 3: USD'] },
    { wrong: 'an entity', file: '<!DOCTYPE a [<!ENTITY b "c">]><a/>', fields: ['line 1: file'] },
    { wrong: 'an archive', file: 'PK\u0003\u0004', fields: ['file'] },
    { wrong: 'other columns', file: 'day,price\n2026-03-11,1\n', fields: ['file'] },
  ])('when one has $wrong then $fields are named, and nothing is recorded', async ({ file, fields }) => {
    const answer = await send(file);
    expect([answer.status, errorsOf(answer)]).toEqual([400, fields]);
    expect(await ratesOf('day=2026-03-11')).toEqual([]);
  });
});

describe('given rates of another source', () => {
  it('when a file names its base then the source keeps it, and refuses another one', async () => {
    const file = 'date,base,quote,rate\n2026-03-06,USD,CAD,1.3650\n2026-03-09,USD,CAD,N/A\n';
    expect((await send(file, '?source=treasury')).body).toMatchObject({ base: 'USD', days: 'weekdays', recorded: 2 });
    const other = await send('date,base,quote,rate\n2026-03-06,GBP,CAD,1.7\n', '?source=treasury');
    expect([other.status, errorsOf(other)]).toEqual([400, ['base']]);
    expect(await ratesOf('source=treasury')).toEqual(['2026-03-09 USD/CAD null', '2026-03-06 USD/CAD 1.3650']);
  });

  it('when a new source has no base then it is asked for', async () => {
    const answer = await record({ source: 'nobody', rates: [{ day: '2026-03-06', quote: 'USD', rate: '1.1' }] });
    expect([answer.status, errorsOf(answer)]).toEqual([400, ['base']]);
  });

  it('when a plan names a source of which nobody recorded rates then it is refused', async () => {
    const terms = (rates: string) => ({
      ...TERMS,
      incentives: [{ id: 'commission', unit: 'USD', rates, pay: { rule: 'percent', percent: '10' } }],
    });
    const plan = (code: string, rates: string) =>
      api.ask('POST', '/v1/programs/shop/plans', { body: { code, terms: terms(rates) } });
    const answer = await plan('strange', 'nobody');
    expect([answer.status, errorsOf(answer)]).toEqual([400, ['terms.incentives[0].rates']]);
    expect((await plan('known', 'treasury')).status).toBe(201);
  });
});

describe('given a rate that a person sends', () => {
  it('when it differs from the known one then it supersedes it', async () => {
    const send2 = (rate: string | null) => record({ rates: [{ day: '2026-03-13', quote: 'USD', rate }] });
    expect((await send2('1.10')).body).toMatchObject({ recorded: 1, corrected: 0, replayed: 0 });
    expect((await send2('1.1000')).body).toMatchObject({ recorded: 0, replayed: 1 });
    expect((await send2('1.2')).body).toMatchObject({ recorded: 1, corrected: 1 });
    expect((await send2(null)).body).toMatchObject({ recorded: 1, corrected: 1 });
    expect(await ratesOf('day=2026-03-13')).toEqual(['2026-03-13 EUR/USD null']);
  });

  it('when it is wrong then its place is named', async () => {
    const rates = [
      { day: '2026-03-13', quote: 'GBP', rate: '0.86' },
      { day: '2026-03-14', quote: 'GBP', rate: '0.86' },
      { day: '2026-03-16', quote: 'GBP', rate: '0' },
    ];
    const answer = await record({ rates });
    expect([answer.status, errorsOf(answer)]).toEqual([400, ['rates[1].day', 'rates[2].rate']]);
    expect(await ratesOf('quote=GBP&day=2026-03-13')).toEqual([]);
  });
});

describe('given a sale whose rate is not known, when a run is drafted', () => {
  it('then the run counts it and its outcome names it, until the rate comes', async () => {
    const incentives = [{ id: 'commission', unit: 'USD', pay: { rule: 'percent', percent: '10' } }];
    const body = { code: 'foreign', terms: { ...TERMS, holdDays: 0, incentives } };
    expect((await api.ask('POST', '/v1/programs/shop/plans', { body })).status).toBe(201);
    const partner = { code: 'fay', name: 'Fay', kind: 'affiliate', country: 'US' };
    expect((await api.ask('POST', '/v1/partners', { body: partner })).status).toBe(201);
    const agreement = { program: 'shop', plan: 'foreign', startsOn: '2026-01-01' };
    expect((await api.ask('POST', '/v1/partners/fay/agreements', { body: agreement })).status).toBe(201);
    const sale = { source: 'store', program: 'shop', partner: 'fay', kind: 'sale', occurredAt: '2026-03-17T12:00:00Z' };
    const events = [
      { ...sale, id: 'known', currency: 'USD', amount: '100.00' },
      { ...sale, id: 'foreign', currency: 'GBP', amount: '80.00' },
    ];
    expect((await api.ask('POST', '/v1/events', { body: { events } })).status).toBe(200);
    await accrueAll(api.db, 'shop');
    const { key } = await api.newKey('preparer');
    const run = await api.ask('POST', '/v1/runs', { body: { schedule: 'monthly', upTo: '2026-09-15' }, key });
    const id = String(run.body['id']);
    const waiting = async () => (await api.ask('GET', `/v1/runs/${id}`)).body['eventsWithoutRate'];
    expect(await waiting()).toEqual([{ currency: 'GBP', count: 1, amount: '80.00' }]);
    const [partnerId] = await api.db.anyFirst(
      sql.type(z.object({ id: z.bigint() }))`select id from partner where code = 'fay'`,
    );
    await api.db.query(sql.unsafe`
      insert into run_outcome(run_id, partner_id, currency, outcome, payable_minor, reasons)
      values (${id}, ${String(partnerId)}, 'USD', 'below_minimum', 0, '[]')`);
    const { items } = (await api.ask('GET', `/v1/runs/${id}/outcomes`)).body as { items: Record<string, unknown>[] };
    expect(items.find(({ partner: code }) => code === 'fay')).toMatchObject({
      eventsWithoutRate: [
        { source: 'store', id: 'foreign', currency: 'GBP', amount: '80.00', rate: 'ECB/2026-03-17/GBP' },
      ],
      waitingRefunds: [],
    });
    const rates = ['GBP', 'USD'].map((quote) => ({ day: '2026-03-17', quote, rate: '1.0000' }));
    expect((await record({ rates })).body).toMatchObject({ recorded: 2, eventsWoken: 1 });
    await accrueAll(api.db, 'shop');
    expect(await waiting()).toEqual([]);
  });
});
