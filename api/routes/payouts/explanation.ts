import { createRoute, z } from '@hono/zod-openapi';

import { listPayoutEarnings } from '../../../db/payouts/lines.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { getSchedule } from '../../../db/payers/schedules.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { AsOfQuery, refuseLookAhead } from '../../http/as-of.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, RowNumber, UuidPath } from '../../http/schemas.ts';

const ExplainedBody = z
  .object({
    line: fields.rowNumber('The number of the line of the payout', '1042'),
    source: fields.text('The system that the event came from', 'shop'),
    eventId: fields.text('The id of the event in its source', 'order-1001'),
    kind: fields.text('The kind of event', 'sale'),
    occurredAt: fields.at('When the event happened'),
    incentive: fields.text('The incentive that was earned', 'commission'),
    plan: fields
      .code(
        'The code of the plan under which it was earned; null for money that came back and is credited to the partner again',
        'standard',
      )
      .nullable(),
    planVersion: fields.count('The version of the plan; null if there is no plan', 2).nullable(),
    currency: Currency,
    amount: fields.amount('The amount earned; below zero for a reversal', '123.46'),
    unfunded: fields
      .amount('The part that the budget of the incentive had too little left to pay; null if it has no budget', '8.00')
      .nullable(),
    availableOn: fields.day('The day from which the amount was free to be paid'),
    explanation: fields.facts('The calculation of the amount, step by step', {
      rule: 'percent',
      inputs: { amount: '1234.56 USD', percent: '10' },
      steps: ['10 % of 1234.56 USD is 123.456 USD', 'rounded: 123.46 USD'],
      rounding: 'half-even',
    }),
  })
  .openapi('ExplainedEarning');

const ExplanationCursor = z.strictObject({ lineId: RowNumber, key: z.string().regex(/^[\x20-\x7e]{1,400}$/) });

const explain = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}/explanation',
  tags: ['payouts'],
  summary: 'Explain every cent of a payout',
  request: { params: UuidPath, query: pageQuery(ExplanationCursor).extend({ asOf: AsOfQuery }) },
  responses: {
    200: answers(pageOf(ExplainedBody), 'The amount that each event earned, with its terms and its calculation.'),
  },
});

type Explained = Awaited<ReturnType<typeof listPayoutEarnings>>[number];

const explainedBody = ({ lineId, key: _key, minor, unfundedMinor, currency, occurredAt, ...earning }: Explained) => ({
  ...earning,
  line: String(lineId),
  currency,
  amount: formatDecimal(money(minor, currency)),
  unfunded: unfundedMinor === null ? null : formatDecimal(money(unfundedMinor, currency)),
  occurredAt: occurredAt.toISOString(),
});

const explainedKey = ({ lineId, key }: Explained) => ({ lineId, key });

/** An explanation traces a payout back to each event. */
export const explanationRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  createRouter().openapi(explain, async (c) => {
    const { cursor = { lineId: 0n, key: '' }, limit, asOf } = c.req.valid('query');
    const payout = await getPayout(db, c.req.valid('param').id);
    onlyOwn(c, payout.partner, `payout ${payout.id}`);
    if (asOf !== undefined) {
      const { zone } = await getSchedule(db, (await getRun(db, payout.runId)).schedule);
      refuseLookAhead(asOf, { zones: [zone], since: payout.createdAt, what: `payout ${payout.id}` });
    }
    const read = (count: number) => listPayoutEarnings(db, payout.id, cursor, count, asOf ?? null);
    return c.json(await readPage(limit, read, { key: explainedKey, item: explainedBody }), 200);
  });
