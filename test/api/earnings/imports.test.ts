import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { serve, type ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { importFile } from '../../../commands/earnings/import-file.ts';
import { intakeEvents } from '../../../commands/earnings/intake.ts';
import { ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { WireEvent } from '../../../domain/event.ts';
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
  id: { columns: ['order'] },
  kind: 'sale',
  occurredAt: { columns: ['day'], format: 'YYYY-MM-DD', zone: 'America/New_York' },
  currency: 'USD',
  amount: { column: 'price' },
};

type Files = Record<string, string | Uint8Array<ArrayBuffer>>;

const send = (
  files: Files,
  mapping: object | string = MAPPING,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const form = new FormData();
  form.set('mapping', typeof mapping === 'string' ? mapping : JSON.stringify(mapping));
  for (const [name, content] of Object.entries(files)) form.set(name, new Blob([content]), `${name}.csv`);
  return api.ask('POST', '/v1/imports', { body: form, headers });
};

const csv = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;
const HEADER = 'order,seller,day,price';

async function rejectionsOf({ body }: Answer): Promise<unknown> {
  const { items } = (await api.ask('GET', `/v1/imports/${String(body['id'])}/rejections`)).body;
  return items;
}

describe('given a file of good and bad rows', () => {
  const dirty = csv(
    HEADER,
    'd1,ann,2026-03-01,10.00',
    'd2,nobody,2026-03-01,10.00',
    'd3,ann,2026-02-30,10.005',
    'd4,ann,2026-03-01',
    '"d5",bob,2026-03-02,7',
    'd1,ann,2026-03-01,10.0',
    'd1,ann,2026-03-01,99.00',
    'd6,ann,2025-12-31,10.00',
  );

  it('then the good ones go in, and each bad one is listed by line, column and reason', async () => {
    const answer = await send({ file: dirty });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      status: 'finished',
      rows: 8,
      accepted: 2,
      replayed: 1,
      quarantined: 1,
      rejected: 4,
    });
    expect(await rejectionsOf(answer)).toEqual([
      { line: 3, column: 'seller', reason: 'nobody is not known' },
      { line: 4, column: 'day', reason: '"2026-02-30" is not a date in the format YYYY-MM-DD' },
      { line: 4, column: 'price', reason: '"10.005" has more than 2 digits after the decimal point' },
      { line: 5, column: '(row)', reason: 'has 3 cells where the header has 4' },
      { line: 9, column: 'seller', reason: 'ann has no agreement in shop on 2025-12-31 (America/New_York)' },
    ]);
  });

  it('when it is sent again then nothing changes', async () => {
    const answer = await send({ file: dirty });
    expect(answer.body).toMatchObject({ rows: 8, accepted: 0, replayed: 3, quarantined: 1, rejected: 4 });
    const { items } = (await api.ask('GET', '/v1/events?source=store')).body;
    expect(items).toMatchObject([
      { id: 'd1', amount: '10.00' },
      { id: 'd5', amount: '7.00' },
    ]);
  });
});

describe('given a page of a file whose outcome cannot be written down', () => {
  it('then none of its events is stored, so that the counts of an import are those of its events', async () => {
    const wire = WireEvent.parse({
      source: 'store',
      id: 'unwritten',
      program: 'shop',
      partner: 'ann',
      kind: 'sale',
      occurredAt: '2026-03-01T12:00:00Z',
      currency: 'USD',
      amount: '1.00',
    });
    const record = async () => {
      throw new RangeError('the disk is full');
    };
    const options = { nowMs: Date.now(), strict: false, by: api.operator.actor.id, record };
    await expect(intakeEvents(api.db, [{ wire, unit: 0 }], options)).rejects.toThrow('the disk is full');
    expect((await api.ask('GET', '/v1/events?source=store&id=unwritten')).body).toMatchObject({ items: [] });
  });
});

