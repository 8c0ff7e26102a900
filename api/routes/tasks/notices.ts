import { createRoute, z } from '@hono/zod-openapi';

import type { Caller } from '../../../db/people/keys.ts';
import {
  listNotices,
  markAllNoticesRead,
  markNoticeRead,
  type Notice,
  type NoticeReader,
} from '../../../db/tasks/notices.ts';
import { Failure } from '../../../domain/errors.ts';
import { audiencesOf } from '../../../domain/tasks/notice.ts';
import type { NoticePart } from '../../../domain/tasks/notice-content.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Instant, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const NoticeBody = z
  .object({
    id: fields.rowNumber('The number of the notice', '42'),
    kind: fields.text('The kind of notice', 'payout_failed'),
    subject: fields.text('The subject, as in the mail', 'A payout to Paula Partner failed'),
    text: fields.text('The sentences of the notice, one a line', 'The account is closed.'),
    path: fields
      .text(
        'The address of the page where you act, on the site of the console and the portal; null if there is none',
        '/tasks',
      )
      .nullable(),
    toldAt: fields.at('When you were told'),
    isRead: z.boolean().meta({ description: 'Whether you have read it', examples: [false] }),
  })
  .openapi('Notice');

const ReadBody = z
  .object({ read: z.literal(true).meta({ description: 'Confirmation that it is marked as read' }) })
  .openapi('ReadNotices');

const list = createRoute({
  method: 'get',
  path: '/v1/me/notices',
  operationId: 'listMyNotices',
  tags: ['me'],
  summary: 'List your notices',
  request: { query: pageQuery(z.strictObject({ toldAt: Instant, id: RowNumber })) },
  responses: {
    200: answers(pageOf(NoticeBody), 'The notices for the role or the partner of your key, the newest first.'),
  },
});

const readAll = createRoute({
  method: 'post',
  path: '/v1/me/notices/read',
  operationId: 'readMyNotices',
  tags: ['me'],
  summary: 'Mark your notices as read',
  responses: { 200: answers(ReadBody, 'Everything that you were told before now is read.') },
});

const readOne = createRoute({
  method: 'post',
  path: '/v1/me/notices/{id}/read',
  operationId: 'readMyNotice',
  tags: ['me'],
  summary: 'Mark a notice of yours as read',
  request: { params: z.object({ id: RowNumber }) },
  responses: { 200: answers(ReadBody, 'The notice is read.') },
});

const readerOf = ({ actorId, role, partnerId }: Caller): NoticeReader => ({
  actorId,
  partnerId,
  audiences: audiencesOf([role]),
  language: 'en',
});

const noticeBody = ({ id, kind, content: { subject, parts }, toldAt, isRead }: Notice) => ({
  id: String(id),
  kind,
  subject,
  text: parts.flatMap(linesOf).join('\n'),
  path: parts.find((part) => part.is === 'link')?.path ?? null,
  toldAt: toldAt.toISOString(),
  isRead,
});

function linesOf(part: NoticePart): readonly string[] {
  switch (part.is) {
    case 'list':
      return [part.title, ...part.items.map(({ text }) => text)];
    case 'totals':
      return [part.title, ...part.rows.map(({ amount, about }) => `${amount} ${about}`)];
    case 'command':
      return [part.before + part.path + part.after];
    case 'link':
      return [];
    case 'text':
    case 'heading':
    case 'reference':
      return [part.text];
  }
}

/** The notices that the owner of a key reads, too, in the console or in the portal, in English. Their read marks are the same. */
export const noticeRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor, limit } = c.req.valid('query');
      const reader = readerOf(c.get('caller'));
      const before = cursor ? { ...cursor, toldAt: new Date(cursor.toldAt) } : null;
      const page = await readPage(limit, (count) => listNotices(db, reader, before, count), {
        key: ({ toldAt, id }) => ({ toldAt: toldAt.toISOString(), id: String(id) }),
        item: noticeBody,
      });
      return c.json(page, 200);
    })
    .openapi(readAll, async (c) => {
      await markAllNoticesRead(db, readerOf(c.get('caller')));
      return c.json({ read: true as const }, 200);
    })
    .openapi(readOne, async (c) => {
      const { id } = c.req.valid('param');
      if (!(await markNoticeRead(db, readerOf(c.get('caller')), id)))
        throw new Failure('not_found', `You have no notice ${id}.`);
      return c.json({ read: true as const }, 200);
    });
