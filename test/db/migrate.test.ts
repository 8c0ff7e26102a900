import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { migrate } from '../../db/migrate.ts';
import { withClient } from '../../scripts/stack/postgres.ts';

const FUNCTIONS = new URL('../../db/functions/', import.meta.url);

const onServer = (statement: string) =>
  withClient(`${inject('databaseServer')}postgres`, (client) => client.query(statement));

/** An empty database for this file. Other files begin with a copy that is already migrated. */
const name = `test_${randomBytes(6).toString('hex')}`;
const url = `${inject('databaseServer')}${name}`;

beforeAll(() => onServer(`create database ${name}`));
afterAll(() => onServer(`drop database ${name} with (force)`));

/** All functions and triggers as the database has them. */
const rulesIn = (client: pg.Client): Promise<string[]> =>
  listTexts(
    client,
    `select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'public'::regnamespace
     union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by text`,
  );

const listTexts = async (client: pg.Client, query: string): Promise<string[]> =>
  (await client.query<{ text: string }>(query)).rows.map(({ text }) => text);

describe('given an empty database', () => {
  it('when several processes migrate it at once then each succeeds, and every migration ran once', async () => {
    await Promise.all([migrate(url), migrate(url), migrate(url)]);
    const ran = await withClient(url, (client) =>
      listTexts(client, 'select name as text from schema_migration order by id'),
    );
    const files = await readdir(new URL('../../db/migrations/', import.meta.url));
    expect(ran.map((migration) => `${migration}.sql`)).toEqual(files.toSorted());
  });
});

describe('given a migrated database', () => {
  it('when it is migrated again then every function and trigger matches its file again', async () => {
    await withClient(url, async (client) => {
      const rules = await rulesIn(client);
      await client.query('drop trigger facts_only on ledger_entry; drop trigger journal_balances on ledger_journal');
      await client.query(
        `create or replace function check_moved_payouts() returns trigger language plpgsql as $$ begin return null; end $$`,
      );
      expect(await rulesIn(client)).not.toEqual(rules);

      await migrate(url);

      expect(await rulesIn(client)).toEqual(rules);
    });
  });

  it('then each of its functions has a file of the same name, and there are no other files', async () => {
    const functions = await withClient(url, (client) =>
      listTexts(client, `select proname as text from pg_proc where pronamespace = 'public'::regnamespace order by 1`),
    );
    // The files of the walls give rights and policies, and make no function.
    const files = (await readdir(FUNCTIONS)).filter((file) => !file.endsWith('-wall.sql'));
    // The checks of tables call these, so the migrations make them.
    const early = new Set(['is_points']);
    expect(files.toSorted()).toEqual(
      functions
        .filter((text) => !early.has(text))
        .map((text) => `${text.replaceAll('_', '-')}.sql`)
        .toSorted(),
    );
  });

  it('when a function cannot be created then the whole migration is undone, and the error names the file', async () => {
    await withClient(url, async (client) => {
      await client.query('drop trigger facts_only on ledger_entry; drop function payability');
      await client.query(
        'create function payability(int, date, date, uuid) returns int language sql as $$ select 1 $$',
      );
      const before = await rulesIn(client);

      await expect(migrate(url)).rejects.toThrow('db/functions/payability.sql was refused');

      expect(await rulesIn(client)).toEqual(before);
    });
  });
});
