import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { TABLE_LINES_MAX } from '../../../commands/table.ts';
import { type Api, setUpShop, startApi, TERMS } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  const eligibility = { needs: [{ key: 'certification', anyOf: ['net-1'] }], territories: [] };
  await api.ask('POST', '/v1/programs', {
    body: { code: 'pro', name: 'Pro', schedule: 'monthly', partnerKinds: ['reseller'], eligibility },
  });
  await api.ask('POST', '/v1/programs/pro/plans', { body: { code: 'standard', terms: TERMS } });
});
afterAll(() => api.stop());

function send(path: string, lines: readonly string[], more: { key?: string; headers?: Record<string, string> } = {}) {
  const form = new FormData();
  form.set('file', new Blob([lines.join('\n')]), 'partners.csv');
  return api.ask('POST', path, { body: form, ...more });
}
const importPartners = (...lines: string[]) => send('/v1/partners/import', lines);
const importFacts = (...lines: string[]) => send('/v1/facts/import', lines);

const countRows = () =>
  api.db.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select (select count(*) from partner) + (select count(*) from agreement_term) + (select count(*) from partner_fact)
      + (select count(*) from audit_log) as count`);
const read = async (path: string) => (await api.ask('GET', path)).body;

const HEADER =
  'code,name,kind,country,email,program,plan,startsOn,endsOn,program2,plan2,startsOn2,fact.certification,factsFrom';
const FILE = [
  HEADER,
  'bea,Bea,reseller,US,bea@example.com,shop,standard,2026-01-01,,pro,standard,2026-03-01,net-1,2026-02-01',
  'cem,"Cem, Inc",affiliate,DE,,shop,standard,2026-01-01,2026-07-01,,,,,',
  'ann,Ann,affiliate,US,,shop,standard,2026-01-01,,,,,,',
  'dora,Dora,reseller,US,,shop,standard,2026-01-01,,pro,standard,2026-03-01,,',
  'emil,Emil,agent,Germany,none,shop,silver,2026-01-01,2025-01-01,,,,net-1,',
  'bea,Bea again,reseller,US,,,,,,,,,,',
  'fred,Fred,reseller,US,,shop,,2026-01-01,,,,,,',
  'gus,Gus,reseller,US,,shop,standard,2026-01-01,,shop,standard,2026-03-01,,',
];

describe('given a file of partners', () => {
  it('when it is previewed then each line is judged as it would be, and nothing is written', async () => {
    const before = await countRows();
    const answer = await send('/v1/partners/import?preview=true', FILE);
    expect(answer).toMatchObject({ status: 200, body: { preview: true, lines: 8, taken: 2 } });
    expect(await countRows()).toBe(before);
  });

  it('when it is sent then good lines go in as a whole, and nothing is left of the others', async () => {
    const answer = await importPartners(...FILE);
    expect(answer).toMatchObject({ status: 200, body: { preview: false, lines: 8, taken: 2 } });
    const refusals = answer.body['refusals'] as { line: number; column: string; reason: string }[];
    expect(refusals.map(({ line, column }) => `${line} ${column}`)).toEqual([
      '4 code',
      '5 program',
      '6 country',
      '6 email',
      '6 endsOn',
      '6 factsFrom',
      '7 code',
      '8 plan',
      '9 startsOn',
    ]);
    expect(refusals[1]?.reason).toBe('dora cannot join pro: dora needs certification net-1 on 2026-03-01');
    for (const code of ['dora', 'emil', 'fred', 'gus'])
      expect(await api.ask('GET', `/v1/partners/${code}`), code).toMatchObject({ status: 404 });
    expect(await read('/v1/partners/cem')).toMatchObject({ name: 'Cem, Inc', country: 'DE', email: null });
    expect(await read('/v1/partners/bea/agreements')).toMatchObject({
      items: [
        { program: 'pro', startsOn: '2026-03-01' },
        { program: 'shop', startsOn: '2026-01-01' },
      ],
    });
    expect(await read('/v1/partners/bea/facts/history')).toMatchObject({
      items: [{ value: 'net-1', from: '2026-02-01', source: 'csv', reference: 'partners.csv' }],
    });
  });

  it('when it is sent again then every line is refused or known, and nothing changes', async () => {
    const before = await countRows();
    expect((await importPartners(...FILE)).body).toMatchObject({ taken: 0 });
    expect(await countRows()).toBe(before);
  });

  it('when the request is repeated with its key then the first answer is shown again', async () => {
    const headers = { 'idempotency-key': 'once' };
    const lines = ['code,name,kind,country', 'zoe,Zoe,agent,US'];
    const first = await send('/v1/partners/import', lines, { headers });
    const second = await send('/v1/partners/import', lines, { headers });
    expect(first.body).toMatchObject({ taken: 1 });
    expect(second.body).toEqual(first.body);
  });

  it.each([
    { because: 'a column is missing', lines: ['code,name,kind', 'x,X,agent'] },
    { because: 'a column means nothing', lines: ['code,name,kind,country,shoe size', 'x,X,agent,US,44'] },
    { because: 'a column is there twice', lines: ['code,name,kind,country,email,email', 'x,X,agent,US,,'] },
    { because: 'a quote is never closed', lines: ['code,name,kind,country', 'x,"X,agent,US'] },
    {
      because: 'it is too long',
      lines: ['code,name,kind,country', ...Array.from({ length: TABLE_LINES_MAX + 1 }, () => 'x,X,agent,US')],
    },
  ])('when it cannot be read because $because then nothing is written, and the file is named', async ({ lines }) => {
    const before = await countRows();
    expect((await importPartners(...lines)).body).toMatchObject({ status: 400, errors: [{ field: 'file' }] });
    expect(await countRows()).toBe(before);
  });

  it('when somebody without the right sends it then it is refused', async () => {
    const { key } = await api.newKey('approver');
    expect(await send('/v1/partners/import', FILE, { key })).toMatchObject({ status: 403 });
    expect(await send('/v1/facts/import', FILE, { key })).toMatchObject({ status: 403 });
  });
});

describe('given a file of facts', () => {
  const facts = [
    'partner;key;value;from;until;holds;reason',
    'ann;tier;silver;2026-01-01;;;',
    'ann;tier;gold;2026-04-01;;yes;Review of March',
    'nobody;tier;gold;2026-01-01;;;',
    'ann;shoe_size;44;2026-01-01;;;',
    'ann;level;entry;2026-01-01;2026-01-01;maybe;',
    'ann;certification;net-1;2026-01-01;2028-01-01',
    'ann;certification;net-2;2026-01-01;2028-01-01;;',
  ];

  it('when it is previewed then nothing is written', async () => {
    const before = await countRows();
    expect((await send('/v1/facts/import?preview=true', facts)).body).toMatchObject({ lines: 7, taken: 3 });
    expect(await countRows()).toBe(before);
  });

  it('when it is sent then good lines hold, and each bad one is named', async () => {
    const { body } = await importFacts(...facts);
    expect(body).toMatchObject({ preview: false, lines: 7, taken: 3 });
    expect(body['refusals']).toMatchObject([
      { line: 4, column: 'partner', reason: 'nobody is not known' },
      { line: 5, column: 'key', reason: 'shoe_size is not declared' },
      { line: 6, column: 'holds' },
      { line: 7, column: '(row)' },
    ]);
    expect(await read('/v1/partners/ann/facts?on=2026-04-01')).toMatchObject({
      items: [
        { key: 'certification', value: 'net-2' },
        { key: 'tier', value: 'gold' },
      ],
    });
  });
});
