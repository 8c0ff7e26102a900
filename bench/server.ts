import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';

import { migrate } from '../db/migrate.ts';
import { freePort } from '../scripts/stack/ports.ts';
import { createDatabase, removePostgres, startPostgres, withClient } from '../scripts/stack/postgres.ts';

export type Bench = {
  /** A folder for files, which is removed in the end. */
  folder: string;
  /** The address of a new, migrated database, as the superuser. */
  newDatabase: () => Promise<string>;
};

/**
 * Works with a durable PostgreSQL of its own, and removes it. Tests look at no figure: they name a server that runs already in
 * `BENCH_SERVER`, and a migrated database on it in `BENCH_TEMPLATE`, which is copied in a tenth of a second.
 */
export async function withServer(name: string, work: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = resolve('.data', name);
  await mkdir(folder, { recursive: true });
  const { BENCH_SERVER: given, BENCH_TEMPLATE: template } = process.env;
  const own = given ? undefined : await startPostgres({ folder, port: await freePort(), isDurable: true });
  const urlOf = (database: string) => new URL(`/${database}`, given ?? own?.url).href;
  const names: string[] = [];
  async function newDatabase(): Promise<string> {
    const fresh = `bench_${process.pid}_${names.length}`;
    names.push(fresh);
    await createDatabase(urlOf('postgres'), fresh, own ? '' : `TEMPLATE ${template} STRATEGY FILE_COPY`);
    if (own) await migrate(urlOf(fresh));
    return urlOf(fresh);
  }
  try {
    await work({ folder, newDatabase });
  } finally {
    for (const used of own ? [] : names)
      await withClient(urlOf('postgres'), (admin) => admin.query(`DROP DATABASE IF EXISTS ${used} WITH (FORCE)`));
    await own?.stop();
    removePostgres(folder);
    await rm(folder, { recursive: true, force: true });
  }
}
