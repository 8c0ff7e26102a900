import {
  type CommonQueryMethods,
  createPool,
  type DatabasePool,
  type Interceptor,
  type QuerySqlToken,
  SchemaValidationError,
  sql,
} from 'slonik';

import { copyingDriver } from './copy-driver.ts';

/**
 * A pool or a transaction. Every transaction takes its locks in one order, so that no two wait for each other: gateway, run, the
 * payer's choice of gateways, batch, payout, partner, the partner's ledger account. Rows of one table are locked in the order of their
 * ids. A transaction may leave locks out.
 */
export type Database = CommonQueryMethods;

/** The app's role, which cannot change or remove a fact (migration `0011_roles`). */
const APP_ROLE = 'bursar_app';
const POOL_SIZE_DEFAULT = 10;
const STATEMENT_TIMEOUT_MS = 60_000;
/** The limit of a statement that may write every row of a large run. It is within the time of the activity that waits for it. */
const RUN_STATEMENT_TIMEOUT_MS = 5 * 60_000;

/** Checks every row against the schema of its query, and returns the parsed row. */
const validateRows: Interceptor = {
  name: 'validate-rows',
  transformRow: (context, _query, row) => {
    const schema = context.resultParser;
    if (!schema) return row;
    const result = schema['~standard'].validate(row);
    if (result instanceof Promise) throw new TypeError('a row schema must not be asynchronous');
    if (result.issues) throw new SchemaValidationError(context.originalQuery, row, result.issues);
    return result.value as typeof row;
  },
};

const told = (onQuery: () => void): Interceptor => ({
  name: 'tell-of-queries',
  beforeQueryExecution: () => {
    onQuery();
    return null;
  },
});

type PoolChoice = { poolSize?: number; onQuery?: () => void };

/** Opens a pool in which every connection has the app's role. `onQuery` is told of each query before it runs. */
export function openDatabase(
  url: string,
  { poolSize = POOL_SIZE_DEFAULT, onQuery }: PoolChoice = {},
): Promise<DatabasePool> {
  const appUrl = new URL(url);
  appUrl.searchParams.set('options', `-c role=${APP_ROLE} -c timezone=UTC`);
  return createPool(appUrl.href, {
    driverFactory: copyingDriver,
    maxPoolSize: poolSize,
    statementTimeout: STATEMENT_TIMEOUT_MS,
    captureStackTrace: false,
    interceptors: onQuery ? [validateRows, told(onQuery)] : [validateRows],
    // Nothing here sets session state, so a released connection needs no DISCARD ALL, which would cost a round trip.
    resetConnection: async () => {},
  });
}

/** Runs a write and says whether it changed a row, so that a second caller learns that it came second. */
export const changesRow = async (db: Database, write: QuerySqlToken): Promise<boolean> =>
  (await db.query(write)).rowCount > 0;

/**
 * Prepares a transaction that may write every row of a large run. PostgreSQL plans for the size that a table has at that moment, and a
 * connection keeps the plans of its foreign keys and triggers. A table that is small or empty now would be read whole for each new row.
 * From here on, rows are looked up by key, and old plans are forgotten.
 */
export async function expectManyRows(tx: Database): Promise<void> {
  await tx.query(sql.unsafe`
    select set_config('statement_timeout', ${String(RUN_STATEMENT_TIMEOUT_MS)}, true), set_config('enable_seqscan', 'off', true),
      set_config('work_mem', '64MB', true)`);
  await tx.query(sql.unsafe`discard plans`);
}

/** Fails where the database does not answer. */
export const ping = (db: Database): Promise<unknown> => db.query(sql.unsafe`select 1`);
