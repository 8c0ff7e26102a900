import { createRoute, z } from '@hono/zod-openapi';

import { listAuditEntries, type RecordedEntry } from '../../../db/people/audit.ts';
import { Line } from '../../../domain/fields.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const EntryBody = z
  .object({
    seq: fields.rowNumber('The number of the entry; later entries have higher numbers', '1042'),
    at: fields.at('When the action was done'),
    actor: fields.code('The code of the person who acted; null if the system acted', 'petra').nullable(),
    action: fields.text('The action', 'run.ask'),
    subject: fields.text(
      'The subject of the action, as a kind of thing and its name',
      'run/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f',
    ),
    detail: fields.facts('The details of the action; never a secret or a bank detail', {
      schedule: 'monthly',
      periodEnd: '2026-03-01',
    }),
    hash: fields
      .text(
        'The SHA-256 in hexadecimal that chains this entry to the one before; null until the entry is sealed into the chain',
        '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      )
      .nullable(),
  })
  .openapi('AuditEntry');

const Subject = Line(300).meta({
  description: 'Lists only entries about this subject',
  examples: ['run/019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
});

const list = createRoute({
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAuditEntries',
  tags: ['audit'],
  summary: 'List the audit log',
  request: { query: pageQuery(RowNumber).extend({ subject: Subject.optional() }) },
  responses: { 200: answers(pageOf(EntryBody), 'The actions of people and of the system, the oldest first.') },
});

const entryBody = ({ seq, at, ...entry }: RecordedEntry) => ({ ...entry, seq: String(seq), at: at.toISOString() });

export const auditRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = 0n, limit, subject = null } = c.req.valid('query');
    const read = (count: number) => listAuditEntries(db, subject, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ seq }) => seq, item: entryBody }), 200);
  });
