import { isDeepStrictEqual } from 'node:util';

import type { Row } from '../../domain/earnings/import-cells.ts';
import { columnsOf, type ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { compileMapping, type MappedRow, WHOLE_ROW } from '../../domain/earnings/import-row.ts';
import { refused } from '../../domain/errors.ts';
import { inPages, type SentLine } from './lines.ts';
import { type Break, type CsvFormat, type CsvRow, readFormat, readRows } from '../csv.ts';

/**
 * A second file is looked up by its key, so the columns that are joined are kept in memory. These limits keep it below about 250 MB; a
 * file above them is refused as soon as it is read that far.
 */
const JOIN_LIMITS = { rows: 500_000, chars: 64 * 1024 * 1024 };
export type JoinLimits = typeof JOIN_LIMITS;

/** The files of an import, by the name of their part: `file`, and a joined file under its name without `.csv`. */
export type ImportFiles = ReadonlyMap<string, { path: string; fileName: string }>;

/** A row of a file as its mapping reads it, with the line on which it ends. */
export type MappedLine = { readonly line: number } & MappedRow;

/** A file whose header has every column that its mapping reads. */
export type ImportSource = {
  readonly fileName: string;
  /** The rows in their order, a page at a time. Where the file breaks, `onBreak` is told and the rows end. */
  readonly pages: (size: number, onBreak: (where: Break) => void) => AsyncGenerator<readonly MappedLine[]>;
};

/** The rows that another file adds. */
type Join = {
  on: string;
  file: string;
  isOptional: boolean;
  columns: readonly string[];
  rows: ReadonlyMap<string, Row>;
};

/**
 * Opens the files of an import. Imports and previews read them through this, so that both see the same events. Throws Failure
 * `invalid_input` where a file, or a column that the mapping reads, is missing.
 */
export async function openSource(
  files: ImportFiles,
  mapping: ImportMapping,
  limits: JoinLimits = JOIN_LIMITS,
): Promise<ImportSource> {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the CSV file as the part "file"');
  const { join } = mapping;
  const added = new Set(join?.columns.map((column) => joinedName(join.file, column)));
  const own = columnsOf(mapping).filter((column) => !added.has(column));
  const format = await readFormat(file.path, 'file', [...own, ...(join ? [join.on] : [])], mapping.header);
  const joined = join ? await readJoined(files, join, limits) : null;
  return {
    fileName: file.fileName,
    pages: (size, onBreak) => readPages({ path: file.path, format, joined, mapping, size }, onBreak),
  };
}

/** A file that has an event on each line, as the rows of an import. */
export const sourceOfLines = (fileName: string, lines: () => AsyncIterable<SentLine>): ImportSource => ({
  fileName,
  async *pages(size) {
    for await (const page of inPages(lines(), size)) yield page.map(rowOfLine);
  },
});

const rowOfLine = (sent: SentLine): MappedLine =>
  'wire' in sent
    ? { line: sent.line, events: [sent.wire] }
    : {
        line: sent.line,
        problems: sent.problems.map(({ field, reason }) => ({ column: field, rule: reason, reason })),
      };

type Reading = { path: string; format: CsvFormat; joined: Join | null; mapping: ImportMapping; size: number };

async function* readPages(
  { path, format, joined, mapping, size }: Reading,
  onBreak: (where: Break) => void,
): AsyncGenerator<readonly MappedLine[]> {
  const map = compileMapping(mapping, [...format.header, ...(joined?.columns ?? [])]);
  const on = joined ? format.header.indexOf(joined.on) : -1;
  let page: MappedLine[] = [];
  for await (const read of readRows(path, format, onBreak)) {
    const { row, problem } = withJoined(read, joined, on);
    page.push({ line: read.line, ...map(row, problem) });
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function withJoined({ row, reason }: CsvRow, joined: Join | null, on: number) {
  if (reason !== undefined) return { row, problem: { column: WHOLE_ROW, rule: reason } };
  if (!joined) return { row };
  const added = joined.rows.get(row[on]?.trim() ?? '');
  if (added) return { row: [...row, ...added] };
  return joined.isOptional ? { row } : { row, problem: { column: joined.on, rule: `is not in ${joined.file}` } };
}

const stemOf = (fileName: string): string => fileName.replace(/\.csv$/, '');
const joinedName = (file: string, column: string): string => `${stemOf(file)}.${column}`;

const SPLIT = 'split both files, such as by month, and import the parts';

async function readJoined(
  files: ImportFiles,
  join: NonNullable<ImportMapping['join']>,
  limits: JoinLimits,
): Promise<Join> {
  const stem = stemOf(join.file);
  const file = files.get(stem);
  if (!file) throw refused(stem, `is missing: send ${join.file} as the part "${stem}"`);
  const format = await readFormat(file.path, stem, [join.on, ...join.columns]);
  const [on, ...places] = [join.on, ...join.columns].map((column) => format.header.indexOf(column)) as [number];
  const rows = new Map<string, Row>();
  let chars = 0;
  const onBreak = ({ line, reason }: Break) => {
    throw refused(stem, `cannot be read from line ${line} on: ${reason}`);
  };
  for await (const { line, row: read, reason } of readRows(file.path, format, onBreak)) {
    if (reason !== undefined) throw refused(stem, `has a row on line ${line} that ${reason}`);
    const key = read[on]?.trim() ?? '';
    const row = places.map((place) => read[place] ?? '');
    const known = rows.get(key);
    if (known && !isDeepStrictEqual(known, row))
      throw refused(stem, `has two rows with the same ${join.on} that differ, the second on line ${line}`);
    chars += known ? 0 : key.length + row.join('').length;
    if (!known && rows.size >= limits.rows) throw refused(stem, `has more than ${limits.rows} rows: ${SPLIT}`);
    if (chars > limits.chars)
      throw refused(stem, `has more than ${limits.chars} characters in the joined columns: ${SPLIT}`);
    rows.set(key, row);
  }
  const columns = join.columns.map((column) => joinedName(join.file, column));
  return { on: join.on, file: join.file, isOptional: join.optional, columns, rows };
}
