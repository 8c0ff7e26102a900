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
import { createRouter } from '../../http/router.ts';
import { answers, UuidPath } from '../../http/schemas.ts';
import { TaskAnswer, taskAnswer } from '../tasks/tasks.ts';
import { AttemptAnswer, AttemptChange, payoutAnswer, PayoutAnswer, readAttempts, readHistory } from './payouts.ts';
import { resolutionAnswer, ResolutionAnswer } from './resolutions.ts';

const EntryAnswer = z.object({ kind: z.string(), account: z.string(), amount: z.string(), recordedAt: z.string() });
const LineAnswer = z.object({ id: z.string(), kind: z.string(), amount: z.string(), occurredAt: z.string() });

const CaseAnswer = z
  .object({
    payout: PayoutAnswer,
    attempts: z.array(AttemptAnswer),
    /** Every word of the provider, with its trace ids, oldest first. */
    history: z.array(AttemptChange),
    /** What our ledger says: debits above zero, credits below. */
    ledger: z.array(EntryAnswer),
    /** What the provider's statements say, as far as they are read; what left our balance is below zero. */
    statement: z.array(LineAnswer),
    resolutions: z.array(ResolutionAnswer),
  })
  .openapi('TaskCase');

const TaskDetail = TaskAnswer.extend({
  /** What is known of the payout that it is about. */
  case: CaseAnswer.nullable(),
}).openapi('TaskDetail');

const get = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}',
  tags: ['tasks'],
  summary: 'Get a task with everything that is known about it',
  request: { params: UuidPath },
  responses: { 200: answers(TaskDetail, 'The task, and what there is to decide by') },
});

const say = (minor: bigint, currency: CurrencyCode): string => formatDecimal(money(minor, currency));

async function readCase(db: Database, payoutId: string): Promise<z.input<typeof CaseAnswer>> {
  const [payout, attempts, history, entries, lines, resolutions] = await Promise.all([
    getPayout(db, payoutId),
    readAttempts(db, payoutId),
    readHistory(db, payoutId),
    listPayoutEntries(db, payoutId),
    listStatementLines(db, payoutId),
    listResolutions(db, payoutId),
  ]);
  return {
    payout: payoutAnswer(payout),
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
    resolutions: resolutions.map(resolutionAnswer),
  };
}

/** A task with all that is known to decide it by. */
export const caseRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(get, async (c) => {
    const task = await getTask(db, c.req.valid('param').id);
    const known = task.payoutId === null ? null : await readCase(db, task.payoutId);
    return c.json({ ...taskAnswer(task), case: known }, 200);
  });
