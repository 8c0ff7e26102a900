import type { Database } from '../db/database.ts';
import type { Read } from '../domain/cells.ts';
import { Failure, type FailureDetail, refused } from '../domain/errors.ts';
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

/** The value of a line. Throws Failure `invalid_input` with each column that cannot be accepted. */
export function orRefuse<Value>(read: Read<Value>): Value {
  if ('problems' in read) throw wrongCells(read.problems);
  return read.value;
}

export const wrongLine = (field: string, reason: string): Failure => wrongCells([{ field, reason }]);

const wrongCells = (details: readonly FailureDetail[]): Failure =>
  new Failure('invalid_input', 'A line cannot be read. Nothing of it was written.', { details });

/** The refusal of a file that is taken in as a whole or not at all. */
export const refusalOf = (refusals: readonly LineRefusal[]): Failure =>
  new Failure(
    'invalid_input',
    'Nothing was recorded, because some lines cannot be accepted. Correct the named lines, and send the whole file again.',
    { details: refusals.map(({ line, column, reason }) => ({ field: `line ${line}: ${column}`, reason })) },
  );

const PREVIEWED = new Error('A preview is rolled back.');

/** A chunk of lines is written at once. Where one of them is refused, its chunk is taken line by line. */
const LINES_PER_CHUNK = 100;

/** The work of a file: how a line is read, and how the items of some lines are written. Both throw a Failure to refuse. */
export type TableWork<Item> = {
  readonly read: (line: TableLine) => Item;
  readonly take: (tx: Database, items: readonly Item[]) => Promise<unknown>;
};

/**
 * Takes in a file in one transaction. A line is taken in as a whole or refused, and the others go in. A preview does the same and takes
 * everything back.
 */
export async function takeTable<Item>(
  db: Database,
  { lines, refusals }: Table,
  { preview }: { preview: boolean },
  { read, take }: TableWork<Item>,
): Promise<TableResult> {
  const { readable, refused: unread } = readLines(lines, read);
  const refusedLines = [...refusals, ...unread];
  let taken = 0;
  const takeSome = async (tx: Database, some: readonly ReadLine<Item>[]): Promise<void> => {
    const items = some.map(({ item }) => item);
    const failure = await failureOf(() => tx.transaction((inner) => take(inner, items)));
    const [only, second] = some;
    if (!failure) taken += some.length;
    else if (second) for (const one of some) await takeSome(tx, [one]);
    else if (only) refusedLines.push(...refusalsOf(only.line, failure));
  };
  try {
    await db.transaction(async (tx) => {
      for (let place = 0; place < readable.length; place += LINES_PER_CHUNK)
        await takeSome(tx, readable.slice(place, place + LINES_PER_CHUNK));
      if (preview) throw PREVIEWED;
    });
  } catch (error) {
    if (error !== PREVIEWED) throw error;
  }
  return {
    lines: lines.length + refusals.length,
    taken,
    refusals: refusedLines.toSorted((one, other) => one.line - other.line),
  };
}

type ReadLine<Item> = { readonly line: number; readonly item: Item };

function readLines<Item>(lines: readonly TableLine[], read: (line: TableLine) => Item) {
  const readable: ReadLine<Item>[] = [];
  const unread: LineRefusal[] = [];
  for (const line of lines)
    try {
      readable.push({ line: line.line, item: read(line) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unread.push(...refusalsOf(line.line, error));
    }
  return { readable, refused: unread };
}

async function failureOf(work: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function refusalsOf(line: number, { details, message }: Failure): LineRefusal[] {
  const named = details.map(({ field, reason }) => ({ line, column: field, reason }));
  return named.length > 0 ? named : [{ line, column: WHOLE_ROW, reason: message }];
}
