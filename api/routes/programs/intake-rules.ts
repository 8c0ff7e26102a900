import { createRoute, z } from '@hono/zod-openapi';

import { changeIntakeRules } from '../../../commands/programs/intake-rules.ts';
import { getProgram, readIntakeRules } from '../../../db/programs/programs.ts';
import { CHANGED_EVENTS, REFUND_WAIT_HOURS_MAX, UNKNOWN_PARTNERS } from '../../../domain/programs/intake-rules.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, namesSomething } from '../../http/schemas.ts';

const rules = {
  changedEvents: fields.oneOf(
    CHANGED_EVENTS,
    'The treatment of an event that comes again with other content and without a revision. `quarantine`: it waits for a person; `correct`: it becomes the next revision of the event',
    'quarantine',
  ),
  unknownPartners: fields.oneOf(
    UNKNOWN_PARTNERS,
    'The treatment of an event whose partner is not known. `refuse`: it is refused; `park`: it is kept, and taken in once the partner is added with an agreement on its day',
    'refuse',
  ),
  refundWaitHours: z
    .int()
    .min(0)
    .max(REFUND_WAIT_HOURS_MAX)
    .meta({
      description:
        'How many hours a refund waits for a sale that is not known before the alarm `refund_waits` tells operators: 24 by default. 0 tells them within a minute, such as for a program that pays daily',
      examples: [24],
    }),
  exactAmounts: z.boolean().meta({
    description:
      'Whether the main amount of an event may have up to four digits more than its currency, such as 0.004 USD. False by default: such an event is refused. Incentives whose measure is `exact amount` count all digits, and the others the rounded amount',
    examples: [false],
  }),
};

const RulesBody = z.object(rules).openapi('IntakeRules');

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/intake',
  operationId: 'getIntakeRules',
  tags: ['programs'],
  summary: 'Get the rules by which a program takes in events',
  request: { params: CodePath },
  responses: { 200: answers(RulesBody, 'The rules.') },
});

const change = createRoute({
  method: 'patch',
  path: '/v1/programs/{code}/intake',
  operationId: 'changeIntakeRules',
  tags: ['programs'],
  summary: 'Change the rules by which a program takes in events',
  request: {
    params: CodePath,
    body: jsonBody(
      z.strictObject(rules).partial().refine(namesSomething, 'names nothing to change').openapi('IntakeRulesChange'),
    ),
  },
  responses: { 200: answers(RulesBody, 'The rules. They are for events that come from now on.') },
});

export const intakeRuleRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(get, async (c) => {
      const { id } = await getProgram(db, c.req.valid('param').code);
      return c.json(await readIntakeRules(db, id), 200);
    })
    .openapi(change, async (c) => {
      const { changedEvents, unknownPartners, refundWaitHours, exactAmounts } = c.req.valid('json');
      const wish = {
        ...(changedEvents !== undefined && { changedEvents }),
        ...(unknownPartners !== undefined && { unknownPartners }),
        ...(refundWaitHours !== undefined && { refundWaitHours }),
        ...(exactAmounts !== undefined && { exactAmounts }),
      };
      return c.json(await changeIntakeRules(db, c.req.valid('param').code, wish, c.get('caller').actorId), 200);
    });
