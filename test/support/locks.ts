import { type CommonQueryMethods, type DatabasePool, type DatabaseTransactionConnection, sql } from 'slonik';
import { z } from 'zod';

/** A transaction that has done its work and has not committed: others see nothing of it, and wait for its locks. */
export type Uncommitted<T> = { result: T; commit: () => Promise<unknown> };

/** Does the work in a transaction that stays open until it is told to commit. */
export async function leaveOpen<T>(
  db: DatabasePool,
  work: (tx: DatabaseTransactionConnection) => Promise<T>,
): Promise<Uncommitted<T>> {
  const done = Promise.withResolvers<T>();
  const mayCommit = Promise.withResolvers<void>();
  const transaction = db.transaction(async (tx) => {
    done.resolve(await work(tx));
    await mayCommit.promise;
  });
  const commit = () => {
    mayCommit.resolve();
    return transaction;
  };
  await Promise.race([done.promise, transaction]);
  return { result: await done.promise, commit };
}

/** How many sessions wait for another's lock. */
export const countWaiting = (db: CommonQueryMethods): Promise<bigint> =>
  db.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select count(distinct pid) from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`);