describe('given a request that was answered', () => {
  it('when it is repeated with its Idempotency-Key then the same import is shown again', async () => {
    const headers = { 'idempotency-key': 'import-once' };
    const file = csv(HEADER, 'once,ann,2026-03-01,1.00');
    const first = await send({ file }, MAPPING, headers);
    const second = await send({ file }, MAPPING, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const other = await send({ file: csv(HEADER, 'twice,ann,2026-03-01,1.00') }, MAPPING, headers);
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  });
});

describe('given an orders file and the file of its items', () => {
  const mapping = {
    ...MAPPING,
    refund: { when: { column: 'orders.state', values: ['canceled'] }, afterMinutes: 1 },
    join: { file: 'orders.csv', on: 'order', columns: ['state'] },
  };

  it('then a row finds its order, and the sale of a cancelled one is refunded', async () => {
    const file = csv(HEADER, 'j1,ann,2026-03-01,1.00', 'j2,ann,2026-03-01,1.00', 'j3,ann,2026-03-01,1.00');
    const orders = csv('order;state', 'j1;done', 'j2;canceled');
    const answer = await send({ file, orders }, mapping);
    expect(answer.body).toMatchObject({ rows: 3, accepted: 2, rejected: 1 });
    expect(await rejectionsOf(answer)).toEqual([{ line: 4, column: 'order', reason: 'is not in orders.csv' }]);
    const { items } = (await api.ask('GET', '/v1/events?source=store&id=j2:refund')).body;
    expect(items).toMatchObject([{ kind: 'refund', refundOf: 'j2' }]);
  });

  it.each([
    { second: 'j9;done', status: 'finished', because: 'a repeated row says nothing else' },
    { second: 'j9;canceled', status: undefined, because: 'nobody knows which of two rows is right' },
  ])('when an order stands twice as $second then the import is $status: $because', async ({ second, status }) => {
    const orders = csv('order;state', 'j9;done', second);
    const answer = await send({ file: csv(HEADER, 'j9,ann,2026-03-01,1.00'), orders }, mapping);
    if (status) expect(answer.body).toMatchObject({ status, rejected: 0 });
    else expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'orders' }] });
  });

  it('when it is not sent then nothing is taken in', async () => {
    const answer = await send({ file: csv(HEADER) }, mapping);
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'orders' }] });
  });
});

describe('given a file that cannot be read', () => {
  const good = 'g,ann,2026-03-01,1.00';
  it.each([
    {
      what: 'no UTF-8',
      file: new Uint8Array([...new TextEncoder().encode(HEADER), 10, 0xff]),
      says: 'is not UTF-8 on line 2',
    },
    { what: 'a NUL', file: csv(HEADER, 'a\0b,ann,2026-03-01,1.00'), says: 'has a NUL on line 2' },
    { what: 'nothing', file: '', says: 'is empty' },
    { what: 'a column too few', file: csv('order,seller,day', good), says: 'has no column "price"' },
    { what: 'a column twice', file: csv('order,order,seller,day,price', good), says: 'has the column "order" twice' },
  ])('when it has $what then it is refused and nothing is written', async ({ file, says }) => {
    const before = (await api.ask('GET', '/v1/imports?limit=1')).text;
    const answer = await send({ file });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(JSON.stringify(says).slice(1, -1));
    expect((await api.ask('GET', '/v1/imports?limit=1')).text).toBe(before);
  });

  it('when a quote is never closed then what came before stays in, and the line is named', async () => {
    const answer = await send({
      file: csv(HEADER, 'q1,ann,2026-03-01,1.00', '"q2,ann,2026-03-01,1.00', 'q3,ann,2026-03-01,1.00'),
    });
    expect(answer.body).toMatchObject({ status: 'broken_off', rows: 1, accepted: 1 });
    expect(await rejectionsOf(answer)).toEqual([
      { line: 3, column: '(file)', reason: 'a quote is opened here and never closed' },
    ]);
  });
});

