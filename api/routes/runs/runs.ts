import { createRoute, z } from '@hono/zod-openapi';

import { listRunChecks } from '../../../db/checks/checks.ts';
import { listPayouts } from '../../../db/payouts/payouts.ts';
import { cancelRun, excludeFromRun, pauseRun, resumeRun } from '../../../commands/runs/changes.ts';
import { listApprovals } from '../../../db/runs/approvals.ts';
import { getRun, listRuns, listRunTotals, type Run } from '../../../db/runs/runs.ts';
import { listOutcomes, listOutcomeTotals, type RunOutcome } from '../../../db/runs/outcomes.ts';
import { askForRun } from '../../../commands/runs/ask.ts';
import { Code } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { positivePayFile } from '../../../domain/checks/positive-pay.ts';
import { OUTCOMES } from '../../../domain/payouts/outcome.ts';
import { RUN_STATUSES } from '../../../domain/runs/run.ts';
import { localDate } from '../../../domain/calendar.ts';
import { wakeRun } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
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
  Reason,
  RowNumber,
  Uuid,
  UuidPath,
} from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';
import { payoutAnswer, PayoutAnswer } from '../payouts/payouts.ts';

export const RunAnswer = z
  .object({
    id: z.string(),
    schedule: z.string(),
    kind: z.enum(['scheduled', 'on_demand']),
    /** Local dates, half-open: the end is the cut-off's date. */
    periodStart: z.string(),
    periodEnd: z.string(),
    cutoffAt: z.string(),
    payOn: z.string(),
    status: z.enum(RUN_STATUSES),
    statusReason: z.string().nullable(),
    /** Who asked for it; of a scheduled run nobody did. */
    preparer: z.string().nullable(),
    approvalsRequired: z.int(),
    /** Of a replacement: the payout whose partner alone it pays, and why. */
    replaces: z.string().nullable(),
    reason: z.string().nullable(),
    /** What an approval is of; there is none until the run is prepared. */
    contentHash: z.string().nullable(),
    reviewSince: z.string().nullable(),
    createdAt: z.string(),
  })
  .openapi('Run');

const RunDetail = RunAnswer.extend({
  totals: z.array(
    z.object({ method: Method, currency: z.string(), status: z.string(), count: z.int(), net: z.string() }),
  ),
  outcomes: z.array(z.object({ outcome: z.enum(OUTCOMES), currency: z.string(), count: z.int(), payable: z.string() })),
  approvals: z.array(
    z.object({
      actor: z.string(),
      decision: z.enum(['approve', 'reject']),
      note: z.string().nullable(),
      contentHash: z.string(),
      at: z.string(),
    }),
  ),
}).openapi('RunDetail');

const OutcomeAnswer = z
  .object({
    partner: z.string(),
    currency: z.string(),
    outcome: z.enum(OUTCOMES),
    payable: z.string(),
    reasons: z.array(z.unknown()),
    payoutId: z.string().nullable(),
  })
  .openapi('RunOutcome');

const RunCursor = z.strictObject({ createdAt: Instant, id: Uuid });

const list = createRoute({
  method: 'get',
  path: '/v1/runs',
  tags: ['runs'],
  summary: 'List the payout runs',
  request: {
    query: pageQuery(RunCursor).extend({ schedule: Code.optional(), status: z.enum(RUN_STATUSES).optional() }),
  },
  responses: { 200: answers(pageOf(RunAnswer), 'Payout runs, the newest first') },
});

const ask = createRoute({
  method: 'post',
  path: '/v1/runs',
  tags: ['runs'],
  summary: 'Ask for a payout run',
  request: { body: jsonBody(z.strictObject({ schedule: Code, periodEnd: LocalDate })) },
  responses: {
    201: answers(RunAnswer, 'Being prepared; whoever asked for it cannot approve it'),
    409: problemResponse('The period is not over, or another run of the schedule is in review'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/runs/{id}',
  tags: ['runs'],
  summary: 'Get a run and what it pays',
  request: { params: UuidPath },
  responses: { 200: answers(RunDetail, 'The run, with what it pays') },
});

const payouts = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/payouts',
  tags: ['runs'],
  summary: 'List the payouts of a run',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(PayoutAnswer), 'The payouts of the run') },
});

const OutcomeCursor = z.strictObject({ partnerId: RowNumber, currency: z.string().regex(/^[A-Z]{3}$/) });

const outcomes = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/outcomes',
  tags: ['runs'],
  summary: 'List who is paid, and who is not and why',
  request: { params: UuidPath, query: pageQuery(OutcomeCursor) },
  responses: {
    200: answers(pageOf(OutcomeAnswer), 'What the run means for every partner: paid, or the reason why not'),
  },
});

const positivePay = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/positive-pay',
  tags: ['runs'],
  summary: 'Download the checks of a run for the bank',
  request: { params: UuidPath },
  responses: {
    200: { description: 'The checks of the run as CSV, for the bank', content: { 'text/csv': { schema: z.string() } } },
  },
});

