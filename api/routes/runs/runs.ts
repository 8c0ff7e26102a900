import { createRoute, z } from '@hono/zod-openapi';

import { listPayouts } from '../../../db/payouts/payouts.ts';
import { listApprovals } from '../../../db/runs/approvals.ts';
import { getRun, listRuns, listRunTotals, type Run } from '../../../db/runs/runs.ts';
import { listOutcomes, listOutcomeTotals, type RunOutcome } from '../../../db/runs/outcomes.ts';
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
  RowNumber,
  Uuid,
  UuidPath,
} from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { payoutBody, PayoutBody } from '../payouts/payouts.ts';

export const RunBody = z
  .object({
    id: fields.id('The id of the run'),
    schedule: fields.code('The code of its pay schedule', 'monthly'),
    kind: fields.oneOf(['scheduled', 'on_demand'], 'Whether the schedule or a person asked for it', 'scheduled'),
    periodStart: fields.day('The first day of its period', '2026-02-01'),
    periodEnd: fields.day('The day after its last: the date of the cut-off', '2026-03-01'),
    cutoffAt: fields.at('What was free before this instant is paid', '2026-03-01T05:00:00.000Z'),
    payOn: fields.day('Nothing is sent before this day begins', '2026-03-03'),
    status: fields.oneOf(RUN_STATUSES, 'Where it is', 'review'),
    statusReason: fields
      .text('Why it is there, where a person or the system said so; otherwise null', 'Wrong period')
      .nullable(),
    preparer: fields.code('The person who asked for it; null for a scheduled run', 'petra').nullable(),
    approvalsRequired: fields.count('How many people must approve it', 1),
    replaces: fields
      .id('For a replacement: the payout that it replaces, whose partner alone it pays; otherwise null')
      .nullable(),
    reason: fields
      .text('For a replacement: why it was asked for; otherwise null', 'PayPal locked the account')
      .nullable(),
    contentHash: fields
      .text(
        'The SHA-256 in hexadecimal of what the run pays, which an approval names; null until the run is prepared',
        '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      )
      .nullable(),
    reviewSince: fields.at('Since when it has waited for a decision; null until it is prepared').nullable(),
    createdAt: fields.at('When it was opened'),
  })
  .openapi('Run');

const RunDetail = RunBody.extend({
  totals: z
    .array(
      z.object({
        method: Method,
        currency: Currency,
        status: fields.text('The status of these payouts', 'draft'),
        count: fields.count('How many payouts there are', 120),
        net: fields.amount('What they pay together', '15420.50'),
      }),
    )
    .meta({ description: 'Its payouts by method, currency and status' }),
  outcomes: z
    .array(
      z.object({
        outcome: fields.oneOf(OUTCOMES, 'What the run means for these partners', 'below_minimum'),
        currency: Currency,
        count: fields.count('How many partners there are', 8),
        payable: fields.amount('What they have together', '212.40'),
      }),
    )
    .meta({ description: 'Its partners by outcome and currency' }),
  approvals: z
    .array(
      z.object({
        actor: fields.code('The person who decided', 'anna'),
        decision: fields.oneOf(['approve', 'reject'], 'What they decided', 'approve'),
        note: fields.text('What they added; null where nothing', 'Checked').nullable(),
        contentHash: fields.text(
          'What they saw; a decision on another content counts for nothing',
          '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        ),
        at: fields.at('When they decided'),
      }),
    )
    .meta({ description: 'The decisions about it, the oldest first' }),
}).openapi('RunDetail');

const OutcomeBody = z
  .object({
    partner: fields.code('The code of the partner', 'paula'),
    currency: Currency,
    outcome: fields.oneOf(OUTCOMES, 'What the run means for the partner', 'below_minimum'),
    payable: fields.amount('What the partner has', '12.00'),
    reasons: z.array(z.unknown()).meta({
      description: 'All that stands against a payment: each with `reason`, and with `until` and `detail` or null',
      examples: [[{ reason: 'below_minimum', until: null, detail: null }]],
    }),
    payoutId: fields.id('The payout that pays the partner; null where there is none').nullable(),
  })
  .openapi('RunOutcome');

const RunCursor = z.strictObject({ createdAt: Instant, id: Uuid });

const list = createRoute({
  method: 'get',
  path: '/v1/runs',
  tags: ['runs'],
  summary: 'List the payout runs',
  request: {
    query: pageQuery(RunCursor).extend({
      schedule: Code.meta({ description: 'Only runs of this schedule', examples: ['monthly'] }).optional(),
      status: fields.oneOf(RUN_STATUSES, 'Only runs with this status', 'review').optional(),
    }),
  },
  responses: { 200: answers(pageOf(RunBody), 'The payout runs, the newest first.') },
});

const NewRunBody = z
  .strictObject({
    schedule: Code.meta({ description: 'The code of the pay schedule', examples: ['monthly'] }),
    periodEnd: LocalDate.meta({
      description: 'What was free before this local date is paid; it must have begun in the zone of the schedule',
      examples: ['2026-03-01'],
    }),
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

const get = createRoute({
  method: 'get',
  path: '/v1/runs/{id}',
  tags: ['runs'],
  summary: 'Get a run and what it pays',
  request: { params: UuidPath },
  responses: { 200: answers(RunDetail, 'The run, with what it pays.') },
});

const payouts = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/payouts',
  tags: ['runs'],
  summary: 'List the payouts of a run',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(PayoutBody), 'The payouts of the run, in the order of their ids.') },
});

const OutcomeCursor = z.strictObject({ partnerId: RowNumber, currency: z.string().regex(/^[A-Z]{3}$/) });

const outcomes = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/outcomes',
  tags: ['runs'],
  summary: 'List who a run pays, and who not and why',
  request: { params: UuidPath, query: pageQuery(OutcomeCursor) },
  responses: {
    200: answers(pageOf(OutcomeBody), 'What the run means for every partner: paid, or the reason why not.'),
  },
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
  replaces: run.replacesId,
  reason: run.askReason,
  contentHash: run.contentHash,
  reviewSince: run.reviewSince?.toISOString() ?? null,
  createdAt: run.createdAt.toISOString(),
});

const outcomeBody = ({ partnerId: _id, payableMinor, ...outcome }: RunOutcome) => ({
  ...outcome,
  reasons: [...outcome.reasons],
  payable: formatDecimal(money(payableMinor, outcome.currency)),
});

/** The facts that are needed to start a run's workflow. */
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
      const request = { ...c.req.valid('json'), actorId, key: idempotencyKeyOf(c), nowMs: Date.now() };
      const run = await askForRun(db, request);
      await wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
      return c.json(runBody(run), 201);
    })
    .openapi(get, async (c) => {
      const run = await getRun(db, c.req.valid('param').id);
      const [totals, outcomeTotals, approvals] = await Promise.all([
        listRunTotals(db, run.id),
        listOutcomeTotals(db, run.id),
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
    })
    .openapi(outcomes, async (c) => {
      const { cursor = { partnerId: 0n, currency: '' }, limit } = c.req.valid('query');
      const { id } = await getRun(db, c.req.valid('param').id);
      const read = (count: number) => listOutcomes(db, id, cursor, count);
      const key = ({ partnerId, currency }: RunOutcome) => ({ partnerId, currency });
      return c.json(await readPage(limit, read, { key, item: outcomeBody }), 200);
    });
