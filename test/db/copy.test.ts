import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import fc from 'fast-check';
import {
  BackendTerminatedError,
  BackendTerminatedUnexpectedlyError,
  CheckIntegrityConstraintViolationError,
  type DatabasePool,
  ForeignKeyIntegrityConstraintViolationError,
  InvalidInputError,
  sql,
  StatementTimeoutError,
  UniqueIntegrityConstraintViolationError,
} from 'slonik';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { type Cell, copyRows } from '../../db/copy.ts';
import { type Database, openDatabase } from '../../db/database.ts';
import { eventually } from '../fixtures/eventually.ts';
import { leaveOpen } from '../fixtures/locks.ts';
import { RUNS } from '../fixtures/property-runs.ts';
import { openFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
  const { owner } = fixture;
  await owner.query(sql.unsafe`create table kind(code text primary key)`);
  await owner.query(sql.unsafe`insert into kind values ('good')`);
  await owner.query(sql.unsafe`
    create table copied(
      id bigint primary key, text text, whole bigint, yes boolean, day date, at timestamptz, json jsonb, people text[], bytes bytea,
      kind text references kind default 'good', added_by text default current_user, n bigint generated always as identity,
      constraint is_small check (whole < 9007199254740993 or id < 1000000))`);
  await owner.query(sql.unsafe`create table told(rows int)`);
  await owner.query(sql.unsafe`
    create function tell() returns trigger language plpgsql security definer as 'begin insert into told select count(*) from added; return null; end'`);
  await owner.query(sql.unsafe`
    create trigger tells after insert on copied referencing new table as added for each statement execute function tell()`);
  await owner.query(sql.unsafe`revoke all on copied from bursar_app`);
  await owner.query(sql.unsafe`grant insert on copied to bursar_app`);
  await owner.query(sql.unsafe`grant select on copied to public`);
  await owner.query(sql.unsafe`create table closed(id bigint)`);
});
beforeEach(async () => void (await fixture.owner.query(sql.unsafe`truncate copied, told`)));
afterAll(() => fixture.close());

const count = (): Promise<bigint> =>
  fixture.owner.oneFirst(sql.type(z.object({ count: z.bigint() }))`select count(*) from copied`);

const copyIds = (db: Database, ...ids: number[]) =>
  copyRows(
    db,
    'copied',
    ['id'],
    ids.map((id) => [id]),
  );

