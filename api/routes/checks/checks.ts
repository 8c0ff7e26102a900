import { createRoute, z } from '@hono/zod-openapi';

import { spoilCheckNumbers } from '../../../commands/checks/accounts.ts';
import { decideException } from '../../../commands/checks/exceptions.ts';
import { type CheckStop, listStops } from '../../../db/checks/stops.ts';
import { requestRenewal, requestStop } from '../../../commands/checks/stops.ts';
import { getPayoutStart } from '../../../db/payouts/starts.ts';
import { type Check, getPayoutCheck, listChecks } from '../../../db/checks/checks.ts';
import type { Database } from '../../../db/database.ts';
import { getPayer } from '../../../db/payers/payers.ts';
import { CHECK_STATES, checkClock, EXCEPTION_DECISIONS } from '../../../domain/checks/check.ts';
import { Code } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { wakeCheckDesk, wakePayout } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import {
  answers,
  CodePath,
  jsonBody,
  Ordinal,
  pageOf,
  pageQuery,
  Reason,
  RowNumber,
  UuidPath,
} from '../../http/schemas.ts';
import { wakeQuietly } from '../../http/wake.ts';

const CheckAnswer = z
  .object({
    payer: z.string(),
    /** A name of the account; its number is never shown. */
    account: z.string(),
    number: z.string(),
    /** `spoiled`: no check of ours has this number; else how far the attempt came that drew it. */
    state: z.enum(CHECK_STATES),
    word: z.string().nullable(),
    payout: z.string().nullable(),
    partner: z.string().nullable(),
    gateway: z.enum(GATEWAYS).nullable(),
    currency: z.string().nullable(),
    amount: z.string().nullable(),
    spoiledBecause: z.string().nullable(),
    recordedBy: z.string().nullable(),
    issuedAt: z.string(),
    /** The date on it. */
    datedOn: z.string().nullable(),
    /** When the bank acknowledged that it was issued; nobody prints or mails it before. */
    acknowledgedAt: z.string().nullable(),
    sentAt: z.string().nullable(),
    clearedAt: z.string().nullable(),
    /** When the bank confirmed that it pays it no more. */
    deadAt: z.string().nullable(),
    staleOn: z.string().nullable(),
    dueDiligenceOn: z.string().nullable(),
    dormantOn: z.string().nullable(),
  })
  .openapi('Check');

const StopAnswer = z
  .object({
    id: z.string(),
    renews: z.string().nullable(),
    requestedBy: z.string(),
    reason: z.string(),
    requestedAt: z.string(),
    /** What the bank said: null while it has not, `already_paid` where it was too late. */
    outcome: z.enum(['stopped', 'already_paid']).nullable(),
    outcomeAt: z.string().nullable(),
    /** The day on which the stop lapses, unless it is renewed; where the number is void the check stays dead. */
    expiresOn: z.string().nullable(),
    isVoid: z.boolean().nullable(),
  })
  .openapi('CheckStop');

const CheckDetail = CheckAnswer.extend({ stops: z.array(StopAnswer) }).openapi('CheckDetail');

const CheckCursor = z.strictObject({ accountId: Ordinal, number: RowNumber });

const list = createRoute({
  method: 'get',
  path: '/v1/checks',
  tags: ['checks'],
  summary: 'List the check register',
  request: {
    query: pageQuery(CheckCursor).extend({
      payer: Code.optional(),
      state: z.enum(CHECK_STATES).optional(),
      number: RowNumber.optional(),
    }),
  },
  responses: { 200: answers(pageOf(CheckAnswer), 'Every number that is used, in their order, account by account') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}/check',
  tags: ['checks'],
  summary: 'Get the check of a payout',
  request: { params: UuidPath },
  responses: { 200: answers(CheckDetail, 'The check, and what the bank was asked about it') },
});

const WhyBody = jsonBody(z.strictObject({ reason: Reason }));

const stop = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/check/stop',
  tags: ['checks'],
  summary: 'Stop the payment of a check',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(CheckDetail, 'Asked for; the bank is told next, and its answer is with the check'),
    409: problemResponse('The check is not out, or its stop was asked for already'),
  },
});

const renew = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/check/stop/renew',
  tags: ['checks'],
  summary: 'Renew the stop of a check',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(CheckDetail, 'Asked for; the bank is told next, and its answer is with the check'),
    409: problemResponse('No stop of the check is in force, or its renewal was asked for already'),
  },
});

const NUMBERS_MAX = 10_000;
const CheckNumber = z.int().min(1).max(9_999_999_999);

const SpoiledBody = z
  .strictObject({ from: CheckNumber, to: CheckNumber, reason: Reason })
  .refine(({ from, to }) => to >= from && to - from < NUMBERS_MAX, {
    path: ['to'],
    error: `is before from, or more than ${NUMBERS_MAX} numbers`,
  });

const SpoiledAnswer = z.object({ payer: z.string(), from: z.string(), to: z.string(), reason: z.string() });

