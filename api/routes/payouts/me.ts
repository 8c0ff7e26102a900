import { createRoute, z } from '@hono/zod-openapi';

import { ROLES } from '../../../domain/people/role.ts';
import { type EarningKey, listPartnerEarnings, type PartnerEarning } from '../../../db/earnings/earnings.ts';
import { listPayouts } from '../../../db/payouts/payouts.ts';
import { Currency, Source } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { PayabilityBody, readPayability } from './payability.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Instant, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';
import { payoutBody, PayoutBody } from './payouts.ts';

const MeBody = z
  .object({
    actor: fields.code('The code of the person whose key it is', 'paula-login'),
    role: fields.oneOf(ROLES, 'What the key may do', 'partner'),
    partner: fields.code('For the role `partner`: the partner that the key reads; otherwise null', 'paula').nullable(),
  })
  .openapi('Me');

const EarningBody = z
  .object({
    source: fields.text('The system that the event came from', 'shop'),
    eventId: fields.text('The id of the event in its source', 'order-1001'),
    kind: fields.text('What happened', 'sale'),
    occurredAt: fields.at('When it happened'),
    program: fields.code('The code of the program that pays it', 'resale'),
    plan: fields
      .code('The plan that it was earned by; null for money that came back and is given to you again', 'standard')
      .nullable(),
    planVersion: fields.count('The version of the plan; null where there is no plan', 2).nullable(),
    incentive: fields.text('The incentive that was earned', 'commission'),
    currency: Currency,
    amount: fields.amount('What was earned; below zero for a reversal', '123.46'),
    availableOn: fields.day('It is paid from the first cut-off after this day'),
    payoutId: fields.id('The payout that pays it; null until there is one').nullable(),
    payoutStatus: fields.text('The status of that payout; null until there is one', 'settled').nullable(),
    explanation: fields.facts('How the amount was worked out, step by step', {
      rule: 'percent',
      inputs: { amount: '1234.56 USD', percent: '10' },
      steps: ['10 % of 1234.56 USD is 123.456 USD', 'rounded: 123.46 USD'],
      rounding: 'half-even',
    }),
  })
  .openapi('Earning');

const me = createRoute({
  method: 'get',
  path: '/v1/me',
  tags: ['me'],
  summary: 'Get whose key this is',
  responses: { 200: answers(MeBody, 'The person and the role of this key.') },
});

const myPayouts = createRoute({
  method: 'get',
  path: '/v1/me/payouts',
  operationId: 'listMyPayouts',
  tags: ['me'],
  summary: 'List your payouts',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(PayoutBody), 'Your payouts, in the order of their ids.') },
});

const myPayability = createRoute({
  method: 'get',
  path: '/v1/me/payability',
  operationId: 'getMyPayability',
  tags: ['me'],
  summary: 'Get what you are paid next, or why not',
  responses: { 200: answers(PayabilityBody, 'What you will be paid next, or why nothing and until when.') },
});

const printable = z.string().regex(/^[\x20-\x7e]{1,200}$/);
const EarningCursor = z.strictObject({ occurredAt: Instant, source: Source, eventId: printable, incentive: printable });

const myEarnings = createRoute({
  method: 'get',
  path: '/v1/me/earnings',
  operationId: 'listMyEarnings',
  tags: ['me'],
  summary: 'List what you earned',
  request: { query: pageQuery(EarningCursor) },
  responses: { 200: answers(pageOf(EarningBody), 'What you earned, and by which event, the newest first.') },
});

const earningBody = ({ minor, currency, occurredAt, ...earning }: PartnerEarning) => ({
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
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutBody }), 200);
    })
    .openapi(myPayability, async (c) => c.json(await readPayability(db, partnerOf(c.get('caller')).id), 200))
    .openapi(myEarnings, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = partnerOf(c.get('caller'));
      const read = (count: number) => listPartnerEarnings(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: earningKey, item: earningBody }), 200);
    });