/** Texts that PostgreSQL can store, with many of the characters that the format is made of. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\\', '\t', '\n', '\r', '\\N', '\\.', '\\.\n', '\u0001', '"', ' ', 'N', ''),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const anyRow = fc.record({
  text: fc.option(anyText),
  whole: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  yes: fc.option(fc.boolean()),
});
const Row = z.object({ text: z.string().nullable(), whole: z.bigint().nullable(), yes: z.boolean().nullable() });

describe('given a table to which the app may only add', () => {
  it(`when ${RUNS.numRuns} rows with any texts and numbers are copied then the database holds the same`, async () => {
    const rows = fc.sample(anyRow, RUNS.numRuns);
    await copyRows(
      fixture.app,
      'copied',
      ['id', 'text', 'whole', 'yes'],
      rows.map(({ text, whole, yes }, id) => [id, text, whole, yes]),
    );
    expect(await fixture.owner.any(sql.type(Row)`select text, whole, yes from copied order by id`)).toEqual(rows);
  });

  it('when dates, JSON, arrays and bytes are copied then each is what its text says', async () => {
    const json = { text: 'a "quoted"\ttab\nand \\', list: [1, null] };
    const cells = [
      1,
      '2026-02-28',
      '2026-02-28T12:00:00.123Z',
      JSON.stringify(json),
      '{"a,b","c\\\\d",NULL}',
      '\\x00ff',
    ];
    await copyRows(fixture.app, 'copied', ['id', 'day', 'at', 'json', 'people', 'bytes'], [cells]);
    const isSame = await fixture.owner.oneFirst(sql.type(z.object({ same: z.boolean() }))`
      select day = date '2026-02-28' and at = timestamptz '2026-02-28 12:00:00.123Z' and json = ${sql.jsonb(json)}
        and people = array['a,b', 'c\\d', null] and bytes = '\\x00ff'::bytea as same from copied`);
    expect(isSame).toBe(true);
  });

  it('when a column is not named then it gets its default, as the role of the app', async () => {
    await copyIds(fixture.app, 1, 2);
    const Defaults = z.object({ kind: z.string(), addedBy: z.string() });
    const [first, second] = await fixture.owner.any(sql.type(Defaults)`select kind, added_by as "addedBy" from copied`);
    expect(first).toEqual({ kind: 'good', addedBy: 'bursar_app' });
    expect(second).toEqual(first);
  });

  it('when one empty text is copied then it is a row, and no rows are none', async () => {
    await copyRows(fixture.app, 'kind', ['code'], []);
    await fixture.owner.query(sql.unsafe`grant insert on kind to bursar_app`);
    await copyRows(fixture.app, 'kind', ['code'], [['']]);
    expect(await fixture.owner.exists(sql.unsafe`select from kind where code = ''`)).toBe(true);
  });

  it('when it has a trigger for a statement then the trigger sees all rows at once', async () => {
    await copyIds(fixture.app, 1, 2, 3);
    expect(await fixture.owner.anyFirst(sql.type(z.object({ rows: z.number() }))`select rows from told`)).toEqual([3]);
  });
});

describe('given a copy that the database refuses', () => {
  const columns = ['id', 'text', 'whole', 'kind'];
  const good: Cell[] = [1, 'fine', 1, 'good'];
  it.each([
    { has: 'a number that is none', row: [2, '', 'one', 'good'], error: InvalidInputError },
    { has: 'a key that is there', row: [1, '', 1, 'good'], error: UniqueIntegrityConstraintViolationError },
    { has: 'an unknown key', row: [2, '', 1, 'bad'], error: ForeignKeyIntegrityConstraintViolationError },
    {
      has: 'a broken rule',
      row: [1_000_000, '', 2n ** 53n + 1n, 'good'],
      error: CheckIntegrityConstraintViolationError,
    },
    { has: 'a column too much', row: [2, '', 1, 'good', 'more'], error: /extra data after last expected column/ },
    { has: 'a column too few', row: [2, ''], error: /missing data for column "whole"/ },
    { has: 'a zero byte', row: [2, 'a\0b', 1, 'good'], error: /invalid byte sequence/ },
  ])('when a row in the middle has $has then no row stays, and the connection works on', async ({ row, error }) => {
    const many = Array.from({ length: 50_000 }, (_none, index): Cell[] => [3 + index, 'x'.repeat(50), 1, 'good']);
    const copy = fixture.app.transaction(async (tx) => {
      await copyIds(tx, 0);
      await copyRows(tx, 'copied', columns, [good, row, ...many]);
    });
    await expect(copy).rejects.toThrow(error);
    expect(await count()).toBe(0n);
    await Promise.all(Array.from({ length: 4 }, (_none, index) => copyIds(fixture.app, index)));
    expect(await count()).toBe(4n);
  });

  it('when the transaction goes on all the same then nothing more runs in it', async () => {
    const goOn = fixture.app.transaction(async (tx) => {
      await copyIds(tx, 1, 1).catch(() => undefined);
      await copyIds(tx, 2);
    });
    await expect(goOn).rejects.toThrow(/current transaction is aborted/);
    expect(await count()).toBe(0n);
  });

  it('when it fails within a savepoint then the rows before the savepoint stay', async () => {
    await fixture.app.transaction(async (tx) => {
      await copyIds(tx, 1);
      await tx.transaction((inner) => copyIds(inner, 2, 2)).catch(() => undefined);
      await copyIds(tx, 3);
    });
    expect(await count()).toBe(2n);
  });

  it('when the app has no right to add rows to the table then it is refused', async () => {
    await expect(copyRows(fixture.app, 'closed', ['id'], [[1]])).rejects.toThrow(/permission denied for table closed/);
  });
});

describe('given a copy that waits for a row of another transaction', () => {
  const Waiting = z.object({ pid: z.number() });
  const waiting = () =>
    eventually('a copy waits', () =>
      fixture.owner.maybeOneFirst(sql.type(Waiting)`
        select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like 'copy %'`),
    );

  /** Copies a row while another transaction holds its key, and does something about the copy that waits. Returns the error. */
  async function whileWaiting(
    db: DatabasePool,
    {
      prepare = async () => undefined,
      act = async () => undefined,
    }: { prepare?: (tx: Database) => Promise<unknown>; act?: () => Promise<unknown> },
  ): Promise<unknown> {
    const holder = await leaveOpen(fixture.app, (tx) => copyIds(tx, 1));
    const copy = db.transaction(async (tx) => {
      await prepare(tx);
      await copyIds(tx, 2, 1);
    });
    const [error] = await Promise.all([copy.catch((problem: unknown) => problem), act()]);
    await holder.commit();
    expect(await count()).toBe(1n);
    return error;
  }

  it('when its connection is ended by the server then it fails, and the others go on', async () => {
    const end = async () => fixture.owner.query(sql.unsafe`select pg_terminate_backend(${await waiting()})`);
    expect(await whileWaiting(fixture.app, { act: end })).toBeInstanceOf(BackendTerminatedError);
  });

  it('when its connection is cut then it fails', async () => {
    const cable = await openCable(fixture.url);
    const db = await openDatabase(cable.url, { poolSize: 1 });
    const act = async () => {
      const pid = await waiting();
      cable.cut();
      await fixture.owner.query(sql.unsafe`select pg_terminate_backend(${pid})`);
    };
    expect(await whileWaiting(db, { act })).toBeInstanceOf(BackendTerminatedUnexpectedlyError);
    await db.end();
  });

  it('when its time is over then it fails, as every statement does', async () => {
    const prepare = (tx: Database) => tx.query(sql.unsafe`set local statement_timeout = 100`);
    expect(await whileWaiting(fixture.app, { prepare })).toBeInstanceOf(StatementTimeoutError);
  });
});

/** A line to the database that can be cut. */
async function openCable(database: string) {
  const far = new URL(database);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const line = connect(Number(far.port), far.hostname);
    for (const [one, other] of [
      [near, line],
      [line, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = Object.assign(new URL(database), {
    hostname: '127.0.0.1',
    port: String((server.address() as AddressInfo).port),
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: url.href, cut };
}
