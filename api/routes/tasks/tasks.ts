import { createRoute, z } from '@hono/zod-openapi';

import type { Database } from '../../../db/database.ts';
import { listPayoutEntries } from '../../../db/books/ledger.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { listStatementLines } from '../../../db/books/reconciliation.ts';
import { listResolutions } from '../../../db/payouts/resolutions.ts';
import { getTask, listTasks, type Task } from '../../../db/tasks/tasks.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { TASK_KINDS } from '../../../domain/tasks/task.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';
import {
  AttemptAnswer,
  AttemptChange,
  payoutAnswer,
  PayoutAnswer,
  readAttempts,
  readHistory,
} from '../payouts/payouts.ts';
import { resolutionAnswer, ResolutionAnswer } from '../payouts/resolutions.ts';

const TaskAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(TASK_KINDS),
    /** What it is about, as `payout/<id>`. */
    subject: z.string(),
    payoutId: z.string().nullable(),
    detail: z.string(),
    evidence: z.record(z.string(), z.unknown()),
    deadlineAt: z.string().nullable(),
    openedAt: z.string(),
    closedAt: z.string().nullable(),
    /** Nobody, where its cause went away by itself. */
    closedBy: z.string().nullable(),
    resolution: z.string().nullable(),
  })
  .openapi('Task');

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

const list = createRoute({
  method: 'get',
  path: '/v1/tasks',
  tags: ['tasks'],
  summary: 'List what waits for a person',
  request: {
    query: pageQuery(Uuid).extend({
      state: z.enum(['open', 'closed']).default('open'),
      kind: z.enum(TASK_KINDS).optional(),
      payout: Uuid.optional(),
    }),
  },
  responses: { 200: answers(pageOf(TaskAnswer), 'Tasks, the oldest first') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/tasks/{id}',
  tags: ['tasks'],
  summary: 'Get a task with everything that is known about it',
  request: { params: UuidPath },
  responses: { 200: answers(TaskDetail, 'The task, and what there is to decide by') },
});

const taskAnswer = (task: Task) => ({
  ...task,
  deadlineAt: task.deadlineAt?.toISOString() ?? null,
  openedAt: task.openedAt.toISOString(),
  closedAt: task.closedAt?.toISOString() ?? null,
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

/** What only a person can do, and all that is known to do it by. */
export const taskRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, state, kind, payout } = c.req.valid('query');
      const filter = { kind, payoutId: payout, isOpen: state === 'open' };
      const read = (count: number) => listTasks(db, filter, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: taskAnswer }), 200);
    })
    .openapi(get, async (c) => {
      const task = await getTask(db, c.req.valid('param').id);
      const known = task.payoutId === null ? null : await readCase(db, task.payoutId);
      return c.json({ ...taskAnswer(task), case: known }, 200);
    });
