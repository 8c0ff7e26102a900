import { createReadStream } from 'node:fs';

import { CsvError, type Options, parse } from 'csv-parse';
import { z } from 'zod';

import type { Row } from '../../domain/earnings/import-row.ts';
import { refused } from '../../domain/errors.ts';

/** A row with the line on which it ends, or the reason why that line is not a row. */
export type CsvRow = { line: number } & ({ row: Row } | { reason: string });

/** The delimiters that we try. The one that cuts the header into most cells is the file's. */
const DELIMITERS = [',', ';', '\t'] as const;
const RECORD_CHARS_MAX = 1024 * 1024;

const Header = z.array(z.string());
const Item = z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) });

/**
 * Reads the records of a file one after the other. The file is closed at the end, at an error, and where somebody stops reading: a
 * file that stays open keeps its space on the disk even when it is removed.
 */
async function* parseFile(path: string, options: Options): AsyncGenerator {
  const file = createReadStream(path);
  const settings = { bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: RECORD_CHARS_MAX };
  const parser = file.pipe(parse({ ...settings, ...options }));
  file.once('error', (error) => parser.destroy(error));
  try {
    yield* parser;
  } finally {
    await new Promise((closed) => file.close(closed));
  }
}

export type CsvFormat = { header: readonly string[]; delimiter: string };

/** Reads the first line; throws Failure `invalid_input` where there is none, or where it names a column twice. */
export async function readFormat(path: string, field: string): Promise<CsvFormat> {
  const formats = await Promise.all(
    DELIMITERS.map(async (delimiter) => ({ delimiter, header: await readHeader(path, delimiter) })),
  );
  const [{ header, delimiter }] = formats.toSorted((a, b) => b.header.length - a.header.length) as [CsvFormat];
  if (header.length === 0) throw refused(field, 'is empty, or its first line cannot be read');
  const repeated = header.find((column, index) => header.indexOf(column) < index);
  if (repeated !== undefined) throw refused(field, `has the column "${repeated}" twice`);
  return { header, delimiter };
}

async function readHeader(path: string, delimiter: string): Promise<readonly string[]> {
  try {
    for await (const record of parseFile(path, { delimiter, to: 1, trim: true })) return Header.parse(record);
    return [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}

/** Why a file cannot be read any further, and from which line on. */
export type Break = { line: number; reason: string };

/** Reads a file row by row, never as a whole. Where it breaks, `onBreak` is told and the rows end. */
export async function* readRows(
  path: string,
  { header, delimiter }: CsvFormat,
  onBreak: (where: Break) => void,
): AsyncGenerator<CsvRow> {
  let line = 1;
  let countedTwice = countLineBreaks(header);
  try {
    for await (const item of parseFile(path, { delimiter, info: true, from: 2 })) {
      const { info, record } = Item.parse(item);
      countedTwice += countLineBreaks(record);
      line = info.lines - countedTwice;
      yield record.length === header.length
        ? { line, row: Object.fromEntries(header.map((column, index) => [column, record[index] ?? ''])) }
        : { line, reason: `has ${record.length} cells where the header has ${header.length}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    onBreak({ line: line + 1, reason: REASONS[error.code] ?? `cannot be read as CSV (${error.code})` });
  }
}

/** The parser counts a line break of Windows within a quoted cell as two. */
const countLineBreaks = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + cell.split('\r\n').length - 1, 0);

const REASONS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened here and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quote is closed in the middle of a cell: double the quotes within a cell',
  INVALID_OPENING_QUOTE: 'a quote is opened in the middle of a cell: quote the whole cell and double the quotes within',
  CSV_MAX_RECORD_SIZE: `a row has more than ${RECORD_CHARS_MAX} characters: a quote before it may never be closed`,
};
