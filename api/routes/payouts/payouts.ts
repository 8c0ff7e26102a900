import { createRoute, z } from '@hono/zod-openapi';

import { listAttemptHistory, listAttempts } from '../../../db/payouts/attempts.ts';
import type { Database } from '../../../db/database.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { getPayout, listPayouts, type Payout } from '../../../db/payouts/payouts.ts';
import { listPayoutEarnings, listPayoutLines } from '../../../db/payouts/lines.ts';
import { ACTORS as ADVISED, adviceFor } from '../../../domain/payouts/advice.ts';
import { ATTEMPT_STATES } from '../../../domain/payouts/attempt.ts';
import { Code } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { PAYOUT_STATUSES } from '../../../domain/payouts/payout.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Method, pageOf, pageQuery, RowNumber, Uuid, UuidPath } from '../../http/schemas.ts';

export const PayoutAnswer = z
  .object({
    id: z.string(),
    runId: z.string(),
    partner: z.string(),
    currency: z.string(),
    gross: z.string(),
    withheld: z.string(),
    fee: z.string(),
    net: z.string(),
    method: Method,
    gateway: z.enum(GATEWAYS),
    /** `sent` is provisional; `settled` is final, unless the money comes back later. */
    status: z.enum(PAYOUT_STATUSES),
    statusReason: z.string().nullable(),
    /** Of a payout that failed, came back or waits to be claimed: who has to act, and how. */
    advice: z.object({ who: z.enum(ADVISED), text: z.string() }).nullable(),
    /** The failed or returned payout that this one is made in the place of. */
    replaces: z.string().nullable(),
    statusAt: z.string(),
    periodEnd: z.string(),
    createdAt: z.string(),
  })
  .openapi('Payout');

export const AttemptAnswer = z
  .object({
    attemptNo: z.int(),
    gateway: z.enum(GATEWAYS),
    /** The batch that asks for it; null of one that is asked for by itself. */
    batchId: z.string().nullable(),
    state: z.enum(ATTEMPT_STATES),
    /** The provider's own word for it. */
    word: z.string().nullable(),
    reason: z.string().nullable(),
    reference: z.string().nullable(),
    checkNumber: z.string().nullable(),
    debited: z.string().nullable(),
    fee: z.string().nullable(),
    returned: z.string().nullable(),
    /** Hex of the SHA-256 over what was sent. */
    requestHash: z.string(),
    submittedAt: z.string().nullable(),
    stateAt: z.string(),
  })
  .openapi('Attempt');

export const AttemptChange = z
  .object({
    attemptNo: z.int(),
    from: z.enum(ATTEMPT_STATES).nullable(),
    to: z.enum(ATTEMPT_STATES),
    word: z.string().nullable(),
    reason: z.string().nullable(),
    evidence: z.record(z.string(), z.unknown()),
    /** Whose word it is: of `people` the resolution says who they were and what they saw. */
    saidBy: z.enum(['us', 'provider', 'people']).nullable(),
    resolutionId: z.string().nullable(),
    at: z.string(),
  })
  .openapi('AttemptChange');

const PayoutDetail = PayoutAnswer.extend({
  lines: z.array(
    z.object({
      id: z.string(),
      program: z.string(),
      kind: z.string(),
      amount: z.string(),
      earningCount: z.int(),
      availableOn: z.string(),
      released: z.boolean(),
    }),
  ),
  /** For staff: how it was sent. */
  attempts: z.array(AttemptAnswer),
  history: z.array(AttemptChange),
}).openapi('PayoutDetail');

const ExplainedAnswer = z
  .object({
    line: z.string(),
    source: z.string(),
    eventId: z.string(),
    kind: z.string(),
    occurredAt: z.string(),
    incentive: z.string(),
    /** None of what came back and was given to the partner again: the explanation names the payout that it came from. */
    plan: z.string().nullable(),
    planVersion: z.int().nullable(),
    currency: z.string(),
    amount: z.string(),
    availableOn: z.string(),
    explanation: z.record(z.string(), z.unknown()),
  })
  .openapi('ExplainedEarning');

const PayoutsQuery = pageQuery(Uuid).extend({
  run: Uuid.optional(),
  partner: Code.optional(),
  status: z.enum(PAYOUT_STATUSES).optional(),
  method: Method.optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/payouts',
  tags: ['payouts'],
  summary: 'List the payouts',
  request: { query: PayoutsQuery },
  responses: { 200: answers(pageOf(PayoutAnswer), 'Payouts in the order of their ids') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}',
  tags: ['payouts'],
  summary: 'Get a payout and what happened to it',
  request: { params: UuidPath },
  responses: { 200: answers(PayoutDetail, 'The payout, with its lines and what happened to it') },
});

