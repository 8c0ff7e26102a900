import { createRoute, z } from '@hono/zod-openapi';

import { cancelContactChange } from '../../../commands/partners/contact-changes.ts';
import { type ContactChange, listContactChanges } from '../../../db/partners/contact-changes.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { CONTACT_OUTCOMES } from '../../../domain/partners/contact-change.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';

const ContactChangeBody = z
  .object({
    id: fields.id('The id of the change'),
    email: fields.text('The e-mail address that was asked for', 'office@example.com'),
    askedBy: fields.text('The name of the owner who asked; the code of one who no longer has access', 'Paula Partner'),
    askedAt: fields.at('When the owner signed it'),
    expiresAt: fields.at('Until when the holder of the address may confirm it'),
    outcome: fields
      .oneOf(
        CONTACT_OUTCOMES,
        'How it ended; `stopped` by the holder of the address before; null while it waits',
        'confirmed',
      )
      .nullable(),
    endedAt: fields.at('When it was confirmed, cancelled, stopped or replaced; null if it was not').nullable(),
  })
  .openapi('ContactChange');

const list = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/contact-changes',
  tags: ['partners'],
  summary: 'List the e-mail addresses that owners of a partner asked for',
  description: 'An owner asks for another address in the portal, with a signature.',
  request: { params: CodePath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(ContactChangeBody), 'The changes, the newest first.') },
});

const cancel = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/contact-changes/{id}/cancel',
  tags: ['partners'],
  summary: 'Cancel a change of the e-mail address that waits',
  request: { params: CodePath.extend({ id: Uuid }) },
  responses: { 200: answers(ContactChangeBody, 'The change was cancelled. Notices go where they went before.') },
});

const changeBody = ({ askedAt, expiresAt, endedAt, ...change }: ContactChange) => ({
  ...change,
  askedAt: askedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});

export const contactChangeRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { code } = c.req.valid('param');
      const { cursor = null, limit } = c.req.valid('query');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      const read = (count: number) => listContactChanges(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (change) => change.id, item: changeBody }), 200);
    })
    .openapi(cancel, async (c) => {
      const { code, id } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const cancelled = await cancelContactChange(db, await getPartner(db, code), id, c.get('caller').actorId);
      return c.json(changeBody(cancelled), 200);
    });
