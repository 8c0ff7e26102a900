import { createRoute, z } from '@hono/zod-openapi';

import { listAuditEntries, type RecordedEntry } from '../../../db/people/audit.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Line, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const EntryAnswer = z
  .object({
    seq: z.string(),
    at: z.string(),
    /** Who did it; null for the system. */
    actor: z.string().nullable(),
    action: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    /** Of the hash chain; null until the entry is sealed into it. */
    hash: z.string().nullable(),
  })
  .openapi('AuditEntry');

const list = createRoute({
  method: 'get',
  path: '/v1/audit',
  tags: ['audit'],
  summary: 'Read who did what',
  request: { query: pageQuery(RowNumber).extend({ subject: Line(300).optional() }) },
  responses: {
    200: answers(pageOf(EntryAnswer), 'Who did what, in order; of everything or of one subject such as run/<id>'),
  },
});

const entryAnswer = ({ seq, at, ...entry }: RecordedEntry) => ({ ...entry, seq: String(seq), at: at.toISOString() });

export const auditRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = 0n, limit, subject = null } = c.req.valid('query');
    const read = (count: number) => listAuditEntries(db, subject, cursor, count);
    return c.json(await readPage(limit, read, { key: ({ seq }) => seq, item: entryAnswer }), 200);
  });
