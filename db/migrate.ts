import { fileURLToPath } from 'node:url';

import { runner } from 'node-pg-migrate';
import pg from 'pg';

import { CURRENCIES } from '../domain/currency.ts';

/** Brings a database to the newest schema. Safe to repeat and to overlap: node-pg-migrate takes an advisory lock. */
export async function migrate(databaseUrl: string, log: (line: string) => void = () => {}): Promise<void> {
  await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'schema_migration',
    log,
  });
  await keepCurrencies(databaseUrl);
}

/** The currency table is the domain's list; it only ever grows. */
async function keepCurrencies(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into currency(code, exponent)
       select * from unnest($1::text[], $2::smallint[]) on conflict (code) do nothing`,
      [Object.keys(CURRENCIES), Object.values(CURRENCIES)],
    );
  } finally {
    await client.end();
  }
}

if (import.meta.main) {
  const url = process.argv[2];
  if (!url) throw new Error('say which database: node db/migrate.ts postgres://…');
  await migrate(url, console.log);
}
