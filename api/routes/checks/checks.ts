import { createRoute, z } from '@hono/zod-openapi';

import { spoilCheckNumbers } from '../../../commands/checks/accounts.ts';
import { type CheckStop, listStops } from '../../../db/checks/stops.ts';
import { requestRenewal, requestStop } from '../../../commands/checks/stops.ts';
import { getPayoutStart } from '../../../db/payouts/starts.ts';
import { type Check, getPayoutCheck, listChecks } from '../../../db/checks/checks.ts';
import type { Database } from '../../../db/database.ts';
import { getPayer } from '../../../db/payers/payers.ts';
import { CHECK_STATES, checkClock } from '../../../domain/checks/check.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { wakeCheckDesk, wakePayout } from '../../../temporal/starts.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
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

const CheckBody = z
  .object({
    payer: fields.code('The code of the payer whose account the check is drawn on', 'acme'),
    account: fields.text('The name of the account; its number is never shown', 'Operating account'),
    number: fields.rowNumber('The number on the check', '1001'),
    state: fields.oneOf(
      CHECK_STATES,
      'The state of the attempt that drew the number; `spoiled` if no check of ours has it',
      'accepted',
    ),
    word: fields
      .text("The bank's or the printer's own name for the state; null if it has named none", 'acknowledged')
      .nullable(),
    payout: fields.id('The payout that the check pays; null for a spoiled number').nullable(),
    partner: fields.code('The code of the partner who is paid; null for a spoiled number', 'paula').nullable(),
    gateway: fields
      .oneOf(GATEWAYS, 'The gateway that prints the check; null for a spoiled number', 'printed-check')
      .nullable(),
    currency: fields.orNull(Currency, 'The currency of the check; null for a spoiled number'),
    amount: fields.amount('The amount that the check is written for; null for a spoiled number').nullable(),
    spoiledBecause: fields
      .text('The reason why no check of ours has the number; null for a number that a check has', 'Torn by the printer')
      .nullable(),
    recordedBy: fields
      .code('The person who recorded the spoiled number; null for a number that a check has', 'olga')
      .nullable(),
    issuedAt: fields.at('When the number was drawn or recorded'),
    datedOn: fields.day('The date on the check; null for a spoiled number').nullable(),
    acknowledgedAt: fields
      .at(
        'When the bank acknowledged that the check was issued; null until then. Nobody prints or mails the check before that',
      )
      .nullable(),
    sentAt: fields.at('When we learned that the check was printed or in the post; null until then').nullable(),
    clearedAt: fields.at('When we learned that the bank had paid the check; null until then').nullable(),
    deadAt: fields.at('When the bank confirmed that it will never pay the check; null until then').nullable(),
    staleOn: fields.day('The day on which the check becomes stale; null unless it is out', '2026-08-28').nullable(),
    dueDiligenceOn: fields
      .day('The day by which you should write to the payee; null once nobody is owed the money', '2028-09-01')
      .nullable(),
    dormantOn: fields
      .day('The day on which the check is presumed abandoned; null once nobody is owed the money', '2029-03-01')
      .nullable(),
  })
  .openapi('Check');

const StopBody = z
  .object({
    id: fields.id('The id of the stop'),
    renews: fields.id('The stop that this one renews; null for the first').nullable(),
    requestedBy: fields.code('The person who asked for the stop', 'olga'),
    reason: fields.text('The reason for the stop', 'The post returned the check'),
    requestedAt: fields.at('When the person asked for the stop'),
    outcome: fields
      .oneOf(
        ['stopped', 'already_paid'],
        'The reply of the bank; `already_paid` if the stop came too late; null until the bank replies',
        'stopped',
      )
      .nullable(),
    outcomeAt: fields.at('When the bank replied; null until then').nullable(),
    expiresOn: fields
      .day('The day on which the stop lapses unless it is renewed; null if the bank named none', '2026-09-01')
      .nullable(),
    isVoid: z.boolean().nullable().meta({
      description:
        'Whether the bank has voided the number, so that the check stays dead when the stop lapses; null until the bank says so',
    }),
  })
  .openapi('CheckStop');

const CheckDetail = CheckBody.extend({
  stops: z.array(StopBody).meta({ description: 'The stops that people asked for, the oldest first' }),
}).openapi('CheckDetail');

