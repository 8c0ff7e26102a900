import { createRoute, z } from '@hono/zod-openapi';

import { listPayouts } from '../../../db/payouts/pages.ts';
import { listApprovals } from '../../../db/runs/approvals.ts';
import { countFlags } from '../../../db/runs/flags.ts';
import { countHeld } from '../../../db/runs/holds.ts';
import { getRun, listRuns, listRunTotals, type Run } from '../../../db/runs/runs.ts';
import { countChangedSince, listOutcomeTotals } from '../../../db/runs/outcomes.ts';
import { askForRun } from '../../../commands/runs/ask.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import { RUN_STATUSES } from '../../../domain/runs/run.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { idempotencyKeyOf } from '../../http/idempotency.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  Instant,
  jsonBody,
  LocalDate,
  Method,
  pageOf,
  pageQuery,
  Uuid,
  UuidPath,
} from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { payoutBody, PayoutBody } from '../payouts/payouts.ts';
import { FlagCount } from './flags.ts';
import { readWaiting, waitingFields } from './waiting.ts';

export const RunBody = z
  .object({
    id: fields.id('The id of the run'),
    schedule: fields.code('The code of the pay schedule of the run', 'monthly'),
    kind: fields.oneOf(
      ['scheduled', 'on_demand'],
      'The kind of run: opened by its schedule (`scheduled`), or requested by a person (`on_demand`)',
      'scheduled',
    ),
    periodStart: fields.day('The first day of the period', '2026-02-01'),
    periodEnd: fields.day('The day after the last day of the period: the date of the cut-off', '2026-03-01'),
    cutoffAt: fields.at(
      'The cut-off; the run pays the lines that were free before this instant',
      '2026-03-01T05:00:00.000Z',
    ),
    payOn: fields.day('The pay date; nothing is sent before this day begins', '2026-03-03'),
    status: fields.oneOf(RUN_STATUSES, 'The status of the run', 'review'),
    statusReason: fields
      .text('The reason for the status, if a person or the system gave one; otherwise null', 'Wrong period')
      .nullable(),
    preparer: fields.code('The code of the person who asked for the run; null for a scheduled run', 'petra').nullable(),
    approvalsRequired: fields.count('The number of people who must approve the run', 1),
    signedApprovals: z.boolean().meta({
      description: 'Whether only approvals count that people sign with a passkey in the console',
    }),
    replaces: fields
      .id(
        'The id of the payout that the run replaces; null if the run is not a replacement. A replacement pays only the partner of that payout',
      )
      .nullable(),
    reason: fields
      .text('The reason for the replacement; null if the run is not a replacement', 'PayPal locked the account')
      .nullable(),
    contentHash: fields
      .text(
        'The SHA-256 in hexadecimal of everything that the run pays; null until the run is prepared. An approval names this hash',
        '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      )
      .nullable(),
    reviewSince: fields.at('When the run began to wait for a decision; null until then').nullable(),
    createdAt: fields.at('When the run was opened'),
  })
  .openapi('Run');

const RunDetail = RunBody.extend({
  totals: z
    .array(
      z.object({
        method: Method,
        currency: Currency,
        status: fields.text('The status of these payouts', 'draft'),
        count: fields.count('The number of payouts', 120),
        net: fields.amount('The total of these payouts', '15420.50'),
      }),
    )
    .meta({ description: 'The payouts of the run by method, currency and status' }),
  outcomes: z
    .array(
      z.object({
        outcome: fields.oneOf(OUTCOMES, 'The outcome of the run for these partners', 'below_minimum'),
        currency: Currency,
        count: fields.count('The number of partners', 8),
        payable: fields.amount('The total that is payable to these partners', '212.40'),
      }),
    )
    .meta({ description: 'The partners of the run by outcome and currency' }),
  ...waitingFields,
  flags: z
    .array(FlagCount)
    .meta({ description: 'The payouts that an approver should look at; `GET /v1/runs/{id}/flags` lists them' }),
  held: fields.count(
    'The number of payouts that finance holds; the run does not end before they are released or cut',
    2,
  ),
  changedSinceSeen: fields
    .count(
      'The number of partners that changed since the content had the hash `seen`; null if `seen` is not given or unknown',
      3,
    )
    .nullable(),
  approvals: z
    .array(
      z.object({
        actor: fields.code('The person who decided', 'anna'),
        decision: fields.oneOf(['approve', 'reject'], 'The decision', 'approve'),
        note: fields.text('The note of the person; null if there is none', 'Checked').nullable(),
        contentHash: fields.text(
          'The content hash that the person saw; a decision about other content counts for nothing',
          '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        ),
        at: fields.at('When the person decided'),
      }),
    )
    .meta({ description: 'The decisions about the run, the oldest first' }),
}).openapi('RunDetail');

const RunCursor = z.strictObject({ createdAt: Instant, id: Uuid });

const list = createRoute({
  method: 'get',
  path: '/v1/runs',
  tags: ['runs'],
  summary: 'List the payout runs',
  request: {
    query: pageQuery(RunCursor).extend({
      schedule: Code.meta({ description: 'Lists only runs of this schedule', examples: ['monthly'] }).optional(),
      status: fields.oneOf(RUN_STATUSES, 'Lists only runs with this status', 'review').optional(),
    }),
  },
  responses: { 200: answers(pageOf(RunBody), 'The payout runs, the newest first.') },
});

const NewRunBody = z
  .strictObject({
    schedule: Code.meta({ description: 'The code of the pay schedule', examples: ['monthly'] }),
    periodEnd: LocalDate.meta({
      description:
        'The date of a cut-off of the schedule, the day after the last day of the period; the run pays the lines that were free before it',
      examples: ['2026-03-01'],
    }).optional(),
    upTo: LocalDate.meta({
      description:
        'Instead of `periodEnd`: any local date, to pay only the lines of a period that were free before it; the date must have begun in the zone of the schedule',
      examples: ['2026-03-15'],
    }).optional(),
  })
  .refine(({ periodEnd, upTo }) => (periodEnd === undefined) !== (upTo === undefined), {
    path: ['periodEnd'],
    message: 'is needed, or upTo instead of it',
  })
  .openapi('NewRun');

const ask = createRoute({
  method: 'post',
  path: '/v1/runs',
  operationId: 'requestRun',
  tags: ['runs'],
  summary: 'Request a payout run',
  request: { body: jsonBody(NewRunBody) },
  responses: {
    201: answers(RunBody, 'The run is being prepared. You cannot approve a run that you asked for.'),
    404: problemResponse('There is no such pay schedule. No run was opened.'),
    409: problemResponse('The period is not over, or another run of the schedule is in review. No run was opened.'),
  },
});

const SeenQuery = z.strictObject({
  seen: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a content hash of a run')
    .meta({
      description: 'The `contentHash` that you saw last; the answer says how many partners changed since then',
      examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    })
    .optional(),
});

const get = createRoute({
  method: 'get',
  path: '/v1/runs/{id}',
  tags: ['runs'],
  summary: 'Get a run',
  request: { params: UuidPath, query: SeenQuery },
  responses: { 200: answers(RunDetail, 'The run, with its payouts, outcomes and decisions.') },
});

const payouts = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/payouts',
  tags: ['runs'],
  summary: 'List the payouts of a run',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(PayoutBody), 'The payouts of the run, in the order of their ids.') },
});

