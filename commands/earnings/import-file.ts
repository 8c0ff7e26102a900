import { isDeepStrictEqual } from 'node:util';

import type { Database } from '../../db/database.ts';
import {
  countImportRows,
  getImport,
  type Import,
  insertImport,
  insertRejections,
  markImportFinished,
  type Rejection,
  type RowCounts,
  WHOLE_FILE,
  WHOLE_ROW,
} from '../../db/earnings/imports.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { columnsOf, type ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { mapRow, type Row } from '../../domain/earnings/import-row.ts';
import { refused } from '../../domain/errors.ts';
import { type Break, type CsvFormat, type CsvRow, readFormat, readRows } from './csv.ts';
import { type Accepted, type IncomingEvent, intakeEvents, type IntakeOutcome } from './intake.ts';
import { gatherWarnings, type LineWarning, type Warnings } from './warnings.ts';

const ROWS_PER_PAGE = 1000;
/**
 * A second file is looked up by its key, so the columns that are joined are kept in memory. These limits keep it below about 250 MB; a
 * file above them is refused as soon as it is read that far.
 */
const JOIN_LIMITS = { rows: 500_000, chars: 64 * 1024 * 1024 };

const FILE_NAME_CHARS_MAX = 200;

/** The files of an import, by the name of their part: `file`, and a joined file under its name without `.csv`. */
export type ImportFiles = ReadonlyMap<string, { path: string; fileName: string }>;

export type ImportOptions = {
  by: string;
  /** Called after each page that is taken in, with the programs that have new events. */
  onPage: (programs: readonly string[]) => Promise<void>;
  joinLimits?: { rows: number; chars: number };
};

/**
 * Takes in a file of events, page by page: good rows go in, bad ones are written down by line and column. The same file sent again
 * changes nothing. A file that breaks in the middle says where; the rows before that stay in. Throws Failure `invalid_input` before
 * anything is written where a file, or a column that the mapping reads, is missing.
 */
export async function importFile(
  db: Database,
  files: ImportFiles,
  mapping: ImportMapping,
  { by, onPage, joinLimits = JOIN_LIMITS }: ImportOptions,
): Promise<Import & { warnings: Warnings<LineWarning> }> {
  const file = await openFiles(files, mapping, joinLimits);
  const id = await openImport(db, files.get('file')?.fileName ?? '', mapping, by);
  const warnings = await importRows(db, id, file, mapping, { by, onPage });
  return { ...(await getImport(db, id)), warnings };
}

const openImport = (db: Database, fileName: string, mapping: ImportMapping, by: string): Promise<string> =>
  db.transaction(async (tx) => {
    const name = fileName.slice(0, FILE_NAME_CHARS_MAX) || 'unnamed';
    const id = await insertImport(tx, { fileName: name, mapping }, by);
    await addAuditEntry(tx, { actorId: by, action: 'import.open', subject: `import/${id}` });
    return id;
  });

/** A file whose header has every column that its mapping reads, and the rows that another file adds to it. */
type ReadableFile = { path: string; format: CsvFormat; joined: Join | null };
type Join = { on: string; file: string; isOptional: boolean; rows: ReadonlyMap<string, Row> };

/** Looks at the files before anything is written. */
async function openFiles(files: ImportFiles, mapping: ImportMapping, limits: JoinLimits): Promise<ReadableFile> {
  const file = files.get('file');
  if (!file) throw refused('file', 'is missing: send the CSV file as the part "file"');
  const format = await readFormat(file.path, 'file');
  const joined = mapping.join ? await readJoined(files, mapping.join, limits) : null;
  const stem = mapping.join ? stemOf(mapping.join.file) : '';
  const added = mapping.join?.columns.map((column) => `${stem}.${column}`) ?? [];
  const needed = [...columnsOf(mapping), ...(mapping.join ? [mapping.join.on] : [])];
  refuseMissing('file', needed, [...format.header, ...added]);
  return { path: file.path, format, joined };
}

const stemOf = (fileName: string): string => fileName.replace(/\.csv$/, '');

function refuseMissing(field: string, needed: readonly string[], present: readonly string[]): void {
  const missing = [...new Set(needed)].filter((column) => !present.includes(column));
  if (missing.length > 0) throw refused(field, `has no column ${missing.map((column) => `"${column}"`).join(', ')}`);
}

type JoinLimits = typeof JOIN_LIMITS;

