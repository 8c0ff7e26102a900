import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { ImportMapping } from '../../../domain/earnings/import-mapping.ts';
import { WireEvent } from '../../../domain/event.ts';
import { accrueAll } from '../../fixtures/accrual.ts';
import { type Api, setUpShop, startApi } from '../api.ts';

const FOLDER = join(import.meta.dirname, '../../../examples/mappings');
const NAMES = await readdir(FOLDER);

/** The events that a sample makes, and the rows that are refused. Both are part of the example, for people who read it. */
const Golden = z.strictObject({
  events: z.array(WireEvent),
  refused: z.array(z.strictObject({ line: z.int(), column: z.string(), reason: z.string() })),
  skipped: z.int(),
});
const Row = z.object({
  line: z.int(),
  status: z.string(),
  events: z.array(WireEvent),
  problems: z.array(z.object({ column: z.string(), reason: z.string() })),
});

const read = (name: string, file: string) => readFile(join(FOLDER, name, file), 'utf8');
const goldenOf = async (name: string) => Golden.parse(JSON.parse(await read(name, 'events.json')));

let api: Api;
beforeAll(async () => {
  api = await startApi();
  const goldens = await Promise.all(NAMES.map(goldenOf));
  await setUpShop(api, [...new Set(goldens.flatMap(({ events }) => events.map(({ partner }) => partner)))]);
});
afterAll(() => api.stop());

describe.each(NAMES)('given the export %s', (name) => {
  const send = async (path: string) => {
    const form = new FormData();
    form.set('mapping', await read(name, 'mapping.json'));
    form.set('file', new Blob([await read(name, 'sample.csv')]), 'sample.csv');
    return (await api.ask('POST', path, { body: form })).body;
  };

  it('when it is previewed then its rows are the events of the example, and the others are refused with the reason', async () => {
    const body = await send('/v1/imports/preview?rows=100');
    const first = z.array(Row).parse(body['first']);
    const seen = {
      events: first.filter(({ status }) => status === 'accepted').flatMap(({ events }) => events),
      refused: first.flatMap(({ line, problems }) => problems.map((problem) => ({ line, ...problem }))),
      skipped: body['skipped'],
    };
    expect(seen).toEqual(await goldenOf(name));
    expect(body).toMatchObject({
      isWhole: true,
      warningCount: first.some(({ events }) => events.some(({ kind }) => kind === 'lead')) ? 1 : 0,
    });
  });

  it('when it is imported then these events are stored and these rows refused, and a second time changes nothing', async () => {
    const { events, refused } = await goldenOf(name);
    const done = await send('/v1/imports');
    expect(done).toMatchObject({
      status: 'finished',
      quarantined: 0,
      replayed: 0,
      rejected: new Set(refused.map(({ line }) => line)).size,
    });
    const { source } = ImportMapping.parse(JSON.parse(await read(name, 'mapping.json')));
    const stored = (await api.ask('GET', `/v1/events?source=${source}&limit=100`)).body['items'] as { id: string }[];
    expect(stored).toHaveLength(events.length);
    for (const { id, partner, kind, amount, refundOf = null } of events)
      expect(stored.find((one) => one.id === id)).toMatchObject({
        partner,
        kind,
        amount: amount === undefined ? null : expect.any(String),
        refundOf,
      });
    const { items } = (await api.ask('GET', `/v1/imports/${String(done['id'])}/rejections`)).body;
    expect(items).toEqual(byLine(refused));
    expect(await send('/v1/imports')).toMatchObject({ accepted: 0, replayed: done['accepted'], quarantined: 0 });
  });

  it('then its README says how to get the file', async () => {
    expect(await read(name, 'README.md')).toMatch(/^# .+\n\nThis mapping reads /);
  });
});

describe('given the orders of a shop whose partner earns 10 %', () => {
  it('when one was refunded in part and one as a whole then the partner earns on what was kept', async () => {
    const form = new FormData();
    form.set('mapping', await read('shopify-orders', 'mapping.json'));
    form.set('file', new Blob([await read('shopify-orders', 'sample.csv')]), 'sample.csv');
    await api.ask('POST', '/v1/imports', { body: form });
    await accrueAll(api.db, 'shop');
    const earned = await api.db.oneFirst(sql.type(z.strictObject({ minor: z.bigint() }))`
      select sum(earning.amount_minor)::bigint as minor
      from earning join event on event.id = earning.event_id join partner on partner.id = earning.partner_id
      where event.source = 'shopify' and partner.code = 'ann'`);
    expect(earned).toBe(600n); // 10 % of 100.00 less 40.00, and of 60.00 less 60.00
  });
});

const byLine = <Item extends { line: number; column: string }>(items: readonly Item[]): Item[] =>
  items.toSorted((one, other) => one.line - other.line || (one.column < other.column ? -1 : 1));
