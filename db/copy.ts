import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from './database.ts';

/** A value of a column. A date, JSON, bytes or an array is the text that PostgreSQL reads. */
export type Cell = string | number | bigint | boolean | null;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const ESCAPED = /[\\\t\n\r]/;
const EACH_ESCAPED = /[\\\t\n\r]/g;

const textOf = (cell: Cell): string => {
  if (cell === null) return '\\N';
  const text = String(cell);
  return typeof cell === 'string' && ESCAPED.test(text)
    ? text.replaceAll(EACH_ESCAPED, (character) => ESCAPES[character] ?? character)
    : text;
};

/**
 * Adds rows to a table by COPY, which costs the database less than an INSERT. Columns that are not named get their defaults. Each row is
 * new: where one may be there already, use an INSERT with ON CONFLICT. Constraints and triggers hold as for an INSERT.
 */
export async function copyRows(
  db: Database,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = sql.join(
    columns.map((column) => sql.identifier([column])),
    sql.fragment`, `,
  );
  const text = rows.map((row) => `${row.map(textOf).join('\t')}\n`).join('');
  await db.query(sql.unsafe`copy ${sql.identifier([table])}(${names}) from stdin ${text}`);
}

const Ids = z.strictObject({ ids: z.array(z.bigint()) });

/** Takes ids for rows that are copied, because a copy returns none. */
export const takeIds = (db: Database, table: string, count: number): Promise<readonly bigint[]> =>
  db.oneFirst(sql.type(Ids)`
    with sequence as materialized (select pg_get_serial_sequence(${table}, 'id')::regclass as name)
    select coalesce(array_agg(nextval(name)), '{}') as ids from sequence, generate_series(1, ${count})`);
