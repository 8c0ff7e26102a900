import { randomBytes } from 'node:crypto';

import { createPool, type DatabasePool, type QuerySqlToken, sql } from 'slonik';
import { inject } from 'vitest';

import { withClient } from '../../scripts/stack/postgres.ts';

export type FreshDatabase = { url: string; drop: () => Promise<void> };

/** A migrated, empty database for the caller: a copy of the template. Drop it at the end of the file. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${inject('databaseTemplate')} STRATEGY WAL_LOG`);
  return { url: `${server}${name}`, drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** The database as its owner sees it, whom no right holds back. */
export const openOwner = (url: string): Promise<DatabasePool> =>
  createPool(url, { maxPoolSize: 3, captureStackTrace: false });

/** Changes rows as no product may, for what time does and for what an intruder could: its triggers are switched off. */
export const tamper = (owner: DatabasePool, ...statements: readonly QuerySqlToken[]): Promise<void> =>
  owner.transaction(async (tx) => {
    await tx.query(sql.unsafe`set local session_replication_role = replica`);
    for (const statement of statements) await tx.query(statement);
  });

const onServer = (statement: string) =>
  withClient(`${inject('databaseServer')}postgres`, async (client) => void (await client.query(statement)));
