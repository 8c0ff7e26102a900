import { z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { type BackTestBudget, listBackTestBudgets } from '../../../db/earnings/back-test-budgets.ts';
import {
  BACK_TEST_STATES,
  type BackTest,
  type BackTestGroup,
  type BackTestPartner,
  type BackTestTotal,
  listBackTestGroups,
  listBackTestTotals,
  listLargestDifferences,
  type StoppedRow,
} from '../../../db/earnings/back-tests.ts';
import { outcomeOf, OUTCOMES_OF_DRAFT } from '../../../domain/earnings/back-test.ts';
import { formatMinor } from '../../../domain/money.ts';
import { PlanTerms } from '../../../domain/programs/plan.ts';
import { digitsOf } from '../../../domain/unit.ts';
import * as fields from '../../http/fields.ts';
import { LocalDate } from '../../http/schemas.ts';

/** The bodies of back-tests. */

const LARGEST = 5;

export const NewBackTestBody = z
  .strictObject({
    terms: PlanTerms,
    from: LocalDate.meta({ description: 'The first day of the events that are compared', examples: ['2026-01-01'] }),
    until: LocalDate.meta({ description: 'The day after the last one', examples: ['2026-04-01'] }),
    tier: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/)
      .optional()
      .meta({ description: 'The fact about partners by which sums are told apart', examples: ['tier'] }),
  })
  .refine(({ from, until }) => from < until, { path: ['until'], message: 'is not after `from`' })
  .openapi('NewBackTest');

const unit = fields.text('A currency, or a unit of points', 'USD');
const amountIn = (description: string, example = '1234.56') =>
  fields.text(`${description}. A decimal string in \`unit\``, example);
const sumFields = {
  unit,
  events: fields.count('The number of events that earned something, or would have', 120),
  old: amountIn('The amount that was earned, with what a budget had too little left to pay'),
  new: amountIn('The amount that the draft would have earned if every budget were large enough', '1300.00'),
  difference: amountIn('The new amount less the old one', '65.44'),
};

export const BackTestBody = z
  .object({
    id: fields.id('The id of the back-test'),
    program: fields.code('The code of the program', 'resale'),
    plan: fields.code('The code of the plan', 'standard'),
    from: fields.day('The first day of the events that are compared'),
    until: fields.day('The day after the last one', '2026-04-01'),
    tier: fields.text('The fact by which sums are told apart; null if none', 'tier').nullable(),
    state: fields.oneOf(BACK_TEST_STATES, 'Whether it is worked out', 'done'),
    askedBy: fields.code('The person who asked for it', 'paula'),
    askedAt: fields.at('When it was asked for'),
    endedAt: fields.at('When it ended; null while it runs').nullable(),
  })
  .openapi('BackTest');

export const BackTestPartnerBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    ...sumFields,
    outcome: fields.oneOf(OUTCOMES_OF_DRAFT, 'How the partner does by the draft', 'gains'),
    stopped: fields.count('The events that earned something, and would earn nothing', 2),
  })
  .openapi('BackTestPartner');

const counted = (what: string) =>
  z
    .object({
      partners: fields.count(`The number of partners who ${what}`, 12),
      amount: amountIn('The sum of their differences', '65.44'),
    })
    .meta({ description: `The partners who ${what}` });

export const BackTestResultBody = BackTestBody.extend({
  terms: PlanTerms,
  totals: z
    .array(
      z.object({
        partners: fields.count('The number of partners', 42),
        ...sumFields,
        winners: counted('gain'),
        losers: counted('lose'),
        firstTime: fields.count('The partners who earned nothing, and would earn', 1),
        noLonger: fields.count('The partners who earned, and would earn nothing', 3),
        stopped: fields.count('The events that earned something, and would earn nothing', 17),
      }),
    )
    .meta({ description: 'The totals by unit; units are never added' }),
  months: z
    .array(z.object({ month: fields.text('The month in which the events happened', '2026-03'), ...sumFields }))
    .meta({ description: 'The sums by month and unit' }),
  budgets: z
    .array(
      z.object({
        budget: fields.code('The code of the budget', 'spring'),
        unit,
        amount: amountIn('The amount of the budget now', '1000.00'),
        needed: amountIn('The amount that the draft asks of it for the events of its days', '1300.00'),
        short: amountIn('The part of it that the budget could not pay even if nothing else had used it', '300.00'),
      }),
    )
    .meta({
      description:
        'The budgets that the draft names. The other sums assume that each is large enough, because who comes first decides who is paid',
    }),
  tiers: z
    .array(
      z.object({
        tier: fields.text('The value of the fact on the day of the event; null if there was none', 'gold').nullable(),
        ...sumFields,
      }),
    )
    .meta({ description: 'The sums by tier and unit' }),
  largestGains: z
    .array(BackTestPartnerBody)
    .meta({ description: `The ${LARGEST} partners of each unit who gain most` }),
  largestLosses: z
    .array(BackTestPartnerBody)
    .meta({ description: `The ${LARGEST} partners of each unit who lose most` }),
}).openapi('BackTestResult');