const exclude = createRoute({
  method: 'post',
  path: '/v1/runs/{id}/exclusions',
  tags: ['runs'],
  summary: 'Take a payout out of a run',
  request: { params: UuidPath, body: jsonBody(z.strictObject({ payout: Uuid, reason: Reason })) },
  responses: {
    200: answers(RunAnswer, 'Taken out; approvals that were given are void, since the content hash is another one'),
    409: problemResponse('The run is not in review'),
  },
});

const WhyBody = jsonBody(z.strictObject({ reason: Reason }));

const changeRoute = <Verb extends 'pause' | 'resume' | 'cancel'>(verb: Verb, summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/v1/runs/{id}/${verb}`,
    tags: ['runs'],
    summary,
    request: { params: UuidPath, body: WhyBody },
    responses: { 200: answers(RunAnswer, description), 409: problemResponse('The run is not where it could') },
  });

const pause = changeRoute(
  'pause',
  'Pause a run',
  'Paused: no provider is asked any more; what was asked goes on to its end',
);
const resume = changeRoute('resume', 'Let a run go on', 'Goes on');
const cancel = changeRoute('cancel', 'Cancel a run', 'Cancelled: its lines are free for the next run');

export const runAnswer = (run: Run) => ({
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

const outcomeAnswer = ({ partnerId: _id, payableMinor, ...outcome }: RunOutcome) => ({
  ...outcome,
  reasons: [...outcome.reasons],
  payable: formatDecimal(money(payableMinor, outcome.currency)),
});

/** What the bank compares the checks that are presented with; the account by the name that shows no number of it. */
const positivePayOf = (run: Run, checks: Awaited<ReturnType<typeof listRunChecks>>): string =>
  positivePayFile(
    checks.map(({ accountRef, number, issuedAt, minor, currency, partner, state }) => ({
      type: state === 'failed' ? 'void' : 'issue',
      account: accountRef,
      number,
      amount: money(minor, currency),
      date: localDate(issuedAt.getTime(), run.zone),
      payee: textCell(partner),
    })),
  );

/** A name never becomes a formula in a spreadsheet. */
const textCell = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** What starting a run's workflow needs. */
export const startOf = ({ id, schedule, periodEnd }: Run) => ({ id, scheduleCode: schedule, periodEnd });

export const runRoutes = ({ db, temporal, log }: ApiDeps) => {
  const wake = (run: Run) => wakeQuietly({ temporal, log }, { run: run.id }, () => wakeRun(temporal, startOf(run)));
  const move = async (verb: typeof pauseRun, runId: string, actorId: string, reason: string) => {
    const run = await verb(db, { runId, actorId, reason });
    await wake(run);
    return runAnswer(run);
  };

  return createRouter()
    .openapi(list, async (c) => {
      const { cursor, limit, ...filter } = c.req.valid('query');
      const before = cursor ? { id: cursor.id, createdAt: new Date(cursor.createdAt) } : null;
      const read = (count: number) => listRuns(db, filter, before, count);
      return c.json(
        await readPage(limit, read, { key: ({ createdAt, id }) => ({ createdAt, id }), item: runAnswer }),
        200,
      );
    })
    .openapi(ask, async (c) => {
      const { actorId } = c.get('caller');
      const request = { ...c.req.valid('json'), actorId, key: idempotencyKeyOf(c), nowMs: Date.now() };
      const run = await askForRun(db, request);
      await wake(run);
      return c.json(runAnswer(run), 201);
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
          ...runAnswer(run),
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
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutAnswer }), 200);
    })
    .openapi(outcomes, async (c) => {
      const { cursor = { partnerId: 0n, currency: '' }, limit } = c.req.valid('query');
      const { id } = await getRun(db, c.req.valid('param').id);
      const read = (count: number) => listOutcomes(db, id, cursor, count);
      const key = ({ partnerId, currency }: RunOutcome) => ({ partnerId, currency });
      return c.json(await readPage(limit, read, { key, item: outcomeAnswer }), 200);
    })
    .openapi(positivePay, async (c) => {
      const run = await getRun(db, c.req.valid('param').id);
      return c.body(positivePayOf(run, await listRunChecks(db, run.id)), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="positive-pay-${run.id}.csv"`,
      });
    })
    .openapi(exclude, async (c) => {
      const { payout, reason } = c.req.valid('json');
      const change = { runId: c.req.valid('param').id, actorId: c.get('caller').actorId, reason };
      const run = await excludeFromRun(db, change, payout);
      await wake(run);
      return c.json(runAnswer(run), 200);
    })
    .openapi(pause, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(pauseRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    })
    .openapi(resume, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(resumeRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    })
    .openapi(cancel, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await move(cancelRun, c.req.valid('param').id, c.get('caller').actorId, reason), 200);
    });
};