const CheckCursor = z.strictObject({ accountId: Ordinal, number: RowNumber });

const list = createRoute({
  method: 'get',
  path: '/v1/checks',
  tags: ['checks'],
  summary: 'List the check register',
  request: {
    query: pageQuery(CheckCursor).extend({
      payer: Code.optional(),
      state: fields.oneOf(CHECK_STATES, 'Lists only numbers in this state', 'accepted').optional(),
      number: RowNumber.openapi({ description: 'Lists only this number', examples: ['1001'] }).optional(),
    }),
  },
  responses: { 200: answers(pageOf(CheckBody), 'The numbers that are used, in ascending order, account by account.') },
});

const get = createRoute({
  method: 'get',
  path: '/v1/payouts/{id}/check',
  tags: ['checks'],
  summary: 'Get the check of a payout',
  request: { params: UuidPath },
  responses: { 200: answers(CheckDetail, 'The check, and the stops that the bank was asked for.') },
});

const WhyBody = jsonBody(z.strictObject({ reason: Reason }).openapi('CheckReason'));

const stop = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/check/stop',
  tags: ['checks'],
  summary: 'Stop the payment of a check',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(
      CheckDetail,
      'The request was recorded. Bursar tells the bank next, and shows its reply with the check.',
    ),
    409: problemResponse('The check is not out, or somebody has already asked for its stop. Nothing was recorded.'),
  },
});

const renew = createRoute({
  method: 'post',
  path: '/v1/payouts/{id}/check/stop/renew',
  tags: ['checks'],
  summary: 'Renew the stop of a check',
  request: { params: UuidPath, body: WhyBody },
  responses: {
    200: answers(
      CheckDetail,
      'The request was recorded. Bursar tells the bank next, and shows its reply with the check.',
    ),
    409: problemResponse(
      'No stop of the check is in force, or somebody has already asked for its renewal. Nothing was recorded.',
    ),
  },
});

const NUMBERS_MAX = 10_000;
const CheckNumber = z.int().min(1).max(9_999_999_999);
const first = { description: 'The first number', examples: [1001] };
const last = { description: 'The last number; it is spoiled too', examples: [1003] };

const NewSpoiledBody = z
  .strictObject({
    from: CheckNumber.meta(first),
    to: CheckNumber.meta(last),
    reason: Reason.meta({
      description: 'The reason why no check of ours has these numbers',
      examples: ['Torn by the printer'],
    }),
  })
  .refine(({ from, to }) => to >= from && to - from < NUMBERS_MAX, {
    path: ['to'],
    error: `is before from, or more than ${NUMBERS_MAX} numbers`,
  })
  .openapi('NewSpoiledChecks');

const SpoiledBody = z
  .object({
    payer: fields.code('The code of the payer', 'acme'),
    from: fields.rowNumber(first.description, '1001'),
    to: fields.rowNumber(last.description, '1003'),
    reason: fields.text('The reason why no check of ours has these numbers', 'Torn by the printer'),
  })
  .openapi('SpoiledChecks');

const spoil = createRoute({
  method: 'post',
  path: '/v1/payers/{code}/checks/spoiled',
  operationId: 'recordSpoiledChecks',
  tags: ['checks'],
  summary: 'Record spoiled check numbers',
  description:
    'Records numbers that no check of ours has, because the paper was damaged or lost or the numbers were used elsewhere.',
  request: { params: CodePath, body: jsonBody(NewSpoiledBody) },
  responses: {
    201: answers(SpoiledBody, 'The numbers were recorded, both ends included.'),
    409: problemResponse('One of the numbers is already in the register. None was recorded.'),
  },
});

const moment = (at: Date | null): string | null => at?.toISOString() ?? null;

function checkBody(check: Check) {
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

const stopBody = ({ id, renewsId, requestedAt, outcomeAt, ...said }: CheckStop) => ({
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
  return { ...checkBody(check), stops: (await listStops(db, payoutId)).map(stopBody) };
}

export const checkRoutes = ({ db, temporal, log }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit, ...filter } = c.req.valid('query');
      const key = ({ accountId, number }: Check) => ({ accountId, number });
      return c.json(
        await readPage(limit, (count) => listChecks(db, filter, cursor, count), { key, item: checkBody }),
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
    });
