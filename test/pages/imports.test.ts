import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { type Api, setUpShop, startApi } from '../api/api.ts';
import { openVisitor, type SignedInPerson } from '../fixtures/passkey.ts';

const MAPPING = {
  source: 'file',
  program: 'shop',
  partner: { column: 'who' },
  id: { column: 'order' },
  kind: 'sale',
  occurredAt: { columns: ['day'], format: 'YYYY-MM-DD', zone: 'UTC' },
  currency: 'USD',
  amount: { column: 'price' },
};
const ROWS = 'order,who,day,price\n1,ann,2026-02-03,10.00\n2,ann,2026-02-04,ten\n';
const LINE = {
  source: 'file',
  id: '9',
  program: 'shop',
  partner: 'ann',
  kind: 'visit',
  occurredAt: '2026-02-03T00:00:00Z',
};

let api: Api;
let operator: SignedInPerson;
beforeAll(async () => {
  api = await startApi();
  await setUpShop(api, ['ann']);
  operator = await openVisitor(api, 'operator', ['operator']);
});
afterAll(() => api.stop());

function formOf(
  content: string | Uint8Array<ArrayBuffer>,
  { name = 'sales.csv', mapping = JSON.stringify(MAPPING), seen = '' } = {},
) {
  const form = new FormData();
  form.set('mapping', mapping);
  form.set('seen', seen);
  form.set('file', new File([content], name));
  return form;
}

const seenIn = (text: string): string => /name="seen" value="([0-9a-f]+)"/.exec(text)?.[1] ?? '';
const countOf = (table: 'event' | 'import' | 'import_rejection') =>
  api.db.oneFirst(sql.type(z.object({ n: z.int() }))`select count(*)::int as n from ${sql.identifier([table])}`);

describe('given a file with a good row and a bad one', () => {
  it('when its preview is not confirmed then it says what each row would do, and nothing is written', async () => {
    const { status, text } = await operator.upload('/earnings/imports/preview', formOf(ROWS));
    expect(status).toBe(200);
    expect(text).toContain('sale 1 by ann, 10.00 USD');
    expect(text).toContain('line 3: ');
    expect([await countOf('event'), await countOf('import')]).toEqual([0, 0]);
  });

  it.each([
    { form: 'a workbook', file: () => formOf(new Uint8Array([0x50, 0x4b, 3, 4, 0])), says: 'is an Excel workbook' },
    { form: 'a wrong mapping', file: () => formOf(ROWS, { mapping: '{"source":"file"}' }), says: 'mapping.program' },
    { form: 'no JSON', file: () => formOf(ROWS, { mapping: '{' }), says: 'is not JSON' },
    { form: 'no mapping', file: () => formOf(ROWS, { mapping: '' }), says: 'a CSV file needs one' },
    { form: 'no file', file: () => formOf('', { name: '' }), says: 'choose one' },
  ])('when the form has $form then it comes back with the reason, and nothing is written', async ({ file, says }) => {
    for (const path of ['/earnings/imports/preview', '/earnings/imports']) {
      const form = file();
      const { status, text } = await operator.upload(path, form);
      expect(status).toBe(400);
      if (path.endsWith('preview')) expect(text).toContain(says);
    }
    expect(await countOf('import')).toBe(0);
  });

  it('when another file is confirmed than the one that was seen then nothing is written', async () => {
    const seen = seenIn((await operator.upload('/earnings/imports/preview', formOf(ROWS))).text);
    const { status, text } = await operator.upload(
      '/earnings/imports',
      formOf(`${ROWS}3,ann,2026-02-05,1.00\n`, { seen }),
    );
    expect(status).toBe(400);
    expect(text).toContain('is not what you saw');
    expect(await countOf('event')).toBe(0);
  });

  it('when it is confirmed then the good row is taken in, and the bad one is listed with its line, also as a file', async () => {
    const seen = seenIn((await operator.upload('/earnings/imports/preview', formOf(ROWS))).text);
    const { status, location } = await operator.upload('/earnings/imports', formOf(ROWS, { seen }));
    expect(status).toBe(303);
    const { text } = await operator.open(location ?? '');
    expect(text).toContain('2 rows, of which <strong>1</strong> were new');
    expect((await operator.open(`${location}/rejections.csv`)).text).toContain('\n3,price,');
    const { text: again } = await operator.open(`/earnings/imports/new?like=${location?.split('/').at(-1)}`);
    expect(again).toContain('&quot;column&quot;: &quot;who&quot;');
  });

  it('when a file of JSON lines is confirmed then its events are taken in without a mapping', async () => {
    const lines = `${JSON.stringify(LINE)}\n{"source":"file"}\n`;
    const form = { name: 'events.jsonl', mapping: '' };
    const { text } = await operator.upload('/earnings/imports/preview', formOf(lines, form));
    expect(text).toContain('visit 9 by ann');
    const { location } = await operator.upload('/earnings/imports', formOf(lines, { ...form, seen: seenIn(text) }));
    expect((await operator.open(location ?? '')).text).toContain('<strong>1</strong> were new');
  });

  it('when an auditor opens the imports then they read them and import none', async () => {
    const auditor = await openVisitor(api, 'auditor', ['auditor']);
    expect((await auditor.open('/earnings/imports')).text).not.toContain('Import a file');
    expect((await auditor.upload('/earnings/imports/preview', formOf(ROWS))).status).toBe(404);
  });
});
