import { createRoute, z } from '@hono/zod-openapi';

import { recordStage } from '../../../commands/partners/onboarding.ts';
import { listStages } from '../../../db/partners/onboarding.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import {
  allStages,
  nextStage,
  RECORDED_STAGES,
  type StageReached,
  STAGES,
} from '../../../domain/partners/onboarding.ts';
import { onlyOwn } from '../../http/auth.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, LocalDate, Reason } from '../../http/schemas.ts';

const STAGE =
  'The stage: `invited`, `accepted_terms`, `method` (payment details are there), `tax_form`, `trained` or `active`';

export const OnboardingBody = z
  .object({
    stages: z
      .array(
        z
          .object({
            stage: fields.oneOf(STAGES, STAGE, 'tax_form'),
            reachedOn: fields
              .day('The day on which the partner reached it; null if that has not happened', '2026-03-01')
              .nullable(),
            by: fields.code('The person who did it or recorded it; null if nobody is known', 'olga').nullable(),
            note: fields.text('The note about it; null if there is none', 'W-9 of February').nullable(),
          })
          .openapi('OnboardingStage'),
      )
      .meta({ description: 'Every stage, in its order' }),
    next: fields.oneOf(STAGES, `${STAGE}; the first one that was not reached, or null`, 'trained').nullable(),
  })
  .openapi('Onboarding');

const get = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/onboarding',
  tags: ['partners'],
  summary: 'Get the onboarding of a partner',
  request: { params: CodePath },
  responses: { 200: answers(OnboardingBody, 'The stages that the partner has reached, and the next one.') },
});

const record = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/onboarding',
  operationId: 'recordOnboardingStage',
  tags: ['partners'],
  summary: 'Record a stage of onboarding',
  request: {
    params: CodePath,
    body: jsonBody(
      z
        .strictObject({
          stage: fields.oneOf(
            RECORDED_STAGES,
            'The stage; `method` is not recorded, because payment details say it by themselves',
            'tax_form',
          ),
          reachedOn: LocalDate.nullable()
            .meta({
              description: 'The day on which the partner reached it; null takes it back; without it, today in UTC',
              examples: ['2026-03-01'],
            })
            .optional(),
          note: Reason.meta({ description: 'A note about it', examples: ['W-9 of February'] }).optional(),
        })
        .openapi('NewOnboardingStage'),
    ),
  },
  responses: { 201: answers(OnboardingBody, 'The stage was recorded. The newest record of a stage counts.') },
});

export const onboardingBody = (known: readonly StageReached[]) => {
  const stages = allStages(known);
  return { stages: [...stages], next: nextStage(stages) };
};

export const onboardingRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(get, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      return c.json(onboardingBody(await listStages(db, id)), 200);
    })
    .openapi(record, async (c) => {
      const { note = null, ...wish } = c.req.valid('json');
      const by = c.get('caller').actorId;
      const { code } = c.req.valid('param');
      return c.json(onboardingBody(await recordStage(db, code, { ...wish, note }, { nowMs: Date.now(), by })), 201);
    });
