import { AsyncLocalStorage } from 'node:async_hooks';

import { type DatabasePool, type QuerySqlToken, sql } from 'slonik';

import type { Reach } from '../domain/people/reach.ts';
import type { Database } from './database.ts';

type Work<Done = unknown> = () => Promise<Done>;
/**
 * The transaction of the reader for whom this code runs, and the end of what was asked in it so far. `again` reads for the same reader once
 * more, for a stream that goes on after the transaction.
 */
type Wall = { tx: Database; asked: Promise<unknown>; isOver: boolean; again: (work: Work) => Promise<unknown> };
const behind = new AsyncLocalStorage<Wall>();

/**
 * A pool that asks within the transaction of a reader with limits wherever code runs for one, and as the app everywhere else. So a query
 * needs not know that there is a wall. A connection answers one question at a time, so those that come together wait for each other.
 */
export const withWall = (pool: DatabasePool): DatabasePool => {
  const walled: DatabasePool = new Proxy({} as DatabasePool, {
    get(_none, name) {
      const wall = behind.getStore();
      const isBehind = wall !== undefined && name in wall.tx;
      const found: unknown = Reflect.get(isBehind ? wall.tx : pool, name);
      if (typeof found !== 'function') return found;
      if (!isBehind) return found.bind(pool);
      return (...given: unknown[]): Promise<unknown> => {
        if (wall.isOver)
          return wall.again(() => (Reflect.get(walled, name) as (...all: unknown[]) => Promise<unknown>)(...given));
        const answer = wall.asked.then(() =>
          name === 'transaction' ? within(wall, given) : found.apply(wall.tx, given),
        );
        wall.asked = answer.catch(() => undefined);
        return answer;
      };
    },
  });
  return walled;
};

/** A transaction behind the wall is a part of the one that is open. */
const within = (wall: Wall, [work]: unknown[]): Promise<unknown> =>
  wall.tx.transaction((tx) =>
    behind.run({ ...wall, tx, asked: Promise.resolve() }, () => (work as (tx: Database) => Promise<unknown>)(tx)),
  );

/** Does work in a transaction that begins with a query, which says for whom it reads. */
const readBehind = <Done>(pool: DatabasePool, begin: QuerySqlToken, work: Work<Done>): Promise<Done> =>
  behind.exit(() =>
    pool.transaction(async (tx) => {
      await tx.query(begin);
      const wall: Wall = {
        tx,
        asked: Promise.resolve(),
        isOver: false,
        again: (later) => readBehind(pool, begin, later),
      };
      try {
        return await behind.run(wall, work);
      } finally {
        wall.isOver = true;
        await wall.asked;
      }
    }),
  );

/** Does work that reads the rows of one partner alone, and of those who were merged into them (`db/functions/portal-wall.sql`). */
export const readAsPartner = <Done>(pool: DatabasePool, partnerId: bigint, work: Work<Done>): Promise<Done> =>
  readBehind(
    pool,
    sql.unsafe`
      select set_config('bursar.partners',
          (select array_agg(id)::text from partner where id = ${partnerId} or merged_into = ${partnerId}), true),
        set_config('role', 'bursar_portal', true)`,
    work,
  );

/** Does work that reads the rows of some programs and payers alone. Those of a payer are its programs too (`db/functions/staff-wall.sql`). */
export const readWithin = <Done>(
  pool: DatabasePool,
  { programs, payers }: NonNullable<Reach>,
  work: Work<Done>,
): Promise<Done> =>
  readBehind(
    pool,
    sql.unsafe`
      select set_config('bursar.programs', (
          select coalesce(array_agg(program.id), '{}')::text from program join pay_schedule schedule on schedule.id = program.schedule_id
          where program.id = any(${sql.array(programs, 'int4')}) or schedule.payer_id = any(${sql.array(payers, 'int4')})), true),
        set_config('bursar.payers', ${sql.array(payers, 'int4')}::text, true),
        set_config('role', 'bursar_limited', true)`,
    work,
  );
