import { randomUUID } from 'node:crypto';

import { pino } from 'pino';
import { type DatabasePool, sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { PAGE_ROUTES } from '../../api/http/page-permissions.ts';
import { rolesFor } from '../../api/http/permissions.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { readAsPartner, withWall } from '../../db/wall.ts';
import { addLine, type Api, setUpShop, startApi } from '../api/api.ts';
import { refusalOf } from '../fixtures/rows.ts';
import { signIn } from '../pages/site.ts';

const Name = z.object({ name: z.string() });
const Owners = z.object({ owners: z.array(z.string()) });

let api: Api;
let db: DatabasePool;
const ids = new Map<string, bigint>();
beforeAll(async () => {
  api = await startApi();
  db = withWall(api.db);
  await setUpShop(api, ['ann', 'bob', 'cleo']);
  for (const code of ['ann', 'bob', 'cleo']) {
    ids.set(code, (await getPartner(db, code)).id);
    await addLine(api.db, code, 5000, '2026-03-01');
    const key = await api.newKey('partner', ids.get(code) ?? null);
    const question = { about: 'missing', text: `I am ${code}.` };
    await api.ask('POST', '/v1/me/questions', { body: question, key: key.key });
  }
});
afterAll(() => api.stop());

const asPartner = <Done>(code: string, work: () => Promise<Done>) => readAsPartner(db, ids.get(code) ?? 0n, work);
const ownersIn = (table: string) =>
  db.oneFirst(sql.type(Owners)`
    select coalesce(array_agg(distinct partner_id::text), '{}') as owners from ${sql.identifier([table])}`);

/** Every table with a partner, and whether the role of the portal may read it. */
const tablesWithPartner = (isReadable: boolean) =>
  db.anyFirst(sql.type(Name)`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'partner_id'
      and has_table_privilege('bursar_portal', to_regclass('public.' || quote_ident(table_name)), 'select') = ${isReadable} order by 1`);

describe('given the reads of a partner', () => {
  it('when a query forgets its filter then it shows the rows of that partner alone', async () => {
    expect(await ownersIn('earning_line')).toHaveLength(3);
    for (const code of ['ann', 'bob']) {
      const own = [String(ids.get(code))];
      expect(await asPartner(code, () => ownersIn('earning_line'))).toEqual(own);
      expect(await asPartner(code, () => ownersIn('instrument_version'))).toEqual(own);
      const said = sql.type(z.object({ text: z.string() }))`select text from question_message`;
      expect(await asPartner(code, () => db.anyFirst(said))).toEqual([`I am ${code}.`]);
    }
  });

  it('when every table with a partner is read then none shows a row of another one', async () => {
    const tables = await tablesWithPartner(true);
    expect(tables.length).toBeGreaterThan(30);
    for (const table of tables) {
      const owners = await asPartner('ann', () => ownersIn(table));
      expect(
        owners.filter((owner) => owner !== String(ids.get('ann'))),
        table,
      ).toEqual([]);
    }
  });

  it('when a partner has no rows then every table that the role may read is empty, but for the terms of all', async () => {
    const none = await readAsPartner(db, 999_999n, () => ownersIn('payout'));
    expect(none).toEqual([]);
    const partners = sql.type(z.object({ code: z.string() }))`select code from partner`;
    expect(await readAsPartner(db, 999_999n, () => db.anyFirst(partners))).toEqual([]);
    expect(await asPartner('cleo', () => db.anyFirst(partners))).toEqual(['cleo']);
  });

  it('when a table has a partner and no policy then nobody may read it for a partner', async () => {
    const open = await db.anyFirst(sql.type(Name)`
      select known.table_name as name from information_schema.columns known join pg_class on pg_class.oid = to_regclass('public.' || quote_ident(known.table_name))
      where known.table_schema = 'public' and known.column_name in ('partner_id', 'payout_id', 'instrument_id', 'merged_into')
        and not pg_class.relrowsecurity and has_table_privilege('bursar_portal', pg_class.oid, 'select')`);
    expect(open).toEqual([]);
    expect(await tablesWithPartner(false)).toContain('re_rating_item');
  });

  it.each([
    'select * from passkey',
    'select * from session',
    'select email from actor',
    'update partner set name = name',
  ])('when it runs "%s" then the database refuses', async (text) => {
    const wrong = { ...sql.unsafe`select 1`, sql: text };
    expect(await refusalOf(asPartner('ann', () => db.query(wrong)))).toMatch(/permission denied/);
  });

  it('when the work is over then the app reads all rows again', async () => {
    await asPartner('ann', () => ownersIn('payout'));
    expect(await ownersIn('earning_line')).toHaveLength(3);
    await expect(asPartner('ann', () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    expect(await ownersIn('earning_line')).toHaveLength(3);
  });
});

describe('given every page and every call for partners', () => {
  const texts: string[] = [];
  let site: Api;
  beforeAll(async () => {
    const log = pino({ level: 'error' }, { write: (line: string) => void texts.push(line) });
    site = await startApi({ log });
    await setUpShop(site, ['dan']);
    await addLine(site.db, 'dan', 5000, '2026-03-01');
  });
  afterAll(() => site.stop());

  it('when a partner opens them then the wall lets each one read what it needs', async () => {
    const { id } = await getPartner(site.db, 'dan');
    const person = await signIn(site, 'dan-login', 'partner', id);
    const { key } = await site.newKey('partner', id);
    const fill = (path: string) =>
      path
        .replace('{partner}', 'dan')
        .replace('{code}', 'dan')
        .replaceAll(/\{\w+\}/g, randomUUID());
    const pages = PAGE_ROUTES.filter((route) => route.startsWith('GET /portal/{partner}'));
    for (const route of pages) await (await person.get(fill(route.slice(4)))).text();
    const calls = [...site.app.openAPIRegistry.definitions].flatMap((one) =>
      one.type === 'route' && one.route.method === 'get' && rolesFor(`GET ${one.route.path}`)?.includes('partner')
        ? [one.route.path]
        : [],
    );
    expect(calls.length).toBeGreaterThan(20);
    for (const path of calls) await site.app.request(fill(path), { headers: { authorization: `Bearer ${key}` } });
    expect(texts).toEqual([]);
  });
});
