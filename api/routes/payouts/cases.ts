import { createRoute, z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { listPayoutEntries } from '../../../db/books/ledger.ts';
import { listStatementLines } from '../../../db/books/reconciliation.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { listResolutions } from '../../../db/payouts/resolutions.ts';
import { getTask } from '../../../db/tasks/tasks.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, UuidPath } from '../../http/schemas.ts';
import { TaskBody, taskBody } from '../tasks/tasks.ts';
import { AttemptBody, AttemptChange, payoutBody, PayoutBody, readAttempts, readHistory } from './payouts.ts';
import { resolutionBody, ResolutionBody } from './resolutions.ts';

const EntryBody = z.object({
  kind: fields.text('What the journal records', 'send'),
  account: fields.text('The account of the ledger', 'partner_payable'),
  amount: fields.amountOf('the payout', 'The amount: debits above zero, credits below'),
  recordedAt: fields.at('When it was recorded'),
});
const LineBody = z.object({
  id: fields.text("The provider's id of the line", '50000042'),
  kind: fields.text('What the line is: `payout`, `fee`, `return`, `funding` or `other`', 'payout'),
  amount: fields.amountOf('the payout', 'The amount: what left our balance is below zero', '-123.45'),
  occurredAt: fields.at('When the provider says it happened'),
});

const CaseBody = z
  .object({
    payout: PayoutBody,
    attempts: z.array(AttemptBody).meta({ description: 'How it was sent' }),
    history: z
      .array(AttemptChange)
      .meta({ description: 'Everything that the provider said, with its trace ids, the oldest first' }),
    ledger: z.array(EntryBody).meta({ description: 'What our ledger says' }),
    statement: z
      .array(LineBody)
      .meta({ description: "What the provider's statements say, as far as they have been read" }),
    resolutions: z.array(ResolutionBody).meta({ description: 'What people proposed and decided' }),
  })
  .openapi('TaskCase');

const TaskDetail = TaskBody.extend({
  case: fields.orNull(CaseBody, 'What is known about the payout that the task is about; null where it is about none'),
}).openapi('TaskDetail');

const get = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}',
  tags: ['tasks'],
  summary: 'Get a task with everything that is known about it',
  request: { params: UuidPath },
  responses: { 200: answers(TaskDetail, 'The task, and all that is known for the decision.') },
});

const say = (minor: bigint, currency: CurrencyCode): string => formatDecimal(money(minor, currency));

async function readCase(db: Database, payoutId: string): Promise<z.input<typeof CaseBody>> {
  const [payout, attempts, history, entries, lines, resolutions] = await Promise.all([
    getPayout(db, payoutId),
    readAttempts(db, payoutId),
    readHistory(db, payoutId),
    listPayoutEntries(db, payoutId),
    listStatementLines(db, payoutId),
    listResolutions(db, payoutId),
  ]);
  return {
    payout: payoutBody(payout),
    attempts,
    history,
    ledger: entries.map(({ minor, currency, recordedAt, ...entry }) => ({
      ...entry,
      amount: say(minor, currency),
      recordedAt: recordedAt.toISOString(),
    })),
    statement: lines.map(({ minor, currency, occurredAt, ...line }) => ({
      ...line,
      amount: say(minor, currency),
      occurredAt: occurredAt.toISOString(),
    })),
    resolutions: resolutions.map(resolutionBody),
  };
}

/** A task with all that is known to decide it by. */
export const caseRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(get, async (c) => {
    const task = await getTask(db, c.req.valid('param').id);
    const known = task.payoutId === null ? null : await readCase(db, task.payoutId);
    return c.json({ ...taskBody(task), case: known }, 200);
  });
