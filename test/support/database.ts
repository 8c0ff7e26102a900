import { randomBytes } from 'node:crypto';

import { inject } from 'vitest';

import { withClient } from '../../scripts/stack/postgres.ts';

export type FreshDatabase = { url: string; drop: () => Promise<void> };

/** A migrated, empty database of the caller's own: a copy of the template. Drop it when the file is done. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${inject('databaseTemplate')} STRATEGY WAL_LOG`);
  return { url: `${server}${name}`, drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

const onServer = (statement: string) =>
  withClient(`${inject('databaseServer')}postgres`, async (client) => void (await client.query(statement)));
