import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { type MigrationBuilder, runner } from 'node-pg-migrate';
import pg from 'pg';

import { CURRENCIES } from '../domain/currency.ts';

const FUNCTIONS = new URL('functions/', import.meta.url);

/**
 * Brings a database to the newest schema: first the tables, each migration once; then all functions and triggers, made anew every
 * time. One transaction holds it all, so no table is ever without its triggers. Safe to repeat, and to overlap: whoever comes
 * second waits.
 */
export async function migrate(databaseUrl: string, log: (line: string) => void = () => {}): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('schema_migration'))`);
    await addTables(client, log);
    await replaceFunctions(client);
    await addCurrencies(client);
    await client.query('commit');
  } finally {
    await client.end(); // which rolls back what was not committed
  }
}

/** The runner would open a transaction of its own for each file; ours is open already, since it holds the functions as well. */
const inOurTransaction = (paths: readonly string[]) =>
  Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8');
      const up = (pgm: MigrationBuilder) => {
        pgm.noTransaction();
        pgm.sql(text);
      };
      return { id: path, filePaths: [path], actions: { up, down: false } as const };
    }),
  );

const addTables = (client: pg.Client, log: (line: string) => void) =>
  runner({
    dbClient: client,
    dir: fileURLToPath(new URL('migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'schema_migration',
    migrationLoaderStrategies: [{ extensions: ['.sql'], loader: inOurTransaction }],
    noLock: true, // we hold one
    logger: { info: log, warn: () => {}, error: log }, // it would warn that no transaction of its own is open
  });

/** One file each, in the order of their names. What a file does not name any longer stays in the database: a migration drops it. */
async function replaceFunctions(client: pg.Client): Promise<void> {
  for (const file of (await readdir(FUNCTIONS)).toSorted()) {
    const text = await readFile(new URL(file, FUNCTIONS), 'utf8');
    await client.query(text).catch((cause: Error) => {
      throw new Error(`db/functions/${file} was refused: ${cause.message}. Nothing was changed.`, { cause });
    });
  }
}

/** The currency table is the domain's list; it only ever grows. */
const addCurrencies = (client: pg.Client) =>
  client.query(
    `insert into currency(code, exponent)
     select * from unnest($1::text[], $2::smallint[]) on conflict (code) do nothing`,
    [Object.keys(CURRENCIES), Object.values(CURRENCIES)],
  );

if (import.meta.main) {
  const url = process.argv[2];
  if (!url) throw new Error('say which database: node db/migrate.ts postgres://…');
  await migrate(url, console.log);
}
