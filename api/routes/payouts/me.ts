import { createRoute, z } from '@hono/zod-openapi';

import { ROLES } from '../../../domain/people/role.ts';
import { type EarningKey, listPartnerEarnings, type PartnerEarning } from '../../../db/earnings/earnings.ts';
import { listPayouts } from '../../../db/payouts/payouts.ts';
import { Source } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { PayabilityAnswer, readPayability } from './payability.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Instant, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';
import { payoutAnswer, PayoutAnswer } from './payouts.ts';

const MeAnswer = z.object({ actor: z.string(), role: z.enum(ROLES), partner: z.string().nullable() }).openapi('Me');

const EarningAnswer = z
  .object({
    source: z.string(),
    eventId: z.string(),
    kind: z.string(),
    occurredAt: z.string(),
    program: z.string(),
    /** Null of what came back of a payout and was given to you again: no plan worked it out. */
    plan: z.string().nullable(),
    planVersion: z.int().nullable(),
    incentive: z.string(),
    currency: z.string(),
    amount: z.string(),
    /** It is paid from the first cut-off after this local date. */
    availableOn: z.string(),
    payoutId: z.string().nullable(),
    payoutStatus: z.string().nullable(),
    explanation: z.record(z.string(), z.unknown()),
  })
  .openapi('Earning');

const me = createRoute({
  method: 'get',
  path: '/v1/me',
  tags: ['me'],
  summary: 'Ask whose key this is',
  responses: { 200: answers(MeAnswer, 'Whose key this is') },
});

const myPayouts = createRoute({
  method: 'get',
  path: '/v1/me/payouts',
  tags: ['me'],
  summary: 'List your payouts',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(PayoutAnswer), 'Your payouts') },
});

const myPayability = createRoute({
  method: 'get',
  path: '/v1/me/payability',
  tags: ['me'],
  summary: 'Ask why you are not paid yet',
  responses: { 200: answers(PayabilityAnswer, 'What you will be paid next, and if nothing, why not and until when') },
});

const printable = z.string().regex(/^[\x20-\x7e]{1,200}$/);
const EarningCursor = z.strictObject({ occurredAt: Instant, source: Source, eventId: printable, incentive: printable });

const myEarnings = createRoute({
  method: 'get',
  path: '/v1/me/earnings',
  tags: ['me'],
  summary: 'List what you earned',
  request: { query: pageQuery(EarningCursor) },
  responses: { 200: answers(pageOf(EarningAnswer), 'What you earned by which event, the newest first') },
});

const earningAnswer = ({ minor, currency, occurredAt, ...earning }: PartnerEarning) => ({
  ...earning,
  currency,
  amount: formatDecimal(money(minor, currency)),
  occurredAt: occurredAt.toISOString(),
});

const earningKey = ({ occurredAt, source, eventId, incentive }: PartnerEarning): EarningKey => ({
  source,
  eventId,
  incentive,
  occurredAt: occurredAt.toISOString(),
});

export const meRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(me, (c) => {
      const { actorCode, role, partnerCode } = c.get('caller');
      return c.json({ actor: actorCode, role, partner: partnerCode }, 200);
    })
    .openapi(myPayouts, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listPayouts(db, { partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutAnswer }), 200);
    })
    .openapi(myPayability, async (c) => c.json(await readPayability(db, partnerOf(c.get('caller')).id), 200))
    .openapi(myEarnings, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = partnerOf(c.get('caller'));
      const read = (count: number) => listPartnerEarnings(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: earningKey, item: earningAnswer }), 200);
    });
