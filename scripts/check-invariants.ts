import { readCommand, reach, reasonOf } from '../command-line.ts';
import { askInvariants, type Invariant, type InvariantAnswer, type InvariantOptions } from '../db/books/invariants.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { compareBooks, readBooks } from './invariants/books.ts';
import { embeddedUrl } from './stack/postgres.ts';

/** `npm run check-invariants`: checks the books of a database against every invariant. */

const CULPRITS_SHOWN = 5;

export type CheckOptions = Pick<InvariantOptions, 'grace'> & {
  /** The servers of the sandbox whose books are witnesses: all that move our money, or none. */
  books?: readonly string[];
};

/** The rules that do not hold, in their order. */
export const checkInvariants = async (db: Database, options: CheckOptions = {}): Promise<InvariantAnswer[]> =>
  (await askAll(db, options)).filter(({ culprits }) => culprits.length > 0);

const askAll = (db: Database, { books = [], ...options }: CheckOptions): Promise<InvariantAnswer[]> =>
  askInvariants(db, { ...options, more: books.length > 0 ? [booksInvariant(books)] : [] });

/** The books are read after the snapshot was taken. They therefore contain every movement of the snapshot, and perhaps more. */
const booksInvariant = (urls: readonly string[]): Invariant => ({
  name: 'providers-agree',
  rule: '9. Each provider moved money at most once for each key, and as much as our books say',
  find: async (db) => compareBooks(db, (await Promise.all(urls.map(readBooks))).flat()),
});

const USAGE = `npm run check-invariants -- [--database URL] [--books URL]… [--grace "10 minutes"]
  --database  the database; the default is DATABASE_URL, or the database of npm start
  --books     a server of the sandbox whose books are compared too
  --grace     how long work may wait before it counts as forgotten`;

async function main(): Promise<boolean> {
  const { values } = readCommand(USAGE, {
    database: { type: 'string', default: process.env['DATABASE_URL'] ?? '' },
    books: { type: 'string', multiple: true, default: [] },
    grace: { type: 'string', default: '10 minutes' },
  });
  const address = values.database || embeddedUrl();
  if (!address) throw new Error('Say which database: set DATABASE_URL, or add --database URL. Nothing was checked.');
  const db = await reach({ what: 'PostgreSQL', variable: 'DATABASE_URL', address }, () =>
    openDatabase(address, { poolSize: 1 }),
  );
  try {
    const answers = await askAll(db, values);
    for (const answer of answers) console.log(lineOf(answer));
    return answers.every(({ culprits }) => culprits.length === 0);
  } finally {
    await db.end();
  }
}

function lineOf({ name, rule, culprits }: InvariantAnswer): string {
  if (culprits.length === 0) return `ok      ${rule}`;
  const more = culprits.length > CULPRITS_SHOWN ? ['and more'] : [];
  return [
    `BROKEN  ${rule} (${name})`,
    ...[...culprits.slice(0, CULPRITS_SHOWN), ...more].map((line) => `        ${line}`),
  ].join('\n');
}

if (import.meta.main)
  try {
    process.exitCode = (await main()) ? 0 : 1;
  } catch (error) {
    console.error(reasonOf(error));
    process.exitCode = 2;
  }
