import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { Count, Id, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The column of a rejection that says why the file could not be read to its end. */
export const WHOLE_FILE = '(file)';

const ImportRow = z.strictObject({
  id: z.string(),
  fileName: z.string(),
  createdBy: z.string().nullable(),
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  rows: z.bigint(),
  accepted: z.bigint(),
  replayed: z.bigint(),
  quarantined: z.bigint(),
  parked: z.bigint(),
  rejected: z.bigint(),
  skipped: z.bigint(),
  brokenOff: z.boolean(),
});
/** One file: how many of its rows were taken in, known already, kept aside, parked and rejected so far. These add up to `rows`, to which skipped rows do not belong. */
export type Import = z.infer<typeof ImportRow>;

const importQuery = sql.fragment`
  select import.id, file_name as "fileName", actor.code as "createdBy", started_at as "startedAt", finished_at as "finishedAt",
    rows, accepted, replayed, quarantined, parked, rejected, skipped,
    exists (select from import_rejection where import_id = import.id and column_name = ${WHOLE_FILE}) as "brokenOff"
  from import left join actor on actor.id = import.created_by`;

/** Without a mapping, each line of the file is an event as JSON. */
export type NewImport = { fileName: string; mapping: ImportMapping | null };

/** Writes an import before its rows. Returns its id. */
export const insertImport = (db: Database, { fileName, mapping }: NewImport, createdBy: string): Promise<string> =>
  db.oneFirst(sql.type(Id)`
    insert into import(file_name, mapping, created_by) values (${fileName}, ${mapping && sql.jsonb(mapping)}, ${createdBy}) returning id`);

export type RowCounts = Record<
  'rows' | 'accepted' | 'replayed' | 'quarantined' | 'parked' | 'rejected' | 'skipped',
  number
>;
export type Rejection = { line: number; column: string; reason: string };

/** Adds the outcomes of some rows to the outcomes of those before. */
export const countImportRows = (
  db: Database,
  id: string,
  { rows, accepted, replayed, quarantined, parked, rejected, skipped }: RowCounts,
) =>
  db.query(sql.unsafe`
    update import set rows = rows + ${rows}, accepted = accepted + ${accepted}, replayed = replayed + ${replayed},
      quarantined = quarantined + ${quarantined}, parked = parked + ${parked}, rejected = rejected + ${rejected},
      skipped = skipped + ${skipped}
    where id = ${id}`);

/** Writes the reasons why rows could not be taken in. An import with a rejection of the whole file is broken off. */
export async function insertRejections(db: Database, id: string, rejections: readonly Rejection[]): Promise<void> {
  if (rejections.length === 0) return;
  const rows = rejections.map(({ line, column, reason }) => [line, column, reason]);
  await db.query(sql.unsafe`
    insert into import_rejection(import_id, line, column_name, reason)
    select ${id}::uuid, line, column_name, string_agg(reason, '; ')
    from ${sql.unnest(rows, ['int8', 'text', 'text'])} as given(line, column_name, reason)
    group by line, column_name on conflict do nothing`);
}

/** Ends an import whose file was read to its end. */
export const markImportFinished = (db: Database, id: string) =>
  db.query(sql.unsafe`update import set finished_at = now() where id = ${id}`);

export async function getImport(db: Database, id: string): Promise<Import> {
  const found = await db.maybeOne(sql.type(ImportRow)`${importQuery} where import.id = ${id}`);
  if (!found) throw new Failure('not_found', `There is no import ${id}.`);
  return found;
}

/** The mapping of an import, as it was sent. Null where each line of the file was an event. */
export const readImportMapping = (db: Database, id: string): Promise<ImportMapping | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ mapping: ImportMapping.nullable() }))`
    select mapping from import where id = ${id}`);

/** Imports, the newest first. */
export const listImports = (db: Database, before: string | null, limit: number): Promise<readonly Import[]> =>
  db.any(sql.type(ImportRow)`
    ${importQuery} where ${before}::uuid is null or import.id < ${before} order by import.id desc limit ${limit}`);

const RejectionRow = z.strictObject({
  line: Count,
  column: z.string(),
  reason: z.string(),
});

/** Returns the rejections of an import, by line and column. */
export const listRejections = (
  db: Database,
  id: string,
  after: { line: number; column: string },
  limit: number,
): Promise<readonly Rejection[]> =>
  db.any(sql.type(RejectionRow)`
    select line, column_name as "column", reason from import_rejection
    where import_id = ${id} and (line, column_name) > (${after.line}, ${after.column}) order by line, column_name limit ${limit}`);
