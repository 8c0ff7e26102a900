import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { type MigrationBuilder, runner } from 'node-pg-migrate';
import pg from 'pg';

import { endFailed, endWrongUse, reach, readCommand } from '../command-line.ts';
import { CURRENCIES } from '../domain/currency.ts';
import { RAIL_UNITS } from '../domain/rails.ts';

const FUNCTIONS = new URL('functions/', import.meta.url);

/**
 * Brings a database to the newest schema. It first runs each migration of the tables once, and then creates all functions and triggers
 * anew. Everything happens in one transaction, so no table is ever without its triggers. This is safe to repeat and to overlap: a
 * second run waits for the first.
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
    await setRailUnits(client);
    await client.query('commit');
  } finally {
    await client.end(); // this rolls back a transaction that was not committed
  }
}

/** The runner would open a transaction for each file. Ours is open already, because it also covers the functions. */
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
    noLock: true, // this function holds a lock
    logger: { info: log, warn: () => {}, error: log }, // the runner would warn that it has no transaction of its own
  });

/**
 * Runs one file for each function, in the order of their names. A function or trigger that no file names any longer stays in the
 * database until a migration drops it.
 */
async function replaceFunctions(client: pg.Client): Promise<void> {
  for (const file of (await readdir(FUNCTIONS)).toSorted()) {
    const text = await readFile(new URL(file, FUNCTIONS), 'utf8');
    await client.query(text).catch((cause: Error) => {
      throw new Error(`db/functions/${file} was refused: ${cause.message}. Nothing was changed.`, { cause });
    });
  }
}

/** The currency table is the domain's list, and it only ever grows. */
const addCurrencies = (client: pg.Client) =>
  client.query(
    `insert into currency(code, exponent)
     select * from unnest($1::text[], $2::smallint[]) on conflict (code) do nothing`,
    [Object.keys(CURRENCIES), Object.values(CURRENCIES)],
  );

/** The units that each gateway can pay are the domain's list too. */
const setRailUnits = (client: pg.Client) => {
  const units = Object.entries(RAIL_UNITS).flatMap(([gateway, of]) =>
    Object.entries(of).map(([currency, unit]) => [gateway, currency, String(unit)] as const),
  );
  return client.query(
    `insert into rail_unit(gateway, currency, unit_minor)
     select * from unnest($1::text[], $2::text[], $3::bigint[])
     on conflict (gateway, currency) do update set unit_minor = excluded.unit_minor`,
    [units.map(([gateway]) => gateway), units.map(([, currency]) => currency), units.map(([, , unit]) => unit)],
  );
};

const USAGE = `npm run migrate -- URL
  URL  the database, such as postgres://bursar:…@localhost/bursar; the default is DATABASE_URL`;

if (import.meta.main) {
  const { positionals } = readCommand(USAGE, {});
  const [url = process.env['DATABASE_URL']] = positionals;
  if (!url) endWrongUse('Say which database: name its URL, or set DATABASE_URL. Nothing was migrated.', USAGE);
  if (!URL.canParse(url)) endWrongUse('The database is not named by a URL. Nothing was migrated.', USAGE);
  await reach({ what: 'PostgreSQL', variable: 'DATABASE_URL', address: url }, async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
  }).catch(endFailed);
  await migrate(url, console.log).catch(endFailed);
}
