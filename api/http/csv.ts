import { stringify } from 'csv-stringify/sync';

/** A text that a spreadsheet would run as a formula. A number below zero is none. */
const FORMULA = /^[=+@\t\r]|^-(?![\d.])/;

const safe = (cell: unknown): unknown => (typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell);

/** A table as CSV. A cell that a spreadsheet would run begins with an apostrophe. */
export const csvOf = (columns: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  stringify([columns, ...rows.map((cells) => cells.map(safe))]);

/** A table that is too long for memory as CSV, row by row. */
export function csvStreamOf(
  columns: readonly string[],
  rows: AsyncIterable<readonly unknown[]>,
): ReadableStream<Uint8Array> {
  async function* lines(): AsyncGenerator<string> {
    yield csvOf(columns, []);
    for await (const row of rows) yield stringify([row.map(safe)]);
  }
  return ReadableStream.from<string>(lines()).pipeThrough(new TextEncoderStream());
}

/** The headers of an answer that a browser keeps as a file. */
export const csvHeaders = (fileName: string) => ({
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename="${fileName}"`,
});

const ROWS_A_READ = 1000;

/** Every row of a list, read page by page, so that a file has no limit. `read` continues after the last row that it gave. */
export async function* everyRow<Row>(
  read: (after: Row | null, limit: number) => Promise<readonly Row[]>,
  cellsOf: (row: Row) => readonly unknown[],
): AsyncGenerator<readonly unknown[]> {
  let after: Row | null = null;
  for (;;) {
    const rows: readonly Row[] = await read(after, ROWS_A_READ);
    for (const row of rows) yield cellsOf(row);
    after = rows.at(-1) ?? null;
    if (rows.length < ROWS_A_READ) return;
  }
}
