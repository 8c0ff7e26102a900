import { createRoute, z } from '@hono/zod-openapi';

import { listAttemptHistory, listAttempts } from '../../../db/payouts/attempts.ts';
import type { Database } from '../../../db/database.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { getPayout, listPayouts, type Payout } from '../../../db/payouts/payouts.ts';
import { listPayoutLines } from '../../../db/payouts/lines.ts';
import { ACTORS as ADVISED, adviceFor } from '../../../domain/payouts/advice.ts';
import { ATTEMPT_STATES } from '../../../domain/payouts/attempt.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
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
    runId: fields.id('The run that it belongs to'),
    partner: fields.code('The code of the partner who is paid', 'paula'),
    currency: Currency,
    gross: fields.amount('What was earned', '130.00'),
    withheld: fields.amount('What is withheld as tax', '0.00'),
    fee: fields.amount('What the partner bears of the fee', '0.00'),
    net: fields.amount('What is paid: `gross` less `withheld` and `fee`', '130.00'),
    method: Method,
    gateway: fields.oneOf(GATEWAYS, 'The gateway that carries it', 'wise'),
    status: fields.oneOf(
      PAYOUT_STATUSES,
      'Where it is: `sent` is provisional, and `settled` is final unless the money comes back later',
      'settled',
    ),
    statusReason: fields
      .text("Why it failed, came back or was cancelled: the provider's code, or ours; otherwise null", 'ACCOUNT_CLOSED')
      .nullable(),
    advice: z
      .object({
        who: fields.oneOf(ADVISED, 'Who has to act', 'partner'),
        text: fields.text(
          'What is wrong, and what to do',
          'Your bank says that the account is closed: give us another one.',
        ),
      })
      .nullable()
      .meta({
        description:
          'For a payout that failed, came back or waits to be claimed: who has to act, and how; otherwise null',
      }),
    replaces: fields.id('The failed or returned payout that this one stands in for; otherwise null').nullable(),
    statusAt: fields.at('Since when it has had its status'),
    periodEnd: fields.day('The end of the period of its run: the date of the cut-off'),
    createdAt: fields.at('When it was drafted'),
  })
  .openapi('Payout');

export const AttemptBody = z
  .object({
    attemptNo: fields.count('The number of the attempt, from 1 on', 1),
    gateway: fields.oneOf(GATEWAYS, 'The gateway that was asked', 'paypal'),
    batchId: fields.id('The batch that asks for it; null where it is asked for alone').nullable(),
    state: fields.oneOf(ATTEMPT_STATES, 'How far it is', 'accepted'),
    word: fields.text("The provider's own word for its state; null where it has said none", 'PENDING').nullable(),
    reason: fields
      .text("Why it failed or waits: the provider's code, or ours; otherwise null", 'RECEIVER_UNREGISTERED')
      .nullable(),
    reference: fields.text("The provider's id of the payment; null until it has told one", '50000042').nullable(),
    checkNumber: fields.rowNumber('The number of the check; null where it is none', '1001').nullable(),
    debited: fields
      .amountOf('the payout', 'What left our balance, without the fee; null until the provider says')
      .nullable(),
    fee: fields
      .amountOf('the payout', 'What the provider charged for it; null until the provider says', '1.10')
      .nullable(),
    returned: fields.amountOf('the payout', 'What came back; null where nothing did').nullable(),
    requestHash: fields.text(
      'The SHA-256 in hexadecimal of the request that was sent',
      '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ),
    submittedAt: fields.at('When the provider was asked first; null until then').nullable(),
    stateAt: fields.at('Since when it has been in its state'),
  })
  .openapi('Attempt');

export const AttemptChange = z
  .object({
    attemptNo: fields.count('The number of the attempt', 1),
    from: fields.oneOf(ATTEMPT_STATES, 'The state before; null for the first', 'submitted').nullable(),
    to: fields.oneOf(ATTEMPT_STATES, 'The state after', 'accepted'),
    word: fields.text("The provider's own word; null where it said none", 'PENDING').nullable(),
    reason: fields.text("The provider's code, or ours, for why; otherwise null", 'RECEIVER_UNREGISTERED').nullable(),
    evidence: fields.facts('What the change rests on, such as the trace ids of the provider', {
      traceId: '80d9d6b7c3f1e',
    }),
    saidBy: fields
      .oneOf(
        ['us', 'provider', 'people'],
        'Who said so; for `people` the resolution names them. Null where that is not known',
        'provider',
      )
      .nullable(),
    resolutionId: fields.id('The resolution by which people said so; otherwise null').nullable(),
    at: fields.at('When it changed'),
  })
  .openapi('AttemptChange');

const PayoutDetail = PayoutBody.extend({
  lines: z
    .array(
      z.object({
        id: fields.rowNumber('The number of the line', '1042'),
        program: fields.code('The code of the program that pays it', 'resale'),
        kind: fields.text('Where it comes from: `earned`, `reversed` by a refund, or money that came back', 'earned'),
        amount: fields.amountOf('the payout', 'The amount of the line; below zero for a reversal'),
        earningCount: fields.count('How many earnings it sums up', 17),
        availableOn: fields.day('When its earnings were free'),
        released: z.boolean().meta({ description: 'Whether the line is free again for another payout' }),
      }),
    )
    .meta({ description: 'What it pays, line by line' }),
  attempts: z.array(AttemptBody).meta({ description: 'How it was sent; empty for a key of the role `partner`' }),
  history: z
    .array(AttemptChange)
    .meta({ description: 'Each change of its attempts, the oldest first; empty for a key of the role `partner`' }),
}).openapi('PayoutDetail');

const PayoutsQuery = pageQuery(Uuid).extend({
  run: Uuid.meta({
    description: 'Only payouts of this run',
    examples: ['019c8d2e-7b1a-7c3d-9e4f-1a2b3c4d5e6f'],
  }).optional(),
  partner: Code.meta({ description: 'Only payouts of this partner', examples: ['paula'] }).optional(),
  status: fields.oneOf(PAYOUT_STATUSES, 'Only payouts with this status', 'failed').optional(),
  method: Method.meta({ description: 'Only payouts by this method', examples: ['check'] }).optional(),
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
  summary: 'Get a payout and what happened to it',
  request: { params: UuidPath },
  responses: { 200: answers(PayoutDetail, 'The payout, with its lines and what happened to it.') },
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
      return c.json({ ...payoutBody(payout), lines, attempts, history }, 200);
    });