export const runBody = (run: Run) => ({
  id: run.id,
  schedule: run.schedule,
  kind: run.kind,
  periodStart: run.periodStart,
  periodEnd: run.periodEnd,
  cutoffAt: run.cutoffAt.toISOString(),
  payOn: run.payOn,
  status: run.status,
  statusReason: run.statusReason,
  preparer: run.preparer,
  approvalsRequired: run.approvalsRequired,
  signedApprovals: run.signedApprovals,
  replaces: run.replacesId,
  reason: run.askReason,
  contentHash: run.contentHash,
  reviewSince: run.reviewSince?.toISOString() ?? null,
  createdAt: run.createdAt.toISOString(),
});

/** The facts that a run's workflow needs to start. */
export const startOf = ({ id, schedule, periodEnd }: Run) => ({ id, scheduleCode: schedule, periodEnd });

export const runRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor, limit, ...filter } = c.req.valid('query');
      const before = cursor ? { id: cursor.id, createdAt: new Date(cursor.createdAt) } : null;
      const read = (count: number) => listRuns(db, filter, before, count);
      return c.json(
        await readPage(limit, read, { key: ({ createdAt, id }) => ({ createdAt, id }), item: runBody }),
        200,
      );
    })
    .openapi(ask, async (c) => {
      const { actorId } = c.get('caller');
      const { schedule, periodEnd, upTo = '' } = c.req.valid('json');
      const wish = { schedule, until: periodEnd ?? upTo, isWhole: periodEnd !== undefined };
      const run = await askForRun(db, { ...wish, actorId, key: idempotencyKeyOf(c), nowMs: Date.now() });
      await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
      return c.json(runBody(run), 201);
    })
    .openapi(get, async (c) => {
      const { seen } = c.req.valid('query');
      const run = await getRun(db, c.req.valid('param').id);
      const [totals, outcomeTotals, waiting, flags, approvals] = await Promise.all([
        listRunTotals(db, run.id),
        listOutcomeTotals(db, run.id),
        readWaiting(db, run.scheduleId),
        countFlags(db, run.id),
        listApprovals(db, run.id),
      ]);
      return c.json(
        {
          ...runBody(run),
          totals: totals.map(({ netMinor, ...total }) => ({
            ...total,
            net: formatDecimal(money(netMinor, total.currency)),
          })),
          outcomes: outcomeTotals.map(({ payableMinor, ...total }) => ({
            ...total,
            payable: formatDecimal(money(payableMinor, total.currency)),
          })),
          ...waiting,
          flags: [...flags],
          held: await countHeld(db, run.id),
          changedSinceSeen: seen === undefined ? null : await countChangedSince(db, run.id, seen),
          approvals: approvals.map((approval) => ({ ...approval, at: approval.at.toISOString() })),
        },
        200,
      );
    })
    .openapi(payouts, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id: runId } = await getRun(db, c.req.valid('param').id);
      const read = (count: number) => listPayouts(db, { runId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutBody }), 200);
    });
