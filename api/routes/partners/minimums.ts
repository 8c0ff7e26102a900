import { createRoute, z } from '@hono/zod-openapi';

import { setPartnerMinimum } from '../../../commands/partners/minimums.ts';
import { listPartnerMinimums, type PartnerMinimum } from '../../../db/partners/minimums.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { refused } from '../../../domain/errors.ts';
import { Code, Currency, Decimal, whyNotAmount } from '../../../domain/fields.ts';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import { onlyOwn } from '../../http/auth.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, Reason } from '../../http/schemas.ts';

const MinimumsBody = z
  .object({
    minimums: z
      .array(
        z
          .object({
            currency: Currency,
            amount: fields.amount('The smallest payout of the partner', '0.00'),
            reason: fields.text('The reason why it was agreed', 'The partner left'),
            recordedBy: fields.code('The person who recorded it', 'olga'),
            recordedAt: fields.at('When it was recorded'),
          })
          .openapi('PartnerMinimum'),
      )
      .meta({ description: 'One for each currency in which the partner has a minimum of their own' }),
  })
  .openapi('PartnerMinimums');

const get = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/minimums',
  tags: ['partners'],
  summary: 'Get the minimum payouts that were agreed with a partner',
  request: { params: CodePath },
  responses: {
    200: answers(MinimumsBody, 'The minimums of the partner. In other currencies that of the schedule counts.'),
  },
});

const set = createRoute({
  method: 'put',
  path: '/v1/partners/{code}/minimums/{currency}',
  operationId: 'setPartnerMinimum',
  tags: ['partners'],
  summary: 'Agree a minimum payout with a partner',
  description:
    'The partner’s own minimum counts in place of that of every schedule, for this partner alone, from the next draft on. A run in review takes it up; a run that was approved does not.',
  request: {
    params: z.object({ code: Code, currency: Currency }),
    body: jsonBody(
      z
        .strictObject({
          amount: Decimal.nullable().meta({
            description:
              'The smallest payout, a decimal string in major units of the currency of the path; "0.00" pays every amount, and null lets the minimum of the schedule count again',
            examples: ['0.00'],
          }),
          reason: Reason,
        })
        .openapi('NewPartnerMinimum'),
    ),
  },
  responses: { 200: answers(MinimumsBody, 'The minimums of the partner from now on.') },
});

const minimumsBody = (minimums: readonly PartnerMinimum[]) => ({
  minimums: minimums.map(({ minor, currency, recordedAt, ...minimum }) => ({
    ...minimum,
    currency,
    amount: formatDecimal({ minor, currency }),
    recordedAt: recordedAt.toISOString(),
  })),
});

export const partnerMinimumRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(get, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { id } = await getPartner(db, code);
      return c.json(minimumsBody(await listPartnerMinimums(db, id)), 200);
    })
    .openapi(set, async (c) => {
      const { code, currency } = c.req.valid('param');
      const { amount, reason } = c.req.valid('json');
      const objection = amount === null ? undefined : whyNotAmount(amount, currency);
      if (objection !== undefined) throw refused('amount', objection);
      const minor = amount === null ? null : parseDecimal(amount, currency).minor;
      const wish = { currency, minor, reason, by: c.get('caller').actorId };
      return c.json(minimumsBody(await setPartnerMinimum(db, code, wish)), 200);
    });