const ExplanationCursor = z.strictObject({ lineId: RowNumber, key: z.string().regex(/^[\x20-\x7e]{1,400}$/) });

const explain = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}/explanation',
  tags: ['payouts'],
  summary: 'Explain every cent of a payout',
  request: { params: UuidPath, query: pageQuery(ExplanationCursor) },
  responses: {
    200: answers(pageOf(ExplainedAnswer), 'Every cent of it: which event earned what, under which terms, and how'),
  },
});

export function payoutAnswer(payout: Payout) {
  const say = (minor: bigint) => formatDecimal(money(minor, payout.currency));
  return {
    id: payout.id,
    runId: payout.runId,
    partner: payout.partner,
    currency: payout.currency,
    gross: say(payout.gross),
    withheld: say(payout.withheld),
    fee: say(payout.fee),
    net: say(payout.net),
    method: payout.method,
    gateway: payout.gateway,
    status: payout.status,
    statusReason: payout.statusReason,
    advice: adviceFor(payout),
    replaces: payout.replacesId,
    statusAt: payout.statusAt.toISOString(),
    periodEnd: payout.periodEnd,
    createdAt: payout.createdAt.toISOString(),
  };
}

async function readLines(db: Database, payoutId: string) {
  const lines = await listPayoutLines(db, payoutId);
  return lines.map(({ id, minor, currency, releasedAt, ...line }) => ({
    id: String(id),
    program: line.program,
    kind: line.kind,
    amount: formatDecimal(money(minor, currency)),
    earningCount: line.earningCount,
    availableOn: line.availableOn,
    released: releasedAt !== null,
  }));
}

export async function readAttempts(db: Database, payoutId: string) {
  const attempts = await listAttempts(db, payoutId);
  return attempts.map(({ currency, ...attempt }) => {
    const say = (minor: bigint | null) => (minor === null ? null : formatDecimal(money(minor, currency)));
    return {
      attemptNo: attempt.attemptNo,
      gateway: attempt.gateway,
      batchId: attempt.batchId,
      state: attempt.state,
      word: attempt.word,
      reason: attempt.reason,
      reference: attempt.providerRef,
      checkNumber: attempt.checkNumber === null ? null : String(attempt.checkNumber),
      debited: say(attempt.debitedMinor),
      fee: say(attempt.debitFeeMinor),
      returned: say(attempt.returnedMinor),
      requestHash: attempt.requestHash,
      submittedAt: attempt.submittedAt?.toISOString() ?? null,
      stateAt: attempt.stateAt.toISOString(),
    };
  });
}

export async function readHistory(db: Database, payoutId: string) {
  const history = await listAttemptHistory(db, payoutId);
  return history.map((change) => ({ ...change, at: change.at.toISOString() }));
}

type Explained = Awaited<ReturnType<typeof listPayoutEarnings>>[number];

const explainedAnswer = ({ lineId, minor, currency, occurredAt, ...earning }: Explained) => ({
  ...earning,
  line: String(lineId),
  currency,
  amount: formatDecimal(money(minor, currency)),
  occurredAt: occurredAt.toISOString(),
});

const explainedKey = ({ lineId, source, eventId, incentive }: Explained) => ({
  lineId,
  key: `${source}/${eventId}/${incentive}`,
});

export const payoutRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, run, ...filter } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listPayouts(db, { ...filter, runId: run, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutAnswer }), 200);
    })
    .openapi(get, async (c) => {
      const payout = await getPayout(db, c.req.valid('param').id);
      onlyOwn(c, payout.partner, `payout ${payout.id}`);
      const isStaff = c.get('caller').role !== 'partner';
      const [lines, attempts, history] = await Promise.all([
        readLines(db, payout.id),
        isStaff ? readAttempts(db, payout.id) : [],
        isStaff ? readHistory(db, payout.id) : [],
      ]);
      return c.json({ ...payoutAnswer(payout), lines, attempts, history }, 200);
    })
    .openapi(explain, async (c) => {
      const { cursor = { lineId: 0n, key: '' }, limit } = c.req.valid('query');
      const payout = await getPayout(db, c.req.valid('param').id);
      onlyOwn(c, payout.partner, `payout ${payout.id}`);
      const read = (count: number) => listPayoutEarnings(db, payout.id, cursor, count);
      return c.json(await readPage(limit, read, { key: explainedKey, item: explainedAnswer }), 200);
    });