async function readJoined(
  files: ImportFiles,
  join: NonNullable<ImportMapping['join']>,
  limits: JoinLimits,
): Promise<Join> {
  const stem = stemOf(join.file);
  const file = files.get(stem);
  if (!file) throw refused(stem, `is missing: send ${join.file} as the part "${stem}"`);
  const format = await readFormat(file.path, stem);
  refuseMissing(stem, [join.on, ...join.columns], format.header);
  const rows = new Map<string, Row>();
  let chars = 0;
  const onBreak = ({ line, reason }: Break) => {
    throw refused(stem, `cannot be read from line ${line} on: ${reason}`);
  };
  for await (const read of readRows(file.path, format, onBreak)) {
    if ('reason' in read) throw refused(stem, `has a row on line ${read.line} that ${read.reason}`);
    const key = read.row[join.on] ?? '';
    const row = Object.fromEntries(join.columns.map((column) => [`${stem}.${column}`, read.row[column] ?? '']));
    const known = rows.get(key);
    if (known && !isDeepStrictEqual(known, row))
      throw refused(stem, `has two rows with the same ${join.on} that differ, the second on line ${read.line}`);
    chars += known ? 0 : key.length + Object.values(row).join('').length;
    if (!known && rows.size >= limits.rows) throw refused(stem, `has more than ${limits.rows} rows: ${SPLIT}`);
    if (chars > limits.chars)
      throw refused(stem, `has more than ${limits.chars} characters in the joined columns: ${SPLIT}`);
    rows.set(key, row);
  }
  return { on: join.on, file: join.file, isOptional: join.optional, rows };
}

const SPLIT = 'split both files, such as by month, and import the parts';

async function importRows(
  db: Database,
  id: string,
  file: ReadableFile,
  mapping: ImportMapping,
  { by, onPage }: ImportOptions,
): Promise<Warnings<LineWarning>> {
  const gathered = gatherWarnings();
  let broken: Break | undefined;
  const rows = readRows(file.path, file.format, (where) => (broken = where));
  for await (const page of pagesOf(rows, ROWS_PER_PAGE)) {
    const { programs, counts, rejections, warnings } = await importPage(
      db,
      page.map((read) => withEvents(read, file.joined, mapping)),
      mapping,
      by,
    );
    await db.transaction(async (tx) => {
      await countImportRows(tx, id, counts);
      await insertRejections(tx, id, rejections);
    });
    for (const warning of warnings) gathered.add(warning);
    await onPage(programs);
  }
  if (broken) await insertRejections(db, id, [{ line: broken.line, column: WHOLE_FILE, reason: broken.reason }]);
  else await markImportFinished(db, id);
  return gathered.finish(db);
}

async function* pagesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

type Problem = { column: string; reason: string };
type MappedRow = { line: number } & ({ events: readonly IncomingEvent['wire'][] } | { problems: readonly Problem[] });

function withEvents(read: CsvRow, joined: Join | null, mapping: ImportMapping): MappedRow {
  const { line } = read;
  if ('reason' in read) return { line, problems: [{ column: WHOLE_ROW, reason: read.reason }] };
  const added = joined?.rows.get(read.row[joined.on] ?? '');
  if (joined && !added && !joined.isOptional)
    return { line, problems: [{ column: joined.on, reason: `is not in ${joined.file}` }] };
  return { line, ...mapRow(mapping, { ...read.row, ...added }) };
}

async function importPage(db: Database, page: readonly MappedRow[], mapping: ImportMapping, by: string) {
  const incoming = page.flatMap((row, unit) => ('events' in row ? row.events.map((wire) => ({ wire, unit })) : []));
  const { outcomes, programs, warnings } = await intakeEvents(db, incoming, { nowMs: Date.now(), strict: false, by });
  const byRow = Map.groupBy(outcomes.entries(), ([index]) => incoming[index]?.unit);
  const results = page.map((row, unit) =>
    resultOf(
      row,
      (byRow.get(unit) ?? []).map(([, outcome]) => outcome),
      mapping,
    ),
  );
  return {
    programs,
    counts: countsOf(results),
    rejections: results.flatMap(({ rejections }) => rejections),
    warnings: warnings.flatMap((warning, index) =>
      warning ? [{ ...warning, line: page[incoming[index]?.unit ?? 0]?.line ?? 0 }] : [],
    ),
  };
}

/** Where a refused event's field came from in the file. */
function columnOf({ program, partner, occurredAt, refundOf }: ImportMapping, field: string): string {
  const columns: Readonly<Record<string, readonly string[] | undefined>> = {
    program: typeof program === 'object' ? [program.column] : undefined,
    partner: [partner.column],
    occurredAt: occurredAt.columns,
    refundOf: refundOf?.columns,
  };
  return columns[field]?.join(', ') ?? `mapping: ${field}`;
}

type RowResult = { status: Accepted | 'rejected'; rejections: Rejection[] };

function resultOf(row: MappedRow, outcomes: readonly IntakeOutcome[], mapping: ImportMapping): RowResult {
  const { line } = row;
  if ('problems' in row)
    return { status: 'rejected', rejections: row.problems.map((problem) => ({ line, ...problem })) };
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'refused' ? outcome.refusals : []));
  if (refusals.length > 0)
    return {
      status: 'rejected',
      rejections: refusals.map(({ field, reason }) => ({ line, column: columnOf(mapping, field), reason })),
    };
  const statuses = outcomes.map(({ status }) => status);
  const status = (['quarantined', 'accepted'] as const).find((one) => statuses.includes(one)) ?? 'replayed';
  return { status, rejections: [] };
}

const countsOf = (results: readonly RowResult[]): RowCounts => {
  const count = (status: RowResult['status']) => results.filter((result) => result.status === status).length;
  return {
    rows: results.length,
    accepted: count('accepted'),
    replayed: count('replayed'),
    quarantined: count('quarantined'),
    rejected: count('rejected'),
  };
};
