import { readdirSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import type { QuerySqlToken } from 'slonik';

import type { Database } from '../../db/database.ts';
import { anything } from './anything.ts';

/** A function of `db/` that asks the database, found in the source, so that nobody can forget to name it. */
export type Query = { file: string; name: string; ask: (db: Database) => unknown };

const FUNCTIONS = /^export (?:const|async function|function) (\w+)(?: = (?:async )?)?\(\s*(?:db|tx): Database\b/gm;
const ARGUMENTS_MAX = 8;
const anythings = Array.from({ length: ARGUMENTS_MAX }, () => anything);

/** Every exported function of `db/` whose first parameter is a database, with any arguments. */
export async function listQueries(): Promise<Query[]> {
  const folder = resolve('db');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const queries: Query[] = [];
  for (const path of entries.filter(({ name }) => name.endsWith('.ts')).map((e) => resolve(e.parentPath, e.name))) {
    const names = [...readFileSync(path, 'utf8').matchAll(FUNCTIONS)].map(([, name = '']) => name);
    if (names.length === 0) continue;
    const module = (await import(path)) as Record<string, (db: Database, ...rest: never[]) => unknown>;
    for (const name of names)
      queries.push({ file: relative(folder, path), name, ask: (db) => module[name]?.(db, ...anythings) });
  }
  return queries;
}

/** The rows that a function gets for its statements: with any values, or none. */
const ROWS = {
  anything: {
    any: [anything],
    anyFirst: [anything],
    maybeOne: anything,
    maybeOneFirst: anything,
    one: anything,
    oneFirst: anything,
    exists: true,
    query: { rowCount: 1, rows: [anything] },
  },
  nothing: {
    any: [],
    anyFirst: [],
    maybeOne: null,
    maybeOneFirst: null,
    one: null,
    oneFirst: null,
    exists: false,
    query: { rowCount: 0, rows: [] },
  },
};

export type Asked = {
  statements: QuerySqlToken[];
  /** The error that ended the call early. Further statements may be missing then. */
  problem: unknown;
};

/** Calls a function and returns the statements that it sends. Nothing is executed. */
export async function statementsOf(ask: (db: Database) => unknown, found: keyof typeof ROWS): Promise<Asked> {
  const statements: QuerySqlToken[] = [];
  const db: Record<string, unknown> = { transaction: (work: (tx: unknown) => unknown) => work(db) };
  for (const [method, rows] of Object.entries(ROWS[found]))
    db[method] = async (statement: QuerySqlToken) => {
      statements.push(statement);
      return rows;
    };
  try {
    await ask(db as Database);
    return { statements, problem: undefined };
  } catch (problem) {
    return { statements, problem };
  }
}
