import { createRoute, z } from '@hono/zod-openapi';

import { ROLES } from '../../../domain/people/role.ts';
import { listStages } from '../../../db/partners/onboarding.ts';
import { type EarningKey, listPartnerEarnings, type PartnerEarning } from '../../../db/earnings/partner-earnings.ts';
import { listPayouts } from '../../../db/payouts/pages.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { onboardingBody, OnboardingBody } from '../partners/onboarding.ts';
import { PayabilityBody, readPayability } from './payability.ts';
import { UNKNOWN_ZONE } from '../../http/problem.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Instant, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';
import { payoutBody, PayoutBody } from './payouts.ts';

const MeBody = z
  .object({
    actor: fields.code('The code of the person whose key it is', 'paula-login'),
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'partner'),
    partner: fields
      .code('The code of the partner whose data a key of the role `partner` can read; null for other roles', 'paula')
      .nullable(),
    onboarding: fields.orNull(OnboardingBody, 'The onboarding of that partner; null for other roles'),
  })
  .openapi('Me');

const EarningBody = z
  .object({
    source: fields.text('The system that the event came from', 'shop'),
    eventId: fields.text('The id of the event in its source', 'order-1001'),
    kind: fields.text('The kind of event', 'sale'),
    occurredAt: fields.at('When the event happened'),
    program: fields.code('The code of the program that pays this earning', 'resale'),
    plan: fields
      .code(
        'The code of the plan under which it was earned; null for money that came back and is credited to you again',
        'standard',
      )
      .nullable(),
    planVersion: fields.count('The version of the plan; null if there is no plan', 2).nullable(),
    incentive: fields.text('The incentive that was earned', 'commission'),
    currency: Currency,
    amount: fields.amount('The amount earned; below zero for a reversal', '123.46'),
    availableOn: fields.day('The day from which it is free; the first cut-off after this day includes it'),
    payoutId: fields.id('The id of the payout that pays it; null until there is one').nullable(),
    payoutStatus: fields.text('The status of that payout; null until there is one', 'settled').nullable(),
    explanation: fields.facts('The calculation of the amount, step by step', {
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
  summary: 'Get the person and the role of your key',
  responses: { 200: answers(MeBody, 'The person and the role of the key.') },
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
  summary: 'Get your next payment, or why there is none',
  responses: {
    200: answers(
      PayabilityBody,
      'Your next payment for each schedule and currency, or the reasons why there is none and when they end.',
    ),
    ...UNKNOWN_ZONE,
  },
});

const EarningCursor = z.strictObject({
  occurredAt: Instant,
  key: z.string().regex(/^[\x20-\x7e]{1,300}$/),
  n: z.int().min(0).max(32_767),
});

const myEarnings = createRoute({
  method: 'get',
  path: '/v1/me/earnings',
  operationId: 'listMyEarnings',
  tags: ['me'],
  summary: 'List your earnings',
  request: { query: pageQuery(EarningCursor) },
  responses: { 200: answers(pageOf(EarningBody), 'Your earnings, each with its event, the newest first.') },
});

const earningBody = ({ key: _key, n: _n, minor, currency, occurredAt, ...earning }: PartnerEarning) => ({
  ...earning,
  currency,
  amount: formatDecimal(money(minor, currency)),
  occurredAt: occurredAt.toISOString(),
});

const earningKey = ({ occurredAt, key, n }: PartnerEarning): EarningKey => ({
  key,
  n,
  occurredAt: occurredAt.toISOString(),
});

export const meRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(me, async (c) => {
      const { actorCode, role, partnerCode, partnerId } = c.get('caller');
      const onboarding = partnerId === null ? null : onboardingBody(await listStages(db, partnerId));
      return c.json({ actor: actorCode, role, partner: partnerCode, onboarding }, 200);
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
