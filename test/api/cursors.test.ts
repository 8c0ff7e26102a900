import { randomUUID } from 'node:crypto';

import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { openApiDocument } from '../../api/openapi.ts';
import { addPayout, type Api, setUpShop, startApi, TERMS } from './api.ts';

let api: Api;
let ids: Readonly<Record<string, string>>;
let partnerKey: string;
const Row = z.object({ id: z.bigint() });

beforeAll(async () => {
  api = await startApi();
  await setUpShop(api);
  const payout = await addPayout(api.db, 'ann');
  const { body } = await api.ask('GET', '/v1/runs');
  const [{ id: run } = { id: '' }] = body['items'] as [{ id: string }?];
  const actor = await api.db.oneFirst(
    sql.type(z.object({ code: z.string() }))`select code from actor order by id limit 1`,
  );
  ids = {
    run,
    payout,
    import: await addImport(),
    correction: await addCorrection(),
    audit: await addAudit(),
    backTest: await addBackTest(),
    reRating: await addReRating(),
    pool: await addPool(),
    actor,
    gateway: 'wise',
    source: 'store',
    program: 'shop',
    schedule: 'monthly',
    subject: 'deal',
    budget: 'spring',
    endpoint: await addEndpoint(),
  };
  await api.ask('POST', '/v1/programs/shop/units', { body: { code: 'points-care', name: 'Care points' } });
  const spring = { code: 'spring', title: 'Spring', unit: 'USD', amount: '5.00', reason: 'a test' };
  await api.ask('POST', '/v1/programs/shop/budgets', { body: spring });
  const partnerId = await api.db.oneFirst(sql.type(Row)`select id from partner where code = 'ann'`);
  ({ key: partnerKey } = await api.newKey('partner', partnerId));
});
afterAll(() => api.stop());

const MAPPING = {
  source: 'file',
  program: 'shop',
  partner: { column: 'partner' },
  id: { columns: ['id'] },
  kind: 'sale',
  occurredAt: { columns: ['at'], format: 'YYYY-MM-DD', zone: 'UTC' },
  currency: 'USD',
  amount: { column: 'amount' },
};

async function addImport(): Promise<string> {
  const form = new FormData();
  form.set('mapping', JSON.stringify(MAPPING));
  form.set('file', new Blob(['id,partner,at,amount\n']), 'a.csv');
  const { body } = await api.ask('POST', '/v1/imports', { body: form });
  return String(body['id']);
}

async function addCorrection(): Promise<string> {
  const body = { kind: 'credit', partner: 'ann', program: 'shop', currency: 'USD', amount: '1.00', reason: 'a gift' };
  return String((await api.ask('POST', '/v1/corrections', { body })).body['id']);
}

async function addAudit(): Promise<string> {
  const { body } = await api.ask('POST', '/v1/programs/shop/audits', { body: { month: '2026-01' } });
  return String(body['id']);
}

async function addBackTest(): Promise<string> {
  const body = { terms: TERMS, from: '2026-01-01', until: '2026-02-01' };
  return String((await api.ask('POST', '/v1/programs/shop/plans/standard/back-tests', { body })).body['id']);
}

async function addReRating(): Promise<string> {
  const body = { from: '2026-03-01', reason: 'a test' };
  return String((await api.ask('POST', '/v1/programs/shop/re-ratings', { body })).body['id']);
}

async function addEndpoint(): Promise<string> {
  const body = { url: 'https://shop.example/hooks', events: ['payout.settled'] };
  return String((await api.ask('POST', '/v1/webhook-endpoints', { body })).body['id']);
}

const addPool = (): Promise<string> =>
  api.db.oneFirst(sql.type(z.object({ id: z.bigint().transform(String) }))`
    insert into pool(program_id, incentive_id, currency, time_window, window_start, measure, plan_version_id)
    select plan.program_id, 'pool', 'USD', 'quarter', '2026-01-01', 'amount at close of a pool', version.id
    from plan join plan_version version on version.plan_id = plan.id limit 1 returning id`);

const AT = '2026-03-01T00:00:00Z';
const UUID = randomUUID();

