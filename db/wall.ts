import { AsyncLocalStorage } from 'node:async_hooks';

import { type DatabasePool, sql } from 'slonik';

import type { Database } from './database.ts';

/** The transaction of the partner for whom this code runs, and the end of what was asked in it so far. */
type Wall = { tx: Database; asked: Promise<unknown> };
const behind = new AsyncLocalStorage<Wall>();

/**
 * A pool that asks within the transaction of a partner wherever code runs for one, and as the app everywhere else. So a query needs not
 * know that there is a wall. A connection answers one question at a time, so those that come together wait for each other.
 */
export const withWall = (pool: DatabasePool): DatabasePool =>
  new Proxy({} as DatabasePool, {
    get(_none, name) {
      const wall = behind.getStore();
      const isBehind = wall !== undefined && name in wall.tx;
      const found: unknown = Reflect.get(isBehind ? wall.tx : pool, name);
      if (typeof found !== 'function') return found;
      if (!isBehind) return found.bind(pool);
      return (...given: unknown[]): Promise<unknown> => {
        const answer = wall.asked.then(() =>
          name === 'transaction' ? within(wall.tx, given) : found.apply(wall.tx, given),
        );
        wall.asked = answer.catch(() => undefined);
        return answer;
      };
    },
  });

/** A transaction behind the wall is a part of the one that is open. */
const within = (tx: Database, [work]: unknown[]): Promise<unknown> =>
  tx.transaction((inner) => behind.run({ tx: inner, asked: Promise.resolve() }, () => (work as Work)(inner)));
type Work = (tx: Database) => Promise<unknown>;

/** Does work that reads the rows of one partner alone, and of those who were merged into them (`db/functions/portal-wall.sql`). */
export const readAsPartner = <Done>(pool: DatabasePool, partnerId: bigint, work: () => Promise<Done>): Promise<Done> =>
  pool.transaction(async (tx) => {
    await tx.query(sql.unsafe`
      select set_config('bursar.partners',
          (select array_agg(id)::text from partner where id = ${partnerId} or merged_into = ${partnerId}), true),
        set_config('role', 'bursar_portal', true)`);
    return behind.run({ tx, asked: Promise.resolve() }, work);
  });
