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
  kind: fields.text('The kind of journal', 'send'),
  account: fields.text('The account of the ledger', 'partner_payable'),
  amount: fields.amountOf('the payout', 'The amount; above zero for a debit, below zero for a credit'),
  recordedAt: fields.at('When the journal was recorded'),
});
const LineBody = z.object({
  id: fields.text("The provider's id of the line", '50000042'),
  kind: fields.text('The kind of line: `payout`, `fee`, `return`, `funding` or `other`', 'payout'),
  amount: fields.amountOf('the payout', 'The amount; below zero for money that left our balance', '-123.45'),
  occurredAt: fields.at('When this happened, according to the provider'),
});

const CaseBody = z
  .object({
    payout: PayoutBody,
    attempts: z.array(AttemptBody).meta({ description: 'The attempts to send the payout' }),
    history: z
      .array(AttemptChange)
      .meta({ description: 'Every change of the attempts, with the trace ids of the provider, the oldest first' }),
    ledger: z.array(EntryBody).meta({ description: 'The entries of our ledger' }),
    statement: z
      .array(LineBody)
      .meta({ description: "The lines of the provider's statements that have been read so far" }),
    resolutions: z.array(ResolutionBody).meta({ description: 'The outcomes that people proposed and decided' }),
  })
  .openapi('TaskCase');

const TaskDetail = TaskBody.extend({
  case: fields.orNull(
    CaseBody,
    'Everything known about the payout of the task; null if the task is not about a payout',
  ),
}).openapi('TaskDetail');

const get = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}',
  tags: ['tasks'],
  summary: 'Get a task with everything that is known about it',
  request: { params: UuidPath },
  responses: { 200: answers(TaskDetail, 'The task, with everything known that helps to decide.') },
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

/** A task, with everything known that helps to decide it. */
export const caseRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(get, async (c) => {
    const task = await getTask(db, c.req.valid('param').id);
    const known = task.payoutId === null ? null : await readCase(db, task.payoutId);
    return c.json({ ...taskBody(task), case: known }, 200);
  });
