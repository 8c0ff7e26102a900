import { createRoute, z } from '@hono/zod-openapi';

import { addBudget, closeBudget, setBudgetAmount } from '../../../commands/programs/budgets.ts';
import {
  type Budget,
  BUDGET_CHANGES,
  type BudgetChange,
  getBudget,
  listBudgetChanges,
  listBudgets,
} from '../../../db/programs/budgets.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { Decimal, Unit, whyNotAmount } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { BudgetCode } from '../../../domain/programs/incentives/shape.ts';
import type { UnitCode } from '../../../domain/unit.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  jsonBody,
  LocalDate,
  Name,
  Ordinal,
  pageOf,
  pageQuery,
  Reason,
} from '../../http/schemas.ts';
import { refused } from '../../../domain/errors.ts';

const about = {
  code: 'The code by which incentives name it, which never changes',
  title: 'The name that people read',
  from: 'The first day whose events it pays, local to the zone of the program; null if there is none',
  until: 'The first day after those whose events it pays; null if there is none',
  amount: 'The most that all earnings from it add up to: a decimal string above 0',
};

const code = BudgetCode.meta({ description: about.code, examples: ['spring-spiff'] });
const day = (description: string, example: string) =>
  LocalDate.nullable()
    .default(null)
    .meta({ description, examples: [example] });

export const NewBudgetBody = z
  .strictObject({
    code,
    title: Name.meta({ description: about.title, examples: ['Spring SPIFF'] }),
    unit: Unit,
    amount: Decimal.meta({ description: about.amount, examples: ['5000.00'] }),
    from: day(about.from, '2026-03-01'),
    until: day(about.until, '2026-06-01'),
    reason: Reason,
  })
  .superRefine(({ unit, amount, from, until }, context) => {
    const message = whyNotBudget(amount, unit);
    if (message) context.addIssue({ code: 'custom', path: ['amount'], message });
    if (from !== null && until !== null && from >= until)
      context.addIssue({ code: 'custom', path: ['until'], message: 'is not after from' });
  })
  .openapi('NewBudget');

export const whyNotBudget = (amount: string, unit: UnitCode): string | undefined =>
  whyNotAmount(amount, unit) ?? (/[1-9]/.test(amount) ? undefined : 'is 0');

const BudgetBody = z
  .object({
    code: z.string().meta({ description: about.code, examples: ['spring-spiff'] }),
    program: fields.code('The code of the program', 'resale'),
    title: fields.text(about.title, 'Spring SPIFF'),
    unit: Unit,
    amount: fields.amount(about.amount, '5000.00'),
    used: fields.amount('The sum of the earnings that it has paid, less what was taken back', '4988.00'),
    left: fields.amount('The amount that it can still pay; 0.00 if it is closed', '12.00'),
    from: fields.day(about.from).nullable(),
    until: fields.day(about.until, '2026-06-01').nullable(),
    createdAt: fields.at('When it was created'),
    closedAt: fields.at('When it was closed; null while it pays').nullable(),
  })
  .openapi('Budget');

const ChangeBody = z
  .object({
    no: fields.count('The number of the change', 2),
    kind: fields.oneOf(BUDGET_CHANGES, 'The kind of change', 'raised'),
    amount: fields.amount('The amount of the budget after the change', '6000.00'),
    reason: fields.text('The reason', 'The campaign was longer than planned'),
    by: fields.code('The person who changed it', 'olga'),
    at: fields.at('When it was changed'),
  })
  .openapi('BudgetChange');

export const NewAmountBody = z
  .strictObject({
    amount: Decimal.meta({ description: `${about.amount}, and no less than what is used`, examples: ['6000.00'] }),
    reason: Reason,
  })
  .openapi('NewBudgetAmount');

