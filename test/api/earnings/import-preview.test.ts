import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KINDS_MAX, previewFile } from '../../../commands/earnings/import-preview.ts';
import { ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { type Answer, type Api, setUpShop, startApi } from '../api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann', 'bob']);
});
afterAll(() => api.stop());

const MAPPING = {
  source: 'store',
  program: 'shop',
  partner: { column: 'seller' },
  id: { column: 'order' },
  kind: 'sale',
  occurredAt: { columns: ['day'], format: 'YYYY-MM-DD', zone: 'America/New_York' },
  currency: 'USD',
  amount: { column: 'price' },
};
const HEADER = 'order,seller,day,price';
const csv = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;

const send = (path: string, file: string, mapping: object = MAPPING): Promise<Answer> => {
  const form = new FormData();
  form.set('mapping', JSON.stringify(mapping));
  form.set('file', new Blob([file]), 'sales.csv');
  return api.ask('POST', path, { body: form });
};
const preview = (file: string, mapping?: object, query = '') => send(`/v1/imports/preview${query}`, file, mapping);

/** Counts the rows of every table that an import writes. */
const written = () =>
  api.db.oneFirst(sql.type(z.strictObject({ counts: z.string() }))`
    select concat_ws(' ', (select count(*) from event), (select count(*) from event_due), (select count(*) from event_quarantine),
      (select count(*) from import), (select count(*) from import_rejection), (select count(*) from audit_log)) as counts`);

describe('given a file that nobody has imported yet', () => {
  const file = csv(
    HEADER,
    'p1,ann,2026-03-01,10.00',
    'p2,nobody,2026-03-01,10.00',
    'p3,someone,2026-03-01,10.00',
    'p4,ann,2026-02-30,x',
    'p5,ann,2026-02-31,10.00',
    'p6,ann',
    'p1,ann,2026-03-01,10.0',
    'p1,ann,2026-03-01,99.00',
    'p7,ann,2025-12-31,10.00',
    'Total,,,129.00',
  );
  const mapping = { ...MAPPING, skip: [{ column: 'order', values: ['Total'] }] };

  it('when it is previewed then the rows are shown as events, each kind of rejection is counted, and nothing is written', async () => {
    const before = await written();
    const { status, body } = await preview(file, mapping, '?rows=2');
    expect(status).toBe(200);
    expect(await written()).toBe(before);
    expect(body).toMatchObject({
      fileName: 'sales.csv',
      isWhole: true,
      brokenOff: null,
      rows: 9,
      accepted: 1,
      replayed: 1,
      quarantined: 1,
      rejected: 6,
      skipped: 1,
      first: [
        {
          line: 2,
          status: 'accepted',
          problems: [],
          events: [
            {
              source: 'store',
              id: 'p1',
              program: 'shop',
              partner: 'ann',
              kind: 'sale',
              occurredAt: '2026-03-01T05:00:00Z',
              currency: 'USD',
              amount: '10.00',
            },
          ],
        },
        {
          line: 3,
          status: 'rejected',
          problems: [{ column: 'seller', reason: 'nobody is not known' }],
          events: [{ partner: 'nobody' }],
        },
      ],
    });
    expect(body['rejections']).toEqual([
      {
        column: 'seller',
        rule: 'is not known',
        count: 2,
        examples: [
          { line: 3, reason: 'nobody is not known' },
          { line: 4, reason: 'someone is not known' },
        ],
      },
      {
        column: 'day',
        rule: 'is not a date in the format YYYY-MM-DD',
        count: 2,
        examples: [
          { line: 5, reason: '"2026-02-30" is not a date in the format YYYY-MM-DD' },
          { line: 6, reason: '"2026-02-31" is not a date in the format YYYY-MM-DD' },
        ],
      },
      expect.objectContaining({ column: 'price', rule: 'is not an amount such as 1234.50', count: 1 }),
      expect.objectContaining({ column: '(row)', rule: 'has 2 cells where the header has 4', count: 1 }),
      {
        column: 'seller',
        rule: 'has no agreement in shop on that day (America/New_York)',
        count: 1,
        examples: [{ line: 10, reason: 'ann has no agreement in shop on 2025-12-31 (America/New_York)' }],
      },
    ]);
  });

  it('when it is then imported then the import does what the preview said', async () => {
    const foreseen = (await preview(file, mapping)).body;
    const done = (await send('/v1/imports', file, mapping)).body;
    for (const count of ['rows', 'accepted', 'replayed', 'quarantined', 'rejected', 'skipped'])
      expect([count, done[count]]).toEqual([count, foreseen[count]]);
    const { items } = (await api.ask('GET', `/v1/imports/${String(done['id'])}/rejections`)).body;
    const reasons = (foreseen['rejections'] as { examples: { reason: string }[] }[]).flatMap(({ examples }) =>
      examples.map(({ reason }) => reason),
    );
    expect((items as { reason: string }[]).map(({ reason }) => reason).toSorted()).toEqual(reasons.toSorted());
    expect((await preview(file, mapping)).body).toMatchObject({
      accepted: 0,
      replayed: 2,
      quarantined: 1,
      rejected: 6,
    });
  });
});

