import { createRoute, z } from '@hono/zod-openapi';

import { importFile } from '../../../commands/earnings/import-file.ts';
import { getImport, type Import, listImports, listRejections, type Rejection } from '../../../db/earnings/imports.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Ordinal, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';
import { wakeAccruals } from '../../http/wake.ts';
import { warningFields, warningsBody } from './event-warnings.ts';
import { IMPORT_FORM, readMapping } from './import-form.ts';

const ImportBody = z
  .object({
    id: fields.id('The id of the import'),
    fileName: fields.text('The name of the file as it was sent', 'sales-2026-02.csv'),
    createdBy: fields.code('The person who sent the file; null if this is no longer known', 'olga').nullable(),
    status: fields.oneOf(
      ['running', 'finished', 'broken_off'],
      'The status of the import; `broken_off` if the file could not be read to its end, and its last rejection names the line where reading stopped',
      'finished',
    ),
    startedAt: fields.at('When reading began'),
    finishedAt: fields.at('When reading ended; null until then').nullable(),
    rows: fields.count('The number of rows that were read, without those that the mapping leaves out', 1200),
    accepted: fields.count('The number of rows that were new', 1180),
    replayed: fields.count('The number of rows that were already known', 15),
    quarantined: fields.count(
      'The number of rows that were already known with other content, and count for nothing',
      1,
    ),
    parked: fields.count('The number of rows that wait until their partner is added', 2),
    rejected: fields.count('The number of rows that could not be taken in', 4),
    skipped: fields.count('The number of rows that the mapping leaves out', 3),
  })
  .openapi('Import');

const ImportResultBody = ImportBody.extend(warningFields).openapi('ImportResult');

const RejectionBody = z
  .object({
    line: fields.count('The line of the file on which the row ends', 17),
    column: fields.text('The column that cannot be read; `(row)` for the row as a whole', 'price'),
    reason: fields.text('The reason why it cannot be read', '"12,5o" is not an amount such as 1234.50 without a sign'),
  })
  .openapi('Rejection');

const add = createRoute({
  method: 'post',
  path: '/v1/imports',
  operationId: 'importEvents',
  tags: ['imports'],
  summary: 'Import a CSV file of events',
  request: { body: { required: true, content: IMPORT_FORM } },
  responses: {
    201: answers(
      ImportResultBody,
      'The file was read. Good rows were taken in, and bad rows are listed as rejections of the import.',
    ),
    400: problemResponse('The mapping, a header or an encoding is wrong. Nothing was taken in.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/imports',
  tags: ['imports'],
  summary: 'List the imports',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(ImportBody), 'The imports, the newest first.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/imports/{id}',
  tags: ['imports'],
  summary: 'Get an import',
  request: { params: UuidPath },
  responses: { 200: answers(ImportBody, 'The import and its progress.') },
});

const RejectionCursor = z.strictObject({ line: Ordinal, column: z.string().max(300) });

const rejections = createRoute({
  method: 'get',
  path: '/v1/imports/{id}/rejections',
  tags: ['imports'],
  summary: 'List the rejected rows of an import',
  request: { params: UuidPath, query: pageQuery(RejectionCursor) },
  responses: { 200: answers(pageOf(RejectionBody), 'The rows that could not be taken in, by line and column.') },
});

const importBody = ({ brokenOff, startedAt, finishedAt, ...found }: Import) => ({
  id: found.id,
  fileName: found.fileName,
  createdBy: found.createdBy,
  status: brokenOff ? ('broken_off' as const) : finishedAt ? ('finished' as const) : ('running' as const),
  startedAt: startedAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
  rows: Number(found.rows),
  accepted: Number(found.accepted),
  replayed: Number(found.replayed),
  quarantined: Number(found.quarantined),
  parked: Number(found.parked),
  rejected: Number(found.rejected),
  skipped: Number(found.skipped),
});

export const importRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(add, async (c) => {
      const upload = c.get('upload');
      const imported = await importFile(db, upload.files, readMapping(upload.fields.get('mapping')), {
        by: c.get('caller').actorId,
        onPage: (shards) => wakeAccruals({ temporal, log }, shards),
      });
      return c.json({ ...importBody(imported), ...warningsBody(imported.warnings) }, 201);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const read = (count: number) => listImports(db, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: importBody }), 200);
    })
    .openapi(get, async (c) => c.json(importBody(await getImport(db, c.req.valid('param').id)), 200))
    .openapi(rejections, async (c) => {
      const { cursor = { line: 0, column: '' }, limit } = c.req.valid('query');
      const { id } = await getImport(db, c.req.valid('param').id);
      const read = (count: number) => listRejections(db, id, cursor, count);
      const key = ({ line, column }: Rejection) => ({ line, column });
      return c.json(await readPage(limit, read, { key, item: (rejection) => rejection }), 200);
    });