const BudgetPath = CodePath.extend({ budget: code });

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/budgets',
  tags: ['programs'],
  summary: 'List the budgets of a program',
  request: { params: CodePath, query: pageQuery(BudgetCode) },
  responses: { 200: answers(pageOf(BudgetBody), 'The budgets, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/budgets',
  tags: ['programs'],
  summary: 'Add a budget to a program',
  description: 'Incentives of the program may then name it. They never earn more from it than its amount.',
  request: { params: CodePath, body: jsonBody(NewBudgetBody) },
  responses: {
    201: answers(BudgetBody, 'The budget was added.'),
    409: problemResponse('The program has a budget of this code.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/budgets/{budget}',
  tags: ['programs'],
  summary: 'Get a budget with what is used and left',
  request: { params: BudgetPath },
  responses: { 200: answers(BudgetBody, 'The budget.') },
});

const changes = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/budgets/{budget}/changes',
  operationId: 'listBudgetChanges',
  tags: ['programs'],
  summary: 'List the changes of a budget',
  request: { params: BudgetPath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(ChangeBody), 'The changes, the newest first.') },
});

const setAmount = createRoute({
  method: 'put',
  path: '/v1/programs/{code}/budgets/{budget}/amount',
  operationId: 'setBudgetAmount',
  tags: ['programs'],
  summary: 'Raise or lower a budget',
  description: 'A raised budget pays for events that are worked out later. Earlier earnings stay as they are.',
  request: { params: BudgetPath, body: jsonBody(NewAmountBody) },
  responses: {
    200: answers(BudgetBody, 'The budget with its amount. The same amount again changes nothing.'),
    409: problemResponse('The budget is closed.'),
  },
});

const close = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/budgets/{budget}/close',
  operationId: 'closeBudget',
  tags: ['programs'],
  summary: 'Close a budget',
  request: { params: BudgetPath, body: jsonBody(z.strictObject({ reason: Reason })) },
  responses: {
    200: answers(BudgetBody, 'The budget is closed: it pays nothing more. Earnings that it paid stay.'),
    409: problemResponse('The budget is closed already.'),
  },
});

function budgetBody({ id: _id, changeNo: _no, amountMinor, usedMinor, createdAt, closedAt, ...budget }: Budget) {
  const print = (minor: bigint) => formatDecimal(money(minor, budget.unit));
  return {
    ...budget,
    amount: print(amountMinor),
    used: print(usedMinor),
    left: print(closedAt ? 0n : amountMinor - usedMinor),
    createdAt: createdAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
  };
}

const changeBody =
  (unit: UnitCode) =>
  ({ amountMinor, at, ...one }: BudgetChange) => ({
    ...one,
    amount: formatDecimal(money(amountMinor, unit)),
    at: at.toISOString(),
  });

/** The budgets from which incentives of a program are paid. */
export const budgetRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listBudgets(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (budget) => budget.code, item: budgetBody }), 200);
    })
    .openapi(add, async (c) => {
      const { amount, ...wish } = c.req.valid('json');
      const program = await getProgram(db, c.req.valid('param').code);
      const budget = { ...wish, amountMinor: parseDecimal(amount, wish.unit).minor };
      return c.json(budgetBody(await addBudget(db, program, budget, c.get('caller').actorId)), 201);
    })
    .openapi(get, async (c) => {
      const path = c.req.valid('param');
      return c.json(budgetBody(await getBudget(db, path.code, path.budget)), 200);
    })
    .openapi(changes, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const path = c.req.valid('param');
      const { id, unit } = await getBudget(db, path.code, path.budget);
      const read = (count: number) => listBudgetChanges(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ no }) => no, item: changeBody(unit) }), 200);
    })
    .openapi(setAmount, async (c) => {
      const path = c.req.valid('param');
      const { amount, reason } = c.req.valid('json');
      const { unit } = await getBudget(db, path.code, path.budget);
      const why = whyNotBudget(amount, unit);
      if (why !== undefined) throw refused('amount', why);
      const wish = { amountMinor: parseDecimal(amount, unit).minor, reason };
      const name = { program: path.code, code: path.budget };
      return c.json(budgetBody(await setBudgetAmount(db, name, wish, c.get('caller').actorId)), 200);
    })
    .openapi(close, async (c) => {
      const path = c.req.valid('param');
      const name = { program: path.code, code: path.budget };
      return c.json(budgetBody(await closeBudget(db, name, c.req.valid('json').reason, c.get('caller').actorId)), 200);
    });
