import { createRoute, z } from '@hono/zod-openapi';

import { listAttemptHistory, listAttempts } from '../../../db/payouts/attempts.ts';
import type { Database } from '../../../db/database.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { listPayouts } from '../../../db/payouts/pages.ts';
import { getPayout, type Payout } from '../../../db/payouts/payouts.ts';
import { listPayoutLines } from '../../../db/payouts/lines.ts';
import { ACTORS as ADVISED, adviceFor } from '../../../domain/payouts/advice.ts';
import { ATTEMPT_STATES } from '../../../domain/payouts/attempt.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { WAITS, waitsFor } from '../../../domain/runs/waiting.ts';
import { readWaiting } from '../../../db/runs/waiting.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { PAYOUT_STATUSES } from '../../../domain/payouts/payout.ts';
import { onlyOwn } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, Method, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';

export const PayoutBody = z
  .object({
    id: fields.id('The id of the payout'),
    runId: fields.id('The id of the run that the payout belongs to'),
    partner: fields.code('The code of the partner who is paid', 'paula'),
    currency: Currency,
    gross: fields.amount('The amount earned', '130.00'),
    withheld: fields.amount('The amount withheld as tax', '0.00'),
    fee: fields.amount('The part of the fee that the partner bears', '0.00'),
    net: fields.amount('The amount paid: `gross` less `withheld` and `fee`', '130.00'),
    method: Method,
    gateway: fields.oneOf(GATEWAYS, 'The gateway that carries out the payout', 'wise'),
    status: fields.oneOf(
      PAYOUT_STATUSES,
      'The status of the payout; `sent` is provisional, and `settled` is final unless the money comes back later',
      'settled',
    ),
    statusReason: fields
      .text(
        "The reason why it failed, came back or was cancelled: the provider's code, or ours; otherwise null",
        'ACCOUNT_CLOSED',
      )
      .nullable(),
    advice: z
      .object({
        who: fields.oneOf(ADVISED, 'The party that has to act', 'partner'),
        text: fields.text(
          'The problem, and what to do about it',
          'Your bank says that the account is closed: give us another one.',
        ),
      })
      .nullable()
      .meta({
        description: 'The next step for a payout that failed, came back or waits to be claimed; otherwise null',
      }),
    replaces: fields.id('The id of the failed or returned payout that this one replaces; otherwise null').nullable(),
    statusAt: fields.at('When the payout got its status'),
    periodEnd: fields.day('The end of the period of the run: the date of the cut-off'),
    createdAt: fields.at('When the payout was drafted'),
  })
  .openapi('Payout');