describe('given a form that is none', () => {
  it.each([
    { what: 'no mapping at all', mapping: '', field: 'mapping' },
    { what: 'a mapping of nonsense', mapping: '{"source":1}', field: 'mapping.source' },
  ])('when it has $what then it is refused: $field', async ({ mapping, field }) => {
    const answer = await send({ file: csv(HEADER) }, mapping);
    expect(answer.status).toBe(400);
    if (mapping) expect(answer.body['errors']).toContainEqual(expect.objectContaining({ field }));
  });

  it.each([
    { what: 'JSON', type: 'application/json', body: '{}', status: 415 },
    { what: 'a form without a boundary', type: 'multipart/form-data', body: 'x', status: 400 },
    {
      what: 'a form that ends too early',
      type: 'multipart/form-data; boundary=x',
      body: '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc',
      status: 400,
    },
  ])('when it is $what then the answer is $status', async ({ type, body, status }) => {
    const answer = await api.ask('POST', '/v1/imports', { body, headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
  });
});

describe('given files that are read in part, in full, or refused', () => {
  const openUploads = async (): Promise<string[]> => {
    const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    return (await Promise.all(links)).filter((path) => path.includes('bursar-upload-'));
  };

  it.runIf(existsSync('/proc/self/fd'))('when they are imported then none of them stays open', async () => {
    const long = csv(
      HEADER,
      ...Array.from({ length: 300 }, (_none, index) => `o${index},nobody,2026-03-01,${'1'.repeat(900)}`),
    );
    const joining = { ...MAPPING, join: { file: 'orders.csv', on: 'order', columns: ['state'] } };
    const twice = csv(
      'order,state',
      'o1,new',
      'o1,old',
      ...Array.from({ length: 9000 }, (_none, index) => `x${index},new`),
    );
    await send({ file: long });
    await send({ file: long, orders: twice }, joining);
    await send({ file: `${long}"never closed` });
    await send({ file: csv('order,order'), orders: long }, joining);
    await send({ file: long }, { ...MAPPING, id: { columns: ['missing'] } });
    expect(await openUploads()).toEqual([]);
  });

  it('when a joined file is above a limit then it is refused before it is read to its end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bursar-join-'));
    const file = async (name: string, ...lines: string[]) => {
      await writeFile(join(folder, name), csv(...lines));
      return { path: join(folder, name), fileName: name };
    };
    const files = new Map([
      ['file', await file('sales.csv', HEADER)],
      ['orders', await file('orders.csv', 'order,state', 'o1,new', 'o1,new', 'o2,new', '"never closed')],
    ]);
    const mapping = ImportMapping.parse({ ...MAPPING, join: { file: 'orders.csv', on: 'order', columns: ['state'] } });
    const attempt = (joinLimits: { rows: number; chars: number }) =>
      importFile(api.db, files, mapping, { by: api.operator.actor.id, onPage: async () => undefined, joinLimits });
    await expect(attempt({ rows: 1, chars: 100 })).rejects.toThrow('more than 1 rows: split both files');
    await expect(attempt({ rows: 100, chars: 8 })).rejects.toThrow('more than 8 characters in the joined columns');
    await rm(folder, { recursive: true });
  });
});

describe('given a file as other programs write it', () => {
  it('when a cell holds a line break of Windows then the lines after it keep their numbers', async () => {
    const file = csv('order,seller,day,price,note', '1,ann,2026-03-01,x,"a\r\nb\r\nc"', '', '2,ann,2026-03-01,y,');
    expect(await rejectionsOf(await send({ file }))).toMatchObject([{ line: 4 }, { line: 6 }]);
  });

  it('when it writes a currency in small letters then the reason is one sentence', async () => {
    const file = csv(`${HEADER},money`, 'small,ann,2026-03-01,1.00,usd');
    expect(await rejectionsOf(await send({ file }, { ...MAPPING, currency: { column: 'money' } }))).toEqual([
      { line: 2, column: 'money', reason: 'is not an ISO 4217 currency code such as USD, in capital letters' },
    ]);
  });

  it.each([
    { what: '.xlsx', start: 'PK\u0003\u0004' },
    { what: '.xls', start: '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1' },
  ])('when it is an Excel workbook ($what) then the refusal says so', async ({ start }) => {
    const file = new Uint8Array(Buffer.from(`${start} and more`, 'latin1'));
    expect((await send({ file })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'file', reason: 'is an Excel workbook: save it as CSV in UTF-8 and send that file' }],
    });
  });
});