const spoil = createRoute({
  method: 'post',
  path: '/v1/payers/{code}/checks/spoiled',
  tags: ['checks'],
  summary: 'Record check numbers that no check of ours has',
  request: { params: CodePath, body: jsonBody(SpoiledBody) },
  responses: {
    201: answers(
      SpoiledAnswer,
      'Recorded, both ends included: paper that is damaged or lost, or numbers used elsewhere',
    ),
    409: problemResponse('One of the numbers is in the register'),
  },
});

const DecisionAnswer = z.object({
  id: z.string(),
  number: z.string(),
  decision: z.enum(EXCEPTION_DECISIONS).nullable(),
  payout: z.string().nullable(),
  decideBy: z.string(),
});

const decide = createRoute({
  method: 'post',
  path: '/v1/check-exceptions/{id}/decision',
  tags: ['checks'],
  summary: 'Decide about a check that the bank asks about',
  request: {
    params: UuidPath.extend({ id: UuidPath.shape.id.openapi({ description: 'The id of its task' }) }),
    body: jsonBody(z.strictObject({ decision: z.enum(EXCEPTION_DECISIONS), reason: Reason })),
  },
  responses: {
    200: answers(DecisionAnswer, 'Recorded; the bank is told next'),
    403: problemResponse('Only an approver whom it does not pay may have a check paid'),
    409: problemResponse('It is decided already, or by our register the bank must not pay it'),
  },
});

const moment = (at: Date | null): string | null => at?.toISOString() ?? null;

function checkAnswer(check: Check) {
  const { accountRef, number, currency, minor, payoutId, issuedAt } = check;
  const { payer, state, word, partner, gateway, spoiledBecause, recordedBy, datedOn } = check;
  return {
    payer,
    account: accountRef,
    number: String(number),
    state,
    word,
    payout: payoutId,
    partner,
    gateway,
    currency,
    amount: currency && minor !== null ? formatDecimal(money(minor, currency)) : null,
    spoiledBecause,
    recordedBy,
    issuedAt: issuedAt.toISOString(),
    datedOn,
    acknowledgedAt: moment(check.acknowledgedAt),
    sentAt: moment(check.sentAt),
    clearedAt: moment(check.clearedAt),
    deadAt: moment(check.deadAt),
    ...checkClock(check, check.dormancyYears),
  };
}

const stopAnswer = ({ id, renewsId, requestedAt, outcomeAt, ...said }: CheckStop) => ({
  id,
  renews: renewsId,
  requestedBy: said.requestedBy,
  reason: said.reason,
  requestedAt: requestedAt.toISOString(),
  outcome: said.outcome,
  outcomeAt: moment(outcomeAt),
  expiresOn: said.expiresOn,
  isVoid: said.isVoid,
});

async function readCheck(db: Database, payoutId: string) {
  const check = await getPayoutCheck(db, payoutId);
  return { ...checkAnswer(check), stops: (await listStops(db, payoutId)).map(stopAnswer) };
}

export const checkRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const key = ({ accountId, number }: Check) => ({ accountId, number });
      return c.json(
        await readPage(limit, (count) => listChecks(db, filter, cursor, count), { key, item: checkAnswer }),
        200,
      );
    })
    .openapi(get, async (c) => c.json(await readCheck(db, c.req.valid('param').id), 200))
    .openapi(stop, async (c) => {
      const { id } = c.req.valid('param');
      await requestStop(db, { payoutId: id, reason: c.req.valid('json').reason, by: c.get('caller').actorId });
      const payout = await getPayoutStart(db, id);
      await wakeQuietly({ temporal, log }, { payout: id }, () => wakePayout(temporal, payout));
      return c.json(await readCheck(db, id), 200);
    })
    .openapi(renew, async (c) => {
      const { id } = c.req.valid('param');
      await requestRenewal(db, { payoutId: id, reason: c.req.valid('json').reason, by: c.get('caller').actorId });
      await wakeQuietly({ temporal, log }, { payout: id }, () => wakeCheckDesk(temporal));
      return c.json(await readCheck(db, id), 200);
    })
    .openapi(spoil, async (c) => {
      const { from, to, reason } = c.req.valid('json');
      const payer = await getPayer(db, c.req.valid('param').code);
      await spoilCheckNumbers(db, payer, { from: BigInt(from), to: BigInt(to), reason, by: c.get('caller').actorId });
      return c.json({ payer: payer.code, from: String(from), to: String(to), reason }, 201);
    })
    .openapi(decide, async (c) => {
      const { id } = c.req.valid('param');
      const { actorId, role } = c.get('caller');
      const decided = await decideException(db, id, { ...c.req.valid('json'), by: actorId, role });
      await wakeQuietly({ temporal, log }, { task: id }, () => wakeCheckDesk(temporal));
      const { number, decision, payoutId, decideBy } = decided;
      const answer = { id, number: String(number), decision, payout: payoutId, decideBy: decideBy.toISOString() };
      return c.json(answer, 200);
    });
