import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { sql } from 'slonik';
import { z } from 'zod';

import { type Database, openDatabase } from '../db/database.ts';
import { listRunContent } from '../db/runs/runs.ts';
import { contentHash } from '../domain/runs/content.ts';
import { compareBooks, readBooks } from './invariants/books.ts';
import { databaseAccount, reachable } from './stack/account.ts';
import { choosePorts } from './stack/ports.ts';

/** `npm run check-invariants`: asks a database whether what must always be true of its books is true. */

const FILE = new URL('../test/invariants.sql', import.meta.url);
const CULPRITS_MAX = 20;
const CULPRITS_SHOWN = 5;

/** A rule that does not hold, by its number and sentence, with the first that break it. */
export type Broken = { name: string; culprits: readonly string[] };

export type InvariantOptions = {
  /** The sandbox's servers whose books are witnesses: all that move our money, or none. */
  books?: readonly string[];
  /** How long after its time what is under way may wait to be looked at, as an interval of PostgreSQL. */
  grace?: string;
};

type Rule = { name: string; find: (db: Database) => Promise<readonly string[]> };

/** The rules that do not hold, in their order; none is what everybody wants to see. */
export const checkInvariants = async (db: Database, options: InvariantOptions = {}): Promise<Broken[]> =>
  (await askAll(db, options)).filter(({ culprits }) => culprits.length > 0);

/** Asks every rule in one snapshot, so that a database at work may be asked too. */
async function askAll(db: Database, { books = [], grace = '10 minutes' }: InvariantOptions): Promise<Broken[]> {
  const rules = [...queries(), CONTENT_RULE, ...(books.length > 0 ? [booksRule(books)] : [])];
  return db.transaction(async (tx) => {
    await tx.query(sql.unsafe`set transaction isolation level repeatable read, read only`);
    await tx.query(sql.unsafe`select set_config('bursar.grace', ${grace}, true)`);
    const answers: Broken[] = [];
    for (const { name, find } of rules) answers.push({ name, culprits: await find(tx) });
    return answers;
  });
}

const Culprit = z.strictObject({ culprit: z.string() });

/** The queries of the file, each below its `-- name:` line. */
const queries = (): Rule[] =>
  readFileSync(FILE, 'utf8')
    .split(/^-- name: /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      const query = part.slice(end).trim().replace(/;$/, '');
      return {
        name: part.slice(0, end),
        find: (db) => db.anyFirst(sql.type(Culprit)`${fragmentOf(query)} limit ${CULPRITS_MAX}`),
      };
    });

/** slonik takes text from template literals alone, so that nobody builds a query; this one is a file of ours. */
const fragmentOf = (text: string) => sql.fragment(Object.assign([text], { raw: Object.freeze([text]) }));

/** The hash is made in the domain, so it is made again there. */
const CONTENT_RULE: Rule = {
  name: '15 a run is what its content hash says, also after it was approved',
  async find(db) {
    const runs = await db.any(sql.type(z.strictObject({ id: z.string(), hash: z.string().nullable() }))`
      select id, encode(content_hash, 'hex') as hash from payout_run
      where status in ('review', 'approved', 'disbursing', 'paused', 'disbursed') order by created_at, id`);
    const culprits: string[] = [];
    for (const { id, hash } of runs) {
      const current = contentHash(await listRunContent(db, id)).toString('hex');
      if (current !== hash) culprits.push(`run ${id} has the content ${current}, and was written down as ${hash}`);
    }
    return culprits;
  },
};

/** The books are read after the snapshot was taken: what we say moved must be in them, whatever moved since. */
const booksRule = (urls: readonly string[]): Rule => ({
  name: '9 each provider moved money at most once for a key, and as much as we say',
  find: async (db) => compareBooks(db, (await Promise.all(urls.map(readBooks))).flat()),
});

/** The database that `npm start` keeps. */
function embeddedUrl(): string {
  const passwordFile = join(reachable(resolve('.data/postgres'), databaseAccount()), 'password');
  try {
    return `postgres://bursar:${readFileSync(passwordFile, 'utf8')}@127.0.0.1:${choosePorts(process.env).postgres}/bursar`;
  } catch (cause) {
    throw new Error('Say which database: set DATABASE_URL, or add --database URL. Nothing was checked.', { cause });
  }
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
      books: { type: 'string', multiple: true, default: [] },
      grace: { type: 'string', default: '10 minutes' },
    },
  });
  const db = await openDatabase(values.database || embeddedUrl(), { poolSize: 1 });
  try {
    const answers = await askAll(db, values);
    for (const answer of answers) console.log(lineOf(answer));
    return answers.every(({ culprits }) => culprits.length === 0);
  } finally {
    await db.end();
  }
}

function lineOf({ name, culprits }: Broken): string {
  if (culprits.length === 0) return `ok      ${name}`;
  const more = culprits.length > CULPRITS_SHOWN ? ['and more'] : [];
  return [`BROKEN  ${name}`, ...[...culprits.slice(0, CULPRITS_SHOWN), ...more].map((line) => `        ${line}`)].join(
    '\n',
  );
}

if (import.meta.main)
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