/** A good cursor of every list. A name such as `{run}` stands for the id of a row that exists. */
const CURSORS: Readonly<Record<string, unknown>> = {
  '/v1/actors': 'a',
  '/v1/actors/{actor}/grants': UUID,
  '/v1/grants': UUID,
  '/v1/payers': 'a',
  '/v1/schedules': 'a',
  '/v1/schedules/{schedule}/recovery': '1',
  '/v1/programs': 'a',
  '/v1/programs/shop/plans': 'a',
  '/v1/back-tests/{backTest}/partners': { partnerId: '1', unit: 'USD' },
  '/v1/back-tests/{backTest}/stopped-events': { partnerId: '1', eventId: '1', unit: 'USD' },
  '/v1/programs/shop/audits': UUID,
  '/v1/audits/{audit}/differences': { partnerId: '1', unit: 'USD' },
  '/v1/programs/shop/plans/standard/versions': 1,
  '/v1/programs/shop/units': 'points-a',
  '/v1/programs/shop/units/points-care/rates': '1',
  '/v1/programs/shop/budgets': 'spring',
  '/v1/programs/shop/budgets/{budget}/changes': 1,
  '/v1/programs/shop/policies/{subject}': 1,
  '/v1/programs/shop/ineligible-events': { eventId: '1', partnerId: '1' },
  '/v1/programs/shop/ladders': 1,
  '/v1/programs/shop/ladders/tier/rungs': '1',
  '/v1/programs/{program}/pools': '1',
  '/v1/pools/{pool}/parts': '1',
  '/v1/partners': 'a',
  '/v1/partners/ann/agreements': 'a',
  '/v1/partners/ann/agreements/{program}/history': '1',
  '/v1/partners/ann/facts': { key: 'tier', value: 'gold', from: '2026-01-01' },
  '/v1/partners/ann/facts/history': '1',
  '/v1/partners/ann/uncollected': { program: 'shop', currency: 'USD' },
  '/v1/partners/ann/quotas': '1',
  '/v1/partners/ann/parent': '2026-01-01',
  '/v1/partners/ann/parent/history': '1',
  '/v1/fact-keys': 'a',
  '/v1/partners/ann/instruments': UUID,
  '/v1/partners/ann/contact-changes': UUID,
  '/v1/events': { source: 's', id: 'e' },
  '/v1/events/parked': '1',
  '/v1/events/set-aside': { eventId: '1', partnerId: '1', childId: null },
  '/v1/sources/{source}/secrets': UUID,
  '/v1/webhook-endpoints': UUID,
  '/v1/webhook-endpoints/{endpoint}/deliveries': UUID,
  '/v1/quarantine': '1',
  '/v1/imports': UUID,
  '/v1/imports/{import}/rejections': { line: 1, column: 'price' },
  '/v1/rates': { day: '2026-03-06', quote: 'USD' },
  '/v1/corrections': UUID,
  '/v1/corrections/{correction}/items': 1,
  '/v1/deals': UUID,
  '/v1/requests': UUID,
  '/v1/questions': UUID,
  '/v1/claims': UUID,
  '/v1/funds': UUID,
  '/v1/partners/ann/points/movements': '1',
  '/v1/partners/ann/redemptions': UUID,
  '/v1/me/points/movements': '1',
  '/v1/me/redemptions': UUID,
  '/v1/me/conversions': UUID,
  '/v1/conversions': UUID,
  '/v1/reports/points-liabilities': { unit: 'points-a', month: '2027-01-01' },
  '/v1/programs/{program}/re-ratings': UUID,
  '/v1/re-ratings/{reRating}/items': { partnerId: '1', currency: 'USD' },
  '/v1/reports/negative-balances': { partner: 'a', currency: 'USD' },
  '/v1/runs': { createdAt: AT, id: UUID },
  '/v1/runs/{run}/payouts': UUID,
  '/v1/runs/{run}/outcomes': { partnerId: '1', currency: 'USD' },
  '/v1/runs/{run}/changes': '1',
  '/v1/runs/{run}/flags': UUID,
  '/v1/runs/{run}/batches': UUID,
  '/v1/payouts': UUID,
  '/v1/payouts/{payout}/explanation': { lineId: '1', key: 'k' },
  '/v1/checks': { accountId: 1, number: '1' },
  '/v1/tasks': UUID,
  '/v1/me/notices': { toldAt: AT, id: '1' },
  '/v1/me/payouts': UUID,
  '/v1/me/earnings': { occurredAt: AT, key: 's/e/1', n: 1 },
  '/v1/me/standing': '1',
  '/v1/me/deals': UUID,
  '/v1/me/requests': UUID,
  '/v1/me/questions': UUID,
  '/v1/me/claims': UUID,
  '/v1/me/funds': UUID,
  '/v1/partners/ann/standing': '1',
  '/v1/partners/ann/earnings': { occurredAt: AT, key: 's/e/1', n: 1 },
  '/v1/alarms': '1',
  '/v1/breaks': '1',
  '/v1/gateways/{gateway}/statements': ['2026-03-01', UUID],
  '/v1/audit': '1',
};

