import type { Database } from '../../db/database.ts';
import {
  countImportRows,
  getImport,
  type Import,
  insertImport,
  insertRejections,
  markImportFinished,
  type Rejection,
  WHOLE_FILE,
} from '../../db/earnings/imports.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import type { Shard } from '../../domain/earnings/shard.ts';
import type { Break } from '../csv.ts';
import { countRows, eventsOfPage, type PageResult, type RowResult, settlePage } from './import-page.ts';
import { type ImportFiles, type ImportSource, type JoinLimits, openSource } from './import-source.ts';
import { intakeEvents } from './intake.ts';
import { gatherWarnings, type LineWarning, type Warnings } from './warnings.ts';

const ROWS_PER_PAGE = 1000;

const FILE_NAME_CHARS_MAX = 200;

export type ImportOptions = {
  by: string;
  /** Called after each page that is taken in, with the shares of programs that have new events. */
  onPage: (shards: readonly Shard[]) => Promise<void>;
  joinLimits?: JoinLimits;
};

/**
 * Takes in a file of events, page by page: good rows go in, bad ones are written down by line and column. The same file sent again
 * changes nothing. A file that breaks in the middle says where; the rows before that stay in. Throws Failure `invalid_input` before
 * anything is written where a file, or a column that the mapping reads, is missing.
 */
export const importFile = async (
  db: Database,
  files: ImportFiles,
  mapping: ImportMapping,
  options: ImportOptions,
): Promise<Imported> => importSource(db, await openSource(files, mapping, options.joinLimits), mapping, options);

export type Imported = Import & { warnings: Warnings<LineWarning> };

/** Takes in a file that is open. Without a mapping, its rows are events already. */
export async function importSource(
  db: Database,
  source: ImportSource,
  mapping: ImportMapping | null,
  { by, onPage }: ImportOptions,
): Promise<Imported> {
  const id = await openImport(db, source.fileName, mapping, by);
  const warnings = await importRows(db, id, source, mapping, { by, onPage });
  return { ...(await getImport(db, id)), warnings };
}

const openImport = (db: Database, fileName: string, mapping: ImportMapping | null, by: string): Promise<string> =>
  db.transaction(async (tx) => {
    const name = fileName.slice(0, FILE_NAME_CHARS_MAX) || 'unnamed';
    const id = await insertImport(tx, { fileName: name, mapping }, by);
    await addAuditEntry(tx, { actorId: by, action: 'import.open', subject: `import/${id}` });
    return id;
  });

async function importRows(
  db: Database,
  id: string,
  source: ImportSource,
  mapping: ImportMapping | null,
  { by, onPage }: ImportOptions,
): Promise<Warnings<LineWarning>> {
  const gathered = gatherWarnings();
  let broken: Break | undefined;
  for await (const page of ahead(source.pages(ROWS_PER_PAGE, (where) => (broken = where)))) {
    const incoming = eventsOfPage(page);
    let settled: PageResult = { rows: [], warnings: [] };
    const { shards } = await intakeEvents(db, incoming, {
      nowMs: Date.now(),
      strict: false,
      by,
      record: async (tx, intake) => {
        settled = settlePage(page, mapping, incoming, intake);
        await countImportRows(tx, id, countRows(settled.rows));
        await insertRejections(tx, id, settled.rows.flatMap(rejectionsOf));
      },
    });
    for (const warning of settled.warnings) gathered.add(warning);
    await onPage(shards);
  }
  if (broken) await insertRejections(db, id, [{ line: broken.line, column: WHOLE_FILE, reason: broken.reason }]);
  else await markImportFinished(db, id);
  return gathered.finish(db);
}

const rejectionsOf = ({ line, problems }: RowResult): Rejection[] =>
  problems.map(({ column, reason }) => ({ line, column, reason }));

/** Reads the next page while the caller writes the one before: the database and this process work at the same time. */
async function* ahead<Page>(pages: AsyncGenerator<Page>): AsyncGenerator<Page> {
  try {
    for (let next = pages.next(); ;) {
      const { done, value } = await next;
      if (done) return;
      next = pages.next();
      next.catch(() => undefined); // thrown where it is awaited, after the page before was written
      yield value;
    }
  } finally {
    await pages.return(undefined);
  }
}
