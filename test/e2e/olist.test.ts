import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exampleFolder, readExample } from '../../scripts/demo/example.ts';
import { askForRun, untilPrepared } from '../../scripts/demo/pay.ts';
import { type People, welcomePeople } from '../../scripts/demo/people.ts';
import { replay, takeIn } from '../../scripts/demo/replay.ts';
import { readReport, type Report, writeReport } from '../../scripts/demo/report.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import { type Given, readRows, recompute, type Recomputed, type Rows } from './recompute.ts';

const DATA = resolve(process.env['OLIST_DATA'] ?? '../shared/data/olist');
const MONTHS = ['2018-07', '2018-08'];
const PAID_WITHIN_MS = 280_000;

const hasData = existsSync(join(DATA, 'order_items.csv'));
if (!hasData)
  console.warn(
    `SKIPPED: Olist's rows are not in ${DATA}, so only the made-up marketplace is tested. Set OLIST_DATA to their folder.`,
  );

const quiet = (): void => undefined;

/** Reads the reports from the files, so that the writing is tested too. */
async function written(report: Report): Promise<Recomputed> {
  const folder = await mkdtemp(join(tmpdir(), 'bursar-report-'));
  try {
    await writeReport(folder, report);
    return { payouts: readRows(join(folder, 'payouts.csv')), outcomes: readRows(join(folder, 'outcomes.csv')) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Every test pays in its own world, because two programs with one name cannot share one. */
async function inWorld<T>(work: (world: World, people: People) => Promise<T>): Promise<T> {
  const world = await openWorld({ stepMs: 2, clearMs: 2, wiseReturnWindowMs: 50 });
  try {
    const mailbox = { url: world.sandbox.mail.url, send: () => world.activities.sendNotifications() };
    return await work(world, await welcomePeople(world.db, world.url, mailbox));
  } finally {
    await world.close();
  }
}

/** A folder like the example's, with other terms. */
async function otherTerms(folder: string, change: (program: string) => string): Promise<string> {
  const copy = join(folder, 'example');
  await cp(resolve('examples/olist'), copy, { recursive: true });
  await writeFile(join(copy, 'program.json'), change(await readFile(join(copy, 'program.json'), 'utf8')));
  return copy;
}

const programOf = (folder: string): Given['program'] => JSON.parse(readFileSync(join(folder, 'program.json'), 'utf8'));

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'bursar-olist-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function writeData(name: string, rows: { items: Rows; orders: Rows; sellers: Rows }): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'order_items.csv'), stringify(rows.items, { header: true }));
  await writeFile(join(folder, 'orders.csv'), stringify(rows.orders, { header: true }));
  await writeFile(join(folder, 'sellers.csv'), stringify(rows.sellers, { header: true }));
  return folder;
}

describe('given a made-up marketplace of the same shape', () => {
  const item = (order: string, seller: string, shipped: string, price: string, freight = '0') => ({
    order_id: order,
    order_item_id: '1',
    seller_id: seller,
    shipping_limit_date: shipped,
    price,
    freight_value: freight,
  });
  const order = (id: string, status: string, bought: string) => ({
    order_id: id,
    order_status: status,
    order_purchase_timestamp: bought,
  });
  const items = [
    item('o1', '1aa', '7/30/2018 10:00', '100.01', '9.99'),
    item('o2', '1aa', '7/1/2018 10:00', '0.25'),
    item('o3', 'baa', '7/20/2018 23:59', '60.00', '10.5'),
    item('o4', 'daa', '7/24/2018 23:59', '500', '1.10'),
    item('o5', '2aa', '7/25/2018 00:00', '500', '1.10'),
    item('o6', '3aa', '7/2/2018 10:00', '80.00'),
    item('o7', '4aa', '7/3/2018 10:00', '80.00'),
    item('o8', '5aa', '7/4/2018 10:00', '56.81'),
    item('o9', '6aa', '7/4/2018 10:00', '56.82'),
    item('o10', '7aa', '7/5/2018 10:00', 'free'),
    item('o11', '8aa', '13/5/2018 10:00', '70.00'),
    item('o12', '', '7/5/2018 10:00', '70.00'),
    item('o13', '5aa', '8/1/2018 10:00', '0.50'),
    item('o14', 'zaa', '7/5/2018 10:00', '70.00'),
    item('o15', '9aa', '10/15/2017 00:30', '70.00'),
  ];
  const orders = [
    order('o1', 'delivered', '7/10/2018 10:00'),
    order('o6', 'canceled', '7/2/2018 10:00'),
    order('o7', 'unavailable', '7/3/2018 10:00'),
    order('o14', 'shipped', '7/6/2018 10:00'),
  ];
  const sellers = [{ seller_id: '1aa' }, { seller_id: 'caa' }];

  it('when its months are paid then every seller gets the amount that the rules give, and a bad row affects no other seller', async () => {
    const data = await writeData('made-up', { items, orders, sellers });
    const example = await readExample(exampleFolder('olist'));
    const lines: string[] = [];
    const report = await inWorld((world, people) =>
      replay(
        { db: world.db, temporal: world.temporal, people },
        { example, data, months: MONTHS, say: (line) => void lines.push(line) },
      ),
    );
    expect(lines).toContainEqual(expect.stringMatching(/15 rows, 12 accepted, .* 3 rejected/));
    const paid = await written(report);
    expect(paid.payouts).toEqual([
      payout('2018-07', '1aa', 'bank', '98.22'), // 88.0088 and 0.22, plus the freight
      payout('2018-07', '6aa', 'bank', '50.00'), // 50.0016
      payout('2018-07', '9aa', 'bank', '61.60'), // half past midnight, at a midnight that daylight saving skipped
      payout('2018-07', 'baa', 'paypal', '63.30'),
      payout('2018-07', 'daa', 'check', '441.10'), // free on the last day of July
      payout('2018-08', '2aa', 'bank', '441.10'), // free on the first day of August
      payout('2018-08', '5aa', 'bank', '50.43'), // 49.9928 alone is below the minimum, and 0.44 was added
    ]);
    expect(paid.outcomes).toContainEqual({
      month: '2018-07',
      seller_id: '5aa',
      outcome: 'below_minimum',
      carried: '49.99',
    });
    expect(paid.outcomes).toContainEqual({
      month: '2018-08',
      seller_id: 'zaa',
      outcome: 'no_instrument',
      carried: '61.60',
    });
    expect(paid.outcomes).toContainEqual({
      month: '2018-07',
      seller_id: '3aa',
      outcome: 'nothing_due',
      carried: '0.00',
    });
    expect(paid.outcomes.filter(({ month }) => month === '2018-07')).toHaveLength(13);
    expect(paid).toEqual(recompute({ data, program: programOf('examples/olist'), months: MONTHS, state: 'settled' }));
  });

  const payout = (month: string, seller_id: string, method: string, amount: string) => ({
    month,
    seller_id,
    method,
    currency: 'BRL',
    amount,
    state: 'settled',
  });
});

describe.skipIf(!hasData)("given Olist's own rows", () => {
  it(
    'when all of them are imported then a first run drafts the due amounts to the cent, at either cut-off',
    async () => {
      const example = await readExample(exampleFolder('olist'));
      const prepared = await inWorld(async (world, people) => {
        await takeIn({ db: world.db, people }, { example, data: DATA, say: quiet });
        return [await draft(people, '2018-07', '2018-08-01'), await draft(people, '2018-08', '2018-09-01')];
      });
      expect(prepared).toEqual(
        MONTHS.map((month) =>
          recompute({ data: DATA, program: programOf('examples/olist'), months: [month], state: 'draft' }),
        ),
      );
    },
    PAID_WITHIN_MS,
  );

  /** Reports a month's drafts, then cancels the run, so that the next run finds every line free. */
  async function draft(people: People, month: string, cutoff: string): Promise<Recomputed> {
    const run = await untilPrepared(people, await askForRun(people, 'olist-monthly', cutoff));
    const report = await written(await readReport(people.auditor.api, month, run.id));
    await people.preparer.api.post('/v1/runs/{id}/cancel', {
      params: { path: { id: run.id } },
      body: { reason: 'only to see its drafts' },
    });
    return report;
  }

  it(
    'when the sellers whose id ends in 0 are paid for two months on other terms then each gets the amount that those terms give',
    async () => {
      const few = ({ seller_id = '' }: Record<string, string>) => seller_id.endsWith('0');
      const [items, orders, sellers] = ['order_items.csv', 'orders.csv', 'sellers.csv'].map((name) =>
        readRows(join(DATA, name)),
      );
      const data = await writeData('few', {
        items: (items ?? []).filter(few),
        orders: (orders ?? []).filter((_, index) => index % 3 > 0), // every third order is not listed
        sellers: (sellers ?? []).filter(few).slice(0, 30),
      });
      const folder = await otherTerms(scratch, (program) =>
        program
          .replace('"percent": "88"', '"percent": "81.375"')
          .replace('"holdDays": 7', '"holdDays": 12')
          .replace('"minimum": "50.00"', '"minimum": "120.50"')
          .replace('"0123456789"', '"01234"')
          .replace('"paypal": "abc"', '"paypal": "567abc"')
          .replace('"check": "def"', '"check": "89def"'),
      );
      const example = await readExample(folder);
      const report = await inWorld((world, people) =>
        replay({ db: world.db, temporal: world.temporal, people }, { example, data, months: MONTHS, say: quiet }),
      );
      expect(await written(report)).toEqual(
        recompute({ data, program: programOf(folder), months: MONTHS, state: 'settled' }),
      );
      expect(report.payouts.length).toBeGreaterThan(25);
    },
    PAID_WITHIN_MS,
  );
});