describe('given a column that the program does not declare as an attribute', () => {
  it('then the rows are rejected, and the rejection names the column', async () => {
    const mapping = { ...MAPPING, attributes: { product: { column: 'sku' } } };
    expect((await preview(csv(`${HEADER},sku`, 'a1,ann,2026-03-01,1.00,RX-1'), mapping)).body).toMatchObject({
      rejections: [{ column: 'sku', rule: 'is not an attribute that program shop declares' }],
    });
  });
});

describe('given a file that an import would refuse', () => {
  it.each([
    { what: 'a column is missing', file: csv('order,seller'), mapping: MAPPING, field: 'file' },
    { what: 'the mapping is wrong', file: csv(HEADER), mapping: { ...MAPPING, kind: 'Sale!' }, field: 'mapping.kind' },
  ])('when $what then its preview is refused in the same words', async ({ file, mapping, field }) => {
    const refusal = (await send('/v1/imports', file, mapping)).body;
    expect(refusal).toMatchObject({ status: 400, errors: [{ field }] });
    expect((await preview(file, mapping)).body['errors']).toEqual(refusal['errors']);
  });

  it('when a quote is never closed then the preview names the line', async () => {
    expect((await preview(csv(HEADER, 'q1,ann,2026-03-01,1.00', '"q2,ann,2026-03-01,1.00'))).body).toMatchObject({
      isWhole: false,
      brokenOff: { line: 3, reason: 'a quote is opened here and never closed' },
      accepted: 1,
    });
  });

  it.each(['0', '101', 'all'])('when somebody asks for %s rows then the refusal names the field', async (rows) => {
    expect((await preview(csv(HEADER), MAPPING, `?rows=${rows}`)).body).toMatchObject({
      status: 400,
      errors: [{ field: 'rows' }],
    });
  });

  it('when somebody without the role asks then nothing of the file is read', async () => {
    const { key } = await api.newKey('auditor');
    expect((await api.ask('POST', '/v1/imports/preview', { body: new FormData(), key })).status).toBe(403);
  });
});

describe('given refunds far from their sales', () => {
  const mapping = {
    ...MAPPING,
    kind: { column: 'type', values: { S: 'sale', R: 'refund' } },
    refundOf: { column: 'of' },
  };
  const fillers = Array.from({ length: 1000 }, (_none, n) => `f-${n},ann,2026-03-01,1.00,S,`);

  it('when the sale comes later in the file then the preview warns only of the sale that never comes', async () => {
    const file = csv(
      `${HEADER},type,of`,
      'f-a,ann,2026-03-02,1.00,R,f-sale',
      'f-b,ann,2026-03-02,1.00,R,f-never',
      ...fillers,
      'f-sale,ann,2026-03-01,5.00,S,',
    );
    expect((await preview(file, mapping)).body).toMatchObject({
      accepted: 1003,
      warningCount: 1,
      warnings: [{ line: 3 }],
    });
  });

  it('when the sale came a page before then its refund is judged against it', async () => {
    const file = csv(`${HEADER},type,of`, 'f-x,ann,2026-03-01,5.00,R,f-0', ...fillers, 'f-c,ann,2026-03-02,1.00,R,f-x');
    expect((await preview(file, mapping)).body).toMatchObject({
      accepted: 1001,
      rejections: [{ column: 'of', rule: 'f-x is a refund itself', count: 1 }],
    });
  });
});

