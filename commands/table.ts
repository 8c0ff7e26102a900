import type { Database } from '../db/database.ts';
import { Failure, refused } from '../domain/errors.ts';
import { readFormat, readRows } from './csv.ts';

/** A line of a small CSV file. An empty cell is left out. */
export type TableLine = { readonly line: number; readonly cells: Readonly<Record<string, string>> };

export type LineRefusal = { readonly line: number; readonly column: string; readonly reason: string };

export type Table = { readonly lines: readonly TableLine[]; readonly refusals: readonly LineRefusal[] };

/** The outcome of a file: how many lines it has, how many were taken in, and the lines that were refused. */
export type TableResult = { lines: number; taken: number; refusals: readonly LineRefusal[] };

/** A file is written in one transaction, whose locks should not be held for longer than a minute. */
export const TABLE_LINES_MAX = 5_000;
const WHOLE_ROW = '(row)';

export type Columns = { readonly needed: readonly string[]; readonly isKnown: (column: string) => boolean };

/** Reads a small file as a whole. Throws Failure `invalid_input` where the file or its columns cannot be accepted. */
export async function readTable(path: string, { needed, isKnown }: Columns): Promise<Table> {
  const format = await readFormat(path, 'file', needed);
  const unknown = format.header.find((column) => !needed.includes(column) && !isKnown(column));
  if (unknown !== undefined) throw refused('file', `has the column "${unknown}", which means nothing here`);
  const twice = format.header.find((column, index) => format.header.indexOf(column) < index);
  if (twice !== undefined) throw refused('file', `has the column "${twice}" twice`);
  const lines: TableLine[] = [];
  const refusals: LineRefusal[] = [];
  const onBreak = ({ line, reason }: { line: number; reason: string }) => {
    throw refused('file', `cannot be read from line ${line} on: ${reason}`);
  };
  for await (const { line, row, reason } of readRows(path, format, onBreak)) {
    if (lines.length + refusals.length >= TABLE_LINES_MAX)
      throw refused('file', `has more than ${TABLE_LINES_MAX} lines: split it, and send the parts`);
    if (reason === undefined) lines.push({ line, cells: cellsOf(format.header, row) });
    else refusals.push({ line, column: WHOLE_ROW, reason });
  }
  return { lines, refusals };
}

const cellsOf = (header: readonly string[], row: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    header.flatMap((column, index) => {
      const cell = row[index]?.trim();
      return cell ? [[column, cell]] : [];
    }),
  );

const PREVIEWED = new Error('A preview is rolled back.');

/**
 * Takes in a file line by line, in one transaction. A line is taken in as a whole or refused, and the others go in. A preview does the
 * same and takes everything back.
 */
export async function takeTable(
  db: Database,
  { lines, refusals }: Table,
  { preview }: { preview: boolean },
  take: (tx: Database, line: TableLine) => Promise<unknown>,
): Promise<TableResult> {
  const refusedLines: LineRefusal[] = [...refusals];
  let taken = 0;
  const takeAll = async (tx: Database) => {
    for (const line of lines) {
      const reasons = await refusalsOf(() => tx.transaction((inner) => take(inner, line)));
      if (reasons.length === 0) taken += 1;
      refusedLines.push(...reasons.map((reason) => ({ line: line.line, ...reason })));
    }
    if (preview) throw PREVIEWED;
  };
  try {
    await db.transaction(takeAll);
  } catch (error) {
    if (error !== PREVIEWED) throw error;
  }
  return {
    lines: lines.length + refusals.length,
    taken,
    refusals: refusedLines.toSorted((one, other) => one.line - other.line),
  };
}

async function refusalsOf(work: () => Promise<unknown>): Promise<{ column: string; reason: string }[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const named = error.details.map(({ field, reason }) => ({ column: field, reason }));
    return named.length > 0 ? named : [{ column: WHOLE_ROW, reason: error.message }];
  }
}
