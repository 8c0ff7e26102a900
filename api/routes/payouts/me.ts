import { createRoute, z } from '@hono/zod-openapi';

import { ROLES } from '../../../domain/people/role.ts';
import { listStages } from '../../../db/partners/onboarding.ts';
import { listPayouts } from '../../../db/payouts/pages.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { onboardingBody, OnboardingBody } from '../partners/onboarding.ts';
import { PayabilityBody, readPayability } from './payability.ts';
import { UNKNOWN_ZONE } from '../../http/problem.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, LIMIT_FIELDS, pageOf, pageQuery, Uuid } from '../../http/schemas.ts';
import { payoutBody, PayoutBody } from './payouts.ts';

const MeBody = z
  .object({
    actor: fields.code('The code of the person whose key it is', 'paula-login'),
    role: fields.oneOf(ROLES, 'The role of the key, which decides what it may do', 'partner'),
    partner: fields
      .code('The code of the partner whose data a key of the role `partner` can read; null for other roles', 'paula')
      .nullable(),
    ...LIMIT_FIELDS,
    onboarding: fields.orNull(OnboardingBody, 'The onboarding of that partner; null for other roles'),
  })
  .openapi('Me');

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

export const meRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(me, async (c) => {
      const { actorCode, role, partnerCode, partnerId, programs, payers } = c.get('caller');
      const onboarding = partnerId === null ? null : onboardingBody(await listStages(db, partnerId));
      const limits = { programs: [...programs], payers: [...payers] };
      return c.json({ actor: actorCode, role, partner: partnerCode, ...limits, onboarding }, 200);
    })
    .openapi(myPayouts, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listPayouts(db, { partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutBody }), 200);
    })
    .openapi(myPayability, async (c) => c.json(await readPayability(db, partnerOf(c.get('caller')).id), 200));
