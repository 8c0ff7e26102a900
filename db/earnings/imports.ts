import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import type { ImportMapping } from '../../domain/earnings/import-mapping.ts';
import { addAuditEntry } from '../people/audit.ts';
import type { Database } from '../database.ts';
import { Id, Instant } from '../column-types.ts';

/** The column under which a file says why it could not be read to its end. */
export const WHOLE_FILE = '(file)';
/** The column under which a row says what is wrong with the whole of it. */
export const WHOLE_ROW = '(row)';

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
  rejected: z.bigint(),
  brokenOff: z.boolean(),
});
/** One file: how many of its rows were taken in, known already, kept aside and rejected so far. They add up to `rows`. */
export type Import = z.infer<typeof ImportRow>;

const importQuery = sql.fragment`
  select import.id, file_name as "fileName", actor.code as "createdBy", started_at as "startedAt", finished_at as "finishedAt",
    rows, accepted, replayed, quarantined, rejected,
    exists (select from import_rejection where import_id = import.id and column_name = ${WHOLE_FILE}) as "brokenOff"
  from import left join actor on actor.id = import.created_by`;

export type NewImport = { fileName: string; mapping: ImportMapping };

/** Opens an import; its rows follow. */
export async function openImport(db: Database, { fileName, mapping }: NewImport, by: string): Promise<string> {
  return db.transaction(async (tx) => {
    const { id } = await tx.one(sql.type(Id)`
      insert into import(file_name, mapping, created_by) values (${fileName}, ${sql.jsonb(mapping)}, ${by}) returning id`);
    await addAuditEntry(tx, { actorId: by, action: 'import.open', subject: `import/${id}` });
    return id;
  });
}

export type RowCounts = { rows: number; accepted: number; replayed: number; quarantined: number; rejected: number };
export type Rejection = { line: number; column: string; reason: string };

/** Writes down what became of a page of rows. */
export async function addImportPage(
  db: Database,
  id: string,
  counts: RowCounts,
  rejections: readonly Rejection[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(sql.unsafe`
      update import set rows = rows + ${counts.rows}, accepted = accepted + ${counts.accepted}, replayed = replayed + ${counts.replayed},
        quarantined = quarantined + ${counts.quarantined}, rejected = rejected + ${counts.rejected}
      where id = ${id}`);
    await addRejections(tx, id, rejections);
  });
}

async function addRejections(db: Database, id: string, rejections: readonly Rejection[]): Promise<void> {
  if (rejections.length === 0) return;
  const rows = rejections.map(({ line, column, reason }) => [line, column, reason]);
  await db.query(sql.unsafe`
    insert into import_rejection(import_id, line, column_name, reason)
    select ${id}::uuid, line, column_name, string_agg(reason, '; ')
    from ${sql.unnest(rows, ['int8', 'text', 'text'])} as given(line, column_name, reason)
    group by line, column_name on conflict do nothing`);
}

/** Ends an import whose file was read to its end. */
export async function finishImport(db: Database, id: string): Promise<void> {
  await db.query(sql.unsafe`update import set finished_at = now() where id = ${id}`);
}

/** Ends an import whose file cannot be read any further; what was read before stays in. */
export const breakOffImport = (db: Database, id: string, line: number, reason: string): Promise<void> =>
  addRejections(db, id, [{ line, column: WHOLE_FILE, reason }]);

export async function getImport(db: Database, id: string): Promise<Import> {
  const found = await db.maybeOne(sql.type(ImportRow)`${importQuery} where import.id = ${id}`);
  if (!found) throw new Failure('not_found', `There is no import ${id}.`);
  return found;
}

/** Imports, the newest first. */
export const listImports = (db: Database, before: string | null, limit: number): Promise<readonly Import[]> =>
  db.any(sql.type(ImportRow)`
    ${importQuery} where ${before}::uuid is null or import.id < ${before} order by import.id desc limit ${limit}`);

const RejectionRow = z
  .strictObject({ line: z.bigint(), column: z.string(), reason: z.string() })
  .transform(({ line, ...row }) => ({ ...row, line: Number(line) }));

/** What could not be taken in, by line and column. */
export const listRejections = (
  db: Database,
  id: string,
  after: { line: number; column: string },
  limit: number,
): Promise<readonly Rejection[]> =>
  db.any(sql.type(RejectionRow)`
    select line, column_name as "column", reason from import_rejection
    where import_id = ${id} and (line, column_name) > (${after.line}, ${after.column}) order by line, column_name limit ${limit}`);
