import { createRoute, z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { type EarningKey, listPartnerEarnings, type PartnerEarning } from '../../../db/earnings/partner-earnings.ts';
import { getPartner, listPartnersNamed, type Partner } from '../../../db/partners/partners.ts';
import { listPartnerSchedules } from '../../../db/payers/schedules.ts';
import { type Balance, listBalancesAsOf } from '../../../db/payouts/balances.ts';
import type { AsOf } from '../../../domain/as-of.ts';
import { Currency, Unit } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { AsOfQuery, refuseLookAhead } from '../../http/as-of.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, Instant, pageOf, pageQuery } from '../../http/schemas.ts';

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
    currency: Unit,
    amount: fields.amount('The amount earned; below zero for a reversal', '123.46'),
    unfunded: fields
      .amount(
        'The part that the budget of the incentive had too little left to pay; below zero where that part falls, and null if it has no budget',
        '8.00',
      )
      .nullable(),
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

const EarningCursor = z.strictObject({
  occurredAt: Instant,
  key: z.string().regex(/^[\x20-\x7e]{1,300}$/),
  n: z.int().min(0).max(32_767),
});

const earningsQuery = pageQuery(EarningCursor).extend({ asOf: AsOfQuery });

const partnerEarnings = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/earnings',
  operationId: 'listPartnerEarnings',
  tags: ['partners'],
  summary: "List a partner's earnings",
  request: { params: CodePath, query: earningsQuery },
  responses: {
    200: answers(
      pageOf(EarningBody),
      "The partner's earnings, each with its event, the newest first. Under the code of a merged partner, they are those of that partner alone.",
    ),
  },
});

const myEarnings = createRoute({
  method: 'get',
  path: '/v1/me/earnings',
  operationId: 'listMyEarnings',
  tags: ['me'],
  summary: 'List your earnings',
  request: { query: earningsQuery },
  responses: { 200: answers(pageOf(EarningBody), 'Your earnings, each with its event, the newest first.') },
});

const BalancesBody = z
  .object({
    asOf: fields.text('The instant, or the local date at whose end this was known', '2026-03-01'),
    items: z
      .array(
        z.object({
          currency: Currency,
          earned: fields.amount(
            'The sum of all earnings and corrections, which is the sum of the other four',
            '200.00',
          ),
          held: fields.amount('The part that was still held for refunds', '20.00'),
          payable: fields.amount('The part that was free and in no payout', '30.00'),
          inPayout: fields.amount('The part in payouts that had not settled', '50.00'),
          paid: fields.amount('The part in payouts that had settled', '100.00'),
        }),
      )
      .meta({ description: 'One item for each currency; empty if nothing was earned yet' }),
  })
  .openapi('Balances');

const balances = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/balances',
  operationId: 'getPartnerBalances',
  tags: ['partners'],
  summary: "Get a partner's balances, as of any day",
  request: { params: CodePath, query: z.object({ asOf: AsOfQuery }) },
  responses: { 200: answers(BalancesBody, 'The balances by currency.') },
});

const myBalances = createRoute({
  method: 'get',
  path: '/v1/me/balances',
  operationId: 'getMyBalances',
  tags: ['me'],
  summary: 'Get your balances, as of any day',
  request: { query: z.object({ asOf: AsOfQuery }) },
  responses: { 200: answers(BalancesBody, 'Your balances by currency.') },
});

const earningBody = ({ key: _key, n: _n, minor, unfundedMinor, currency, occurredAt, ...earning }: PartnerEarning) => ({
  ...earning,
  currency,
  amount: formatDecimal(money(minor, currency)),
  unfunded: unfundedMinor === null ? null : formatDecimal(money(unfundedMinor, currency)),
  occurredAt: occurredAt.toISOString(),
});

const earningKey = ({ occurredAt, key, n }: PartnerEarning): EarningKey => ({
  key,
  n,
  occurredAt: occurredAt.toISOString(),
});

type EarningsQuery = { cursor?: EarningKey | undefined; limit: number; asOf?: AsOf | undefined };

async function refuseAhead(db: Database, partner: Partner, asOf: AsOf | undefined): Promise<void> {
  if (asOf === undefined) return;
  const zones = (await listPartnerSchedules(db, partner.id)).map(({ zone }) => zone);
  refuseLookAhead(asOf, { zones, since: partner.createdAt, what: `partner ${partner.code}` });
}

/** The partner of a code, also one who was merged: their own earnings stay under the old code. */
async function partnerItself(db: Database, code: string): Promise<Partner> {
  const [partner] = await listPartnersNamed(db, [code]);
  return partner ?? getPartner(db, code);
}

async function earningsPage(db: Database, partner: Partner, { cursor, limit, asOf }: EarningsQuery) {
  await refuseAhead(db, partner, asOf);
  const read = (count: number) => listPartnerEarnings(db, partner.id, cursor ?? null, count, asOf ?? null);
  return readPage(limit, read, { key: earningKey, item: earningBody });
}

const balanceBody = ({ currency, earnedMinor, heldMinor, payableMinor, inPayoutMinor, paidMinor }: Balance) => {
  const print = (minor: bigint) => formatDecimal(money(minor, currency));
  return {
    currency,
    earned: print(earnedMinor),
    held: print(heldMinor),
    payable: print(payableMinor),
    inPayout: print(inPayoutMinor),
    paid: print(paidMinor),
  };
};

async function balancesOf(db: Database, partner: Partner, asked: AsOf | undefined) {
  await refuseAhead(db, partner, asked);
  const asOf = asked ?? { at: new Date().toISOString(), day: null };
  const rows = await listBalancesAsOf(db, partner.id, asOf);
  return { asOf: asOf.day ?? asOf.at, items: rows.map(balanceBody) };
}

/** The earnings and balances of partners, now or as they were known before. */
export const earningRoutes = ({ db }: Pick<ApiDeps, 'db'>) =>
  createRouter()
    .openapi(partnerEarnings, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      return c.json(await earningsPage(db, await partnerItself(db, code), c.req.valid('query')), 200);
    })
    .openapi(myEarnings, async (c) => {
      const partner = await getPartner(db, partnerOf(c.get('caller')).code);
      return c.json(await earningsPage(db, partner, c.req.valid('query')), 200);
    })
    .openapi(balances, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      return c.json(await balancesOf(db, await getPartner(db, code), c.req.valid('query').asOf), 200);
    })
    .openapi(myBalances, async (c) => {
      const partner = await getPartner(db, partnerOf(c.get('caller')).code);
      return c.json(await balancesOf(db, partner, c.req.valid('query').asOf), 200);
    });
