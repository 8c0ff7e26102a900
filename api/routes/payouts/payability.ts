import { createRoute, z } from '@hono/zod-openapi';

import { listNextPayments, type NextPayment } from '../../../commands/payouts/payability.ts';
import type { Database } from '../../../db/database.ts';
import { type PartnerWait, sumWaitingOf } from '../../../db/earnings/waits.ts';
import { whyEventsWait, WAITS_ON } from '../../../domain/earnings/waiting-events.ts';
import { formatExactDecimal } from '../../../domain/exact-amount.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal } from '../../../domain/money.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { onlyOwn } from '../../http/auth.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { UNKNOWN_ZONE } from '../../http/problem.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, Method } from '../../http/schemas.ts';

const ReasonBody = z.object({
  reason: fields.oneOf(OUTCOMES, 'A reason against a payment', 'below_minimum'),
  words: fields.text(
    'The meaning of the reason and what ends it, for the partner to read',
    '12.00 USD is less than the smallest payout, 50.00 USD: it is kept and paid with what is earned next.',
  ),
  until: fields.day('The day on which the reason ends; null if it does not end by itself').nullable(),
  detail: fields
    .text('Further details, such as the reason why the partner is on hold; null if there are none', 'A dispute is open')
    .nullable(),
});

/** The next payment of a partner, or the reasons why there is none and when they end. */
export const PayabilityBody = z
  .object({
    items: z
      .array(
        z.object({
          schedule: fields.code('The code of the pay schedule', 'monthly'),
          cutoff: fields.day('The next cut-off'),
          payOn: fields.day('The day on which the money that is free at the cut-off leaves', '2026-03-03'),
          currency: Currency,
          payable: fields.amount(
            'The amount that is free at the cut-off; below zero if refunds and deductions took back more than was earned',
            '123.46',
          ),
          held: fields.amount('The amount that is still held for refunds', '20.00'),
          debtLeft: fields.amount(
            'The part of an older debt that this payment leaves for later ones, because the schedule caps how much of a debt each run takes back',
            '0.00',
          ),
          reserved: fields.amount('The amount in payouts that have not settled', '0.00'),
          minimum: fields.amount('The smallest payout', '50.00'),
          nextAvailableOn: fields
            .day('The day on which the next part of the held amount is free; null if nothing is held')
            .nullable(),
          nextPayOn: fields
            .day(
              'The first day on which money can leave; null while somebody must act or the partner must earn more',
              '2026-03-03',
            )
            .nullable(),
          method: Method.nullable(),
          outcome: fields.oneOf(OUTCOMES, 'The outcome of the next run for the partner, as things stand', 'paid'),
          reasons: z.array(ReasonBody).meta({ description: 'All reasons against a payment; empty if there are none' }),
          belowMinimum: fields
            .text(
              'Why the amount is paid although it is less than the smallest payout; null otherwise',
              'The agreements in all programs of this schedule have ended. We pay the last 62.00 USD, although the smallest payout is 100.00 USD.',
            )
            .nullable(),
        }),
      )
      .meta({ description: 'One item for each pay schedule and currency of the partner' }),
    waitingEvents: z
      .array(
        z.object({
          schedule: fields.code('The code of the pay schedule', 'monthly'),
          waitsFor: fields.oneOf(
            WAITS_ON,
            '`sale`: refunds of sales that are not known; `rate`: an exchange rate; `ladder`: the rung of the partner; `eligibility`: a decision, because the partner was not eligible',
            'ladder',
          ),
          currency: fields.orNull(Currency, 'The currency of the events; null for events without an amount'),
          count: fields.count('The number of events', 3),
          amount: fields.amount('The total of these events; null without an amount', '310.00').nullable(),
          words: fields.text('Why they wait, for the partner to read', whyEventsWait('ladder')),
        }),
      )
      .meta({
        description: 'The events of the partner that wait now and are in no amount above; empty if there are none',
      }),
  })
  .openapi('Payability');

const waitingBody = ({ schedule, waitsOn, currency, count, exact }: PartnerWait) => ({
  schedule,
  waitsFor: waitsOn,
  currency,
  count,
  amount: currency === null || exact === null ? null : formatExactDecimal(exact, currency),
  words: whyEventsWait(waitsOn),
});

const payabilityBody = ({ payable, ...item }: NextPayment) => {
  const { currency } = payable;
  return {
    ...item,
    currency,
    payable: formatDecimal(payable),
    held: formatDecimal(item.held),
    debtLeft: formatDecimal(item.debtLeft),
    reserved: formatDecimal(item.reserved),
    minimum: formatDecimal(item.minimum),
    reasons: [...item.reasons],
  };
};

/** Asks the one function that decides, for each schedule of a partner, as of its next cut-off. */
export const readPayability = async (db: Database, partnerId: bigint): Promise<z.output<typeof PayabilityBody>> => ({
  items: (await listNextPayments(db, partnerId, Date.now())).map(payabilityBody),
  waitingEvents: (await sumWaitingOf(db, partnerId)).map(waitingBody),
});

const payability = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/payability',
  tags: ['partners'],
  summary: "Get a partner's next payment, or why there is none",
  request: { params: CodePath },
  responses: {
    200: answers(
      PayabilityBody,
      'The next payment for each schedule and currency, or the reasons why there is none and when they end.',
    ),
    ...UNKNOWN_ZONE,
  },
});

/** The reasons why a partner is not paid yet. Partners get their own under `/v1/me`. */
export const payabilityRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(payability, async (c) => {
    const { code } = c.req.valid('param');
    onlyOwn(c, code, `partner ${code}`);
    const partner = await getPartner(db, code);
    return c.json(await readPayability(db, partner.id), 200);
  });
