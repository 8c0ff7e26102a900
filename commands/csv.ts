import { createReadStream } from 'node:fs';

import { CsvError, type Options, parse } from 'csv-parse';
import { z } from 'zod';

import { refused } from '../domain/errors.ts';
import { findHeader, type HeaderPlace, readHead, skipLines } from './csv-header.ts';

/** A row with the line on which it ends. The reason says why it cannot be used although its cells can be read. */
export type CsvRow = { line: number; row: readonly string[]; reason?: string };

const RECORD_CHARS_MAX = 1024 * 1024;

const Item = z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) });

/**
 * Reads the records of a file one after the other. The file is closed at the end, at an error, and where somebody stops reading: a
 * file that stays open keeps its space on the disk even when it is removed.
 */
async function* parseFile(path: string, start: number, options: Options): AsyncGenerator {
  const file = createReadStream(path, { start });
  const settings = { bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: RECORD_CHARS_MAX };
  const parser = file.pipe(parse({ ...settings, ...options }));
  file.once('error', (error) => parser.destroy(error));
  try {
    yield* parser;
  } finally {
    await new Promise((closed) => file.close(closed));
  }
}

export type CsvFormat = HeaderPlace & { header: readonly string[]; delimiter: string };

/**
 * Finds the header of a file and checks that it has the columns that are needed. Throws Failure `invalid_input` where a column is
 * missing, or where the header names it twice.
 */
export async function readFormat(
  path: string,
  field: string,
  needed: readonly string[],
  place?: { skipLines: number } | { find: true },
): Promise<CsvFormat> {
  const head = await readHead(path);
  const found = place && 'find' in place ? findHeader(head, needed) : skipLines(head, place?.skipLines ?? 0);
  if ('reason' in found) throw refused(field, found.reason);
  const missing = [...new Set(needed)].filter((column) => !found.header.includes(column));
  if (missing.length > 0) throw refused(field, `has no column ${missing.map((column) => `"${column}"`).join(', ')}`);
  const repeated = needed.find((column) => found.header.indexOf(column) < found.header.lastIndexOf(column));
  if (repeated !== undefined) throw refused(field, `has the column "${repeated}" twice`);
  return found;
}

/** Why a file cannot be read any further, and from which line on. */
export type Break = { line: number; reason: string };

/** Reads a file row by row, never as a whole. Where it breaks, `onBreak` is told and the rows end. */
export async function* readRows(
  path: string,
  { header, delimiter, start, linesAbove }: CsvFormat,
  onBreak: (where: Break) => void,
): AsyncGenerator<CsvRow> {
  let line = linesAbove + 1;
  let countedTwice = countLineBreaks(header);
  try {
    for await (const item of parseFile(path, start, { delimiter, info: true, from: 2 })) {
      const { info, record } = Item.parse(item);
      countedTwice += countLineBreaks(record);
      line = linesAbove + info.lines - countedTwice;
      if (record.length === header.length) yield { line, row: record };
      else yield { line, row: record, reason: `has ${record.length} cells where the header has ${header.length}` };
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