describe('given a file above the limits of a preview', () => {
  it('when it has more rows then the preview says that it read only the first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bursar-preview-'));
    const path = join(folder, 'sales.csv');
    await writeFile(path, csv(HEADER, ...Array.from({ length: 1500 }, (_none, n) => `l-${n},ann,2026-03-01,1.00`)));
    const files = new Map([['file', { path, fileName: 'sales.csv' }]]);
    const read = (rowsRead: number) =>
      previewFile(api.db, files, ImportMapping.parse(MAPPING), { rowsShown: 1, rowsRead });
    expect(await read(1000)).toMatchObject({ isWhole: false, counts: { rows: 1000 } });
    expect(await read(1200)).toMatchObject({ isWhole: false, counts: { rows: 1200 } });
    expect(await read(1500)).toMatchObject({ isWhole: true, counts: { rows: 1500 } });
    await rm(folder, { recursive: true });
  });

  it('when its rows are wrong in very many ways then the rest is counted together', async () => {
    const rows = Array.from({ length: 120 }, (_none, n) => `k-${n},ann,2026-03-01,1.00${',x'.repeat(n)}`);
    const { body } = await preview(csv(HEADER, ...rows));
    const kinds = body['rejections'] as { column: string; count: number }[];
    expect(kinds).toHaveLength(KINDS_MAX);
    expect(kinds[0]).toMatchObject({ column: '(other)', count: 119 - (KINDS_MAX - 1) });
  });
});

describe('given title lines above the header', () => {
  const titles = ['Sales report', '"Store: ""North"', 'Printed,2026-03-02'];
  const row = (id: string) => `${id},ann,2026-03-01,1.00,x`;

  it.each([
    { header: { skipLines: 3 }, titles, because: 'their number is named, whatever they contain' },
    { header: { find: true }, titles, because: 'the first line with all columns is the header' },
    { header: { find: true }, titles: [], because: 'it may be the first line too' },
  ])('when $because then rows keep the numbers of their lines', async ({ header, titles: above }) => {
    const file = csv(...above, `${HEADER},note`, row('t1'), 't2,nobody,2026-03-01,1.00,x');
    expect((await preview(file, { ...MAPPING, header })).body).toMatchObject({
      accepted: 1,
      rejections: [{ examples: [{ line: above.length + 3 }] }],
    });
  });

  it.each([
    { header: { skipLines: 2 }, says: 'has no column "order", "seller", "day", "price"' },
    { header: { skipLines: 30 }, says: 'has no header: it has only 6 of the 30 lines above it' },
    { header: undefined, says: 'has no column "order", "seller", "day", "price"' },
  ])('when the header is not where $header says then the refusal says so', async ({ header, says }) => {
    const file = csv(...titles, HEADER, 't1,ann,2026-03-01,1.00');
    expect((await preview(file, { ...MAPPING, ...(header && { header }) })).body).toMatchObject({
      errors: [{ field: 'file', reason: says }],
    });
  });

  it('when no line has all columns then the refusal names them', async () => {
    expect((await preview(csv(...titles), { ...MAPPING, header: { find: true } })).text).toContain(
      'none of its first 100 lines has all the columns',
    );
  });

  it('when a sheet ends each line with the same empty columns then only columns that are read must be unique', async () => {
    expect((await preview(csv(`${HEADER},,`, 't1,ann,2026-03-01,1.00,,'))).body).toMatchObject({ accepted: 1 });
  });
});