/** Values that no row has, and that PostgreSQL refuses or reads as something else. */
const HOSTILE: readonly unknown[] = [
  'a\0b',
  '\uD800',
  '2026-01-01T00:00:00-23:59',
  '2026-06-30T23:59:60Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59-14:00',
  `2026-01-01T00:00:00.${'9'.repeat(300)}Z`,
  '0000-01-01T00:00:00Z',
  '9'.repeat(30),
  2_147_483_648,
  1e308,
  -1,
  1.5,
  null,
  {},
  [],
];

const listWith = (path: string, key: unknown) => {
  const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
  const url = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? '');
  return api.ask('GET', `${url}?cursor=${cursor}`, path.startsWith('/v1/me/') ? { key: partnerKey } : {});
};

/** The cursor with each of its fields replaced by the value. */
const spoilt = (good: unknown, value: unknown): unknown[] =>
  typeof good === 'object' && good !== null
    ? [{ ...good, surprise: 1 }, ...Object.keys(good).map((name) => ({ ...good, [name]: value }))]
    : [value];

describe('given every list', () => {
  it('then this test has a cursor of it', () => {
    const template = (path: string) =>
      path.replaceAll(
        /\{\w+\}|(?<=\/(programs|plans|partners|ladders)\/)(shop|standard|ann|tier)|(?<=\/units\/)points-care/g,
        '{}',
      );
    const lists = Object.entries(openApiDocument(api.app).paths ?? {}).filter(([, { get }]) =>
      (get?.parameters ?? []).some((parameter) => 'name' in parameter && parameter.name === 'cursor'),
    );
    expect(lists.map(([path]) => template(path)).toSorted()).toEqual(Object.keys(CURSORS).map(template).toSorted());
  });

  it.each(Object.entries(CURSORS))(
    'when a cursor of %s has a hostile value then it is refused by name',
    async (path, good) => {
      expect((await listWith(path, good)).status).toBe(200);
      for (const value of HOSTILE)
        for (const key of spoilt(good, value)) {
          const answer = await listWith(path, key);
          if (answer.status === 200) continue; // such as a year that is a word where any word may stand
          expect(answer.body, `${JSON.stringify(key)}: ${answer.text}`).toMatchObject({
            status: 400,
            code: 'invalid_input',
            errors: [{ field: 'cursor', reason: 'is not a cursor of this list' }],
          });
        }
    },
  );

  it.each(Object.keys(CURSORS))(
    'when a cursor of %s holds what no text of PostgreSQL can hold then it is refused',
    async (path) => {
      const good = CURSORS[path];
      for (const value of HOSTILE.slice(0, 2))
        for (const key of spoilt(good, value)) expect((await listWith(path, key)).status).toBe(400);
    },
  );
});

describe('given a form with a NUL in a name', () => {
  const send = (disposition: string) => {
    const body = `--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\nid\n\r\n--x--\r\n`;
    return api.ask('POST', '/v1/imports', {
      body: Buffer.from(body),
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });
  };

  it('when it is the name of a file then the part is named', async () => {
    expect((await send('name="file"; filename="a\0b.csv"')).body).toMatchObject({
      status: 400,
      errors: [{ field: 'file', reason: 'has a file name with control characters' }],
    });
  });

  it('when it is the name of a part then the form is refused', async () => {
    expect((await send('name="fi\0le"')).body).toMatchObject({ status: 400, code: 'invalid_input' });
  });
});