export const StoppedBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    source: fields.text('The source of the event', 'shop'),
    id: fields.text('The id of the event in its source', 'order-1001'),
    kind: fields.text('The kind of event', 'sale'),
    occurredAt: fields.at('When it happened'),
    unit,
    old: amountIn('The amount that it earned', '12.00'),
    reason: fields.text('Why it would earn nothing', 'no incentive is for the kind sale on 2026-03-01'),
  })
  .openapi('StoppedEvent');

export const testBody = ({ id, program, plan, from, until, tierKey, state, askedBy, askedAt, endedAt }: BackTest) => ({
  id,
  program,
  plan,
  from,
  until,
  tier: tierKey,
  state,
  askedBy,
  askedAt: askedAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});

type Sums = Pick<BackTestGroup, 'unit' | 'eventCount' | 'oldMinor' | 'newMinor'>;
const sumsBody = ({ unit: sumUnit, eventCount, oldMinor, newMinor }: Sums) => {
  const print = (minor: bigint) => formatMinor(minor, digitsOf(sumUnit));
  return {
    unit: sumUnit,
    events: eventCount,
    old: print(oldMinor),
    new: print(newMinor),
    difference: print(newMinor - oldMinor),
  };
};

export const partnerBody = (row: BackTestPartner) => ({
  partner: row.partner,
  ...sumsBody(row),
  outcome: outcomeOf(row.oldMinor, row.newMinor),
  stopped: row.stoppedCount,
});

const totalBody = (total: BackTestTotal) => {
  const { unit: sumUnit, winners, gainMinor, losers, lossMinor, firstTime, noLonger, stoppedCount } = total;
  const print = (minor: bigint) => formatMinor(minor, digitsOf(sumUnit));
  return {
    partners: total.partners,
    ...sumsBody(total),
    winners: { partners: winners, amount: print(gainMinor) },
    losers: { partners: losers, amount: print(lossMinor) },
    firstTime,
    noLonger,
    stopped: stoppedCount,
  };
};

const budgetBody = ({ budget, unit: budgetUnit, amountMinor, neededMinor }: BackTestBudget) => {
  const print = (minor: bigint) => formatMinor(minor, digitsOf(budgetUnit));
  const short = neededMinor > amountMinor ? neededMinor - amountMinor : 0n;
  return { budget, unit: budgetUnit, amount: print(amountMinor), needed: print(neededMinor), short: print(short) };
};

export const resultBody = async (db: Database, test: BackTest) => ({
  ...testBody(test),
  terms: test.terms,
  totals: (await listBackTestTotals(db, test.id)).map(totalBody),
  months: (await listBackTestGroups(db, test.id, 'month')).map(({ name, ...sums }) => ({
    month: name,
    ...sumsBody(sums),
  })),
  budgets: (await listBackTestBudgets(db, test.id)).map(budgetBody),
  tiers: (await listBackTestGroups(db, test.id, 'tier')).map(({ name, ...sums }) => ({
    tier: name === '' ? null : name,
    ...sumsBody(sums),
  })),
  largestGains: (await listLargestDifferences(db, test.id, 'gains', LARGEST)).map(partnerBody),
  largestLosses: (await listLargestDifferences(db, test.id, 'losses', LARGEST)).map(partnerBody),
});

export const stoppedBody = ({ oldMinor, unit: sumUnit, occurredAt, ...row }: StoppedRow) => ({
  partner: row.partner,
  source: row.source,
  id: row.id,
  kind: row.kind,
  occurredAt: occurredAt.toISOString(),
  unit: sumUnit,
  old: formatMinor(oldMinor, digitsOf(sumUnit)),
  reason: row.reason,
});