describe('given the command line', () => {
  let folder: string;
  let server: ServerType;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bursar-import-'));
    server = serve({ fetch: api.app.fetch, hostname: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    await writeFile(join(folder, 'map.json'), JSON.stringify(MAPPING));
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  const runImport = (...rows: string[]) => run(rows);

  async function run(rows: string[], ...more: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    await writeFile(join(folder, 'sales.csv'), csv(HEADER, ...rows));
    const { port } = server.address() as AddressInfo;
    const args = [
      'sales.csv',
      '--map',
      'map.json',
      '--api',
      `http://127.0.0.1:${port}`,
      '--key',
      api.operator.key,
      ...more,
    ];
    const script = fileURLToPath(new URL('../../../scripts/import.ts', import.meta.url));
    const ended = promisify(execFile)(process.execPath, [script, ...args], { cwd: folder, timeout: 30_000 });
    return ended.then(
      (output) => ({ ...output, code: 0 }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  it('then it sends the file, shows what was rejected, and fails because something was', async () => {
    const ended = await runImport('cli1,ann,2026-03-01,1.00', 'cli2,nobody,2026-03-01,1.00');
    expect(ended).toMatchObject({ code: 1, stderr: '  line 3, seller: nobody is not known\n' });
    expect(ended.stdout).toContain(
      '2 rows: 1 accepted, 0 already known, 0 quarantined, 0 parked, 1 rejected, 0 skipped',
    );
  });

  it('when it only previews then it shows the events and the kinds of rejection, and nothing is written', async () => {
    const ended = await run(['cli0,ann,2026-03-01,1.00', 'cli00,nobody,2026-03-01,1.00'], '--preview');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('line 2: {"source":"store","id":"cli0","program":"shop","partner":"ann"');
    expect(ended.stdout).toContain(
      '2 rows: 1 would be accepted, 0 are already known, 0 would be quarantined, 0 parked, 1 rejected, 0 skipped.',
    );
    expect(ended.stderr).toBe('  1 × seller: is not known\n    line 3: nobody is not known\n');
    expect((await api.ask('GET', '/v1/events?source=store&id=cli0')).body).toMatchObject({ items: [] });
  });

  it('when a row is kept aside then it fails as well, for that row counts for nothing', async () => {
    expect(await runImport('cli3,ann,2026-03-01,1.00')).toMatchObject({ code: 0 });
    const ended = await runImport('cli3,ann,2026-03-01,2.00');
    expect(ended.stdout).toContain(
      '1 rows: 0 accepted, 0 already known, 1 quarantined, 0 parked, 0 rejected, 0 skipped',
    );
    expect(ended.code).toBe(1);
  });
});

describe('given a file whose refunds come before their sales', () => {
  it('when a sale is far below its refund then there is no warning, and a sale that never comes is named by line', async () => {
    const mapping = {
      ...MAPPING,
      kind: { column: 'type', values: { S: 'sale', R: 'refund', V: 'visit' } },
      refundOf: { columns: ['of'] },
    };
    const fillers = Array.from({ length: 1000 }, (_none, n) => `r-${n},ann,2026-03-01,1.00,S,`);
    const rows = [
      'r-a,ann,2026-03-01,1.00,R,r-sale',
      'r-b,ann,2026-03-01,1.00,R,r-never',
      'r-v,ann,2026-03-01,1.00,V,',
    ];
    const file = csv(`${HEADER},type,of`, ...rows, ...fillers, 'r-sale,ann,2026-03-01,1.00,S,');
    const { body } = await send({ file }, mapping);
    expect(body).toMatchObject({ rejected: 0, warningCount: 2 });
    expect((body['warnings'] as { line: number; code: string }[]).map(({ line, code }) => [line, code])).toEqual([
      [3, 'refund_waits'],
      [4, 'earns_nothing'],
    ]);
  });
});