export const AttemptBody = z
  .object({
    attemptNo: fields.count('The number of the attempt, counted from 1', 1),
    gateway: fields.oneOf(GATEWAYS, 'The gateway that was asked', 'paypal'),
    batchId: fields.id('The id of the batch that requests it; null if it is requested on its own').nullable(),
    state: fields.oneOf(ATTEMPT_STATES, 'The state of the attempt', 'accepted'),
    word: fields.text("The provider's own name for the state; null if it has named none", 'PENDING').nullable(),
    reason: fields
      .text("The reason why it failed or waits: the provider's code, or ours; otherwise null", 'RECEIVER_UNREGISTERED')
      .nullable(),
    reference: fields
      .text("The provider's id of the payment; null until the provider gives one", '50000042')
      .nullable(),
    checkNumber: fields.rowNumber('The number of the check; null if it is not a check', '1001').nullable(),
    debited: fields
      .amountOf('the payout', 'The amount that left our balance, without the fee; null until the provider reports it')
      .nullable(),
    fee: fields
      .amountOf('the fee', 'The fee that the provider charged; null until the provider reports it', '1.10')
      .nullable(),
    feeCurrency: fields
      .text("The currency of the fee, which may be another one than the payout's; null while there is no fee", 'USD')
      .nullable(),
    returned: fields.amountOf('the payout', 'The amount that came back; null if nothing did').nullable(),
    requestHash: fields.text(
      'The SHA-256 in hexadecimal of the request that was sent',
      '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ),
    submittedAt: fields.at('When Bursar first asked the provider; null until then').nullable(),
    stateAt: fields.at('When the attempt entered its state'),
  })
  .openapi('Attempt');

export const AttemptChange = z
  .object({
    attemptNo: fields.count('The number of the attempt', 1),
    from: fields
      .oneOf(ATTEMPT_STATES, 'The state before the change; null for the first change', 'submitted')
      .nullable(),
    to: fields.oneOf(ATTEMPT_STATES, 'The state after the change', 'accepted'),
    word: fields.text("The provider's own name for the state; null if it named none", 'PENDING').nullable(),
    reason: fields
      .text("The reason for the change: the provider's code, or ours; otherwise null", 'RECEIVER_UNREGISTERED')
      .nullable(),
    evidence: fields.facts('The evidence for the change, such as the trace ids of the provider', {
      traceId: '80d9d6b7c3f1e',
    }),
    saidBy: fields
      .oneOf(
        ['us', 'provider', 'people'],
        'The source of the change; null if it is not known. For `people`, the resolution names them',
        'provider',
      )
      .nullable(),
    resolutionId: fields.id('The id of the resolution by which people made the change; otherwise null').nullable(),
    at: fields.at('When the attempt changed'),
  })
  .openapi('AttemptChange');

const WaitBody = z
  .object({
    reason: fields.oneOf(WAITS, 'The reason for which the payout waits', 'approval'),
    since: fields.at('Since when it waits'),
    words: fields.text(
      'The same in words; a key of the role `partner` does not see why we hold it',
      'It waits for approval since 2026-11-12. Nothing was sent.',
    ),
  })
  .openapi('PayoutWait');

const PayoutDetail = PayoutBody.extend({
  waitsFor: fields.orNull(WaitBody, 'The reason for which the payout waits; null once it is over'),
  lines: z
    .array(
      z.object({
        id: fields.rowNumber('The number of the line', '1042'),
        program: fields.code('The code of the program that pays the line', 'resale'),
        kind: fields.text(
          'The origin of the line: `earned`, `reversed` by a refund, or money that came back',
          'earned',
        ),
        amount: fields.amountOf('the payout', 'The amount of the line; below zero for a reversal'),
        earningCount: fields.count('The number of earnings in the line', 17),
        availableOn: fields.day('The day from which its earnings were free'),
        released: z.boolean().meta({ description: 'Whether the line is free again for another payout' }),
      }),
    )
    .meta({ description: 'The lines that the payout pays' }),
  attempts: z
    .array(AttemptBody)
    .meta({ description: 'The attempts to send the payout; empty for a key of the role `partner`' }),
  history: z
    .array(AttemptChange)
    .meta({ description: 'The changes of its attempts, the oldest first; empty for a key of the role `partner`' }),
}).openapi('PayoutDetail');

const PayoutsQuery = pageQuery(Uuid).extend({
  run: Uuid.meta({
    description: 'Lists only payouts of this run',
    examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
  }).optional(),
  partner: Code.meta({ description: 'Lists only payouts of this partner', examples: ['paula'] }).optional(),
  status: fields.oneOf(PAYOUT_STATUSES, 'Lists only payouts with this status', 'failed').optional(),
  method: Method.meta({ description: 'Lists only payouts by this method', examples: ['check'] }).optional(),
});

const list = createRoute({
  method: 'get',
  path: '/v1/payouts',
  tags: ['payouts'],
  summary: 'List the payouts',
  request: { query: PayoutsQuery },
  responses: {
    200: answers(pageOf(PayoutBody), 'The payouts, in the order of their ids.'),
    404: problemResponse('There is no such partner.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}',
  tags: ['payouts'],
  summary: 'Get a payout and its history',
  request: { params: UuidPath },
  responses: { 200: answers(PayoutDetail, 'The payout, with its lines, its attempts and their history.') },
});

export function payoutBody(payout: Payout) {
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
    const say = (minor: bigint | null, of = currency) => (minor === null ? null : formatDecimal(money(minor, of)));
    const feeCurrency = attempt.debitFeeCurrency ?? currency;
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
      fee: say(attempt.debitFeeMinor, feeCurrency),
      feeCurrency: attempt.debitFeeMinor === null ? null : feeCurrency,
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

export const payoutRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, run, ...filter } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listPayouts(db, { ...filter, runId: run, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: payoutBody }), 200);
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
      const wait = waitsFor(await readWaiting(db, payout.id), isStaff ? 'staff' : 'partner');
      const waits = wait && { ...wait, since: wait.since.toISOString() };
      return c.json({ ...payoutBody(payout), waitsFor: waits, lines, attempts, history }, 200);
    });
