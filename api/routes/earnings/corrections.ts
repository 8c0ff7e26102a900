import { createRoute, z } from '@hono/zod-openapi';

import { ITEMS_MAX, proposeCorrection, proposeWriteOff } from '../../../commands/earnings/correction-proposals.ts';
import { decideCorrection } from '../../../commands/earnings/corrections.ts';
import type { Database } from '../../../db/database.ts';
import {
  type Correction,
  type CorrectionItemRow,
  getCorrection,
  listCorrectionItems,
  listCorrections,
  listCorrectionTotals,
} from '../../../db/earnings/corrections.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { CORRECTION_KINDS, CORRECTION_STATUSES } from '../../../domain/earnings/correction.ts';
import { Code, Currency } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, jsonBody, Ordinal, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { itemsOf, NewCorrectionBody } from './new-corrections.ts';

const CorrectionBody = z
  .object({
    id: fields.id('The id of the correction'),
    kind: fields.oneOf(
      CORRECTION_KINDS,
      'The kind of correction; `batch` if it came as a file, `merge` if two partners become one',
      'deduction',
    ),
    status: fields.oneOf(
      CORRECTION_STATUSES,
      'The status of the correction. Only a confirmed correction counts, and it is in the books',
      'proposed',
    ),
    reason: fields.text('The reason, which the partner reads too', 'Chargeback fee for order 1001'),
    reference: fields.text('Where the evidence is; null if nobody said so', 'ticket 4711').nullable(),
    merged: fields.code('The code of the partner who is merged; null for other kinds', 'paula-old').nullable(),
    into: fields.code('The code of the partner who goes on after a merge; null for other kinds', 'paula').nullable(),
    itemCount: fields.count('The number of its items. The two sides of a transfer are two items', 1),
    proposedBy: fields.code('The person who proposed it', 'olga'),
    proposedAt: fields.at('When it was proposed'),
    decidedBy: fields.code('The person who decided it; null until then', 'anna').nullable(),
    decidedAt: fields.at('When it was decided; null until then').nullable(),
    note: fields.text('The note of the person who decided; null if there is none', 'I read the ticket.').nullable(),
  })
  .openapi('Correction');

const ItemBody = z
  .object({
    no: fields.count('The number of the item within the correction, from 1 on', 1),
    partner: fields.code("The partner's code", 'paula'),
    program: fields.code('The program that the amount belongs to', 'resale'),
    currency: Currency,
    amount: fields.amount('The amount that is added; below zero if it is taken', '-15.00'),
    availableOn: fields.day('The day from which it counts'),
    reason: fields
      .text('The reason of this item alone; null if it is that of the correction', 'Chargeback fee')
      .nullable(),
  })
  .openapi('CorrectionItem');

export const CorrectionDetailBody = CorrectionBody.extend({
  totals: z
    .array(
      z.object({
        currency: Currency,
        amount: fields.amount('The sum of the items; 0 for a transfer', '-15.00'),
        items: fields.count('The number of items in this currency', 1),
      }),
    )
    .meta({ description: 'The sum of the items in each currency' }),
  items: z.array(ItemBody).meta({ description: `The items in their order, up to ${ITEMS_MAX}` }),
}).openapi('CorrectionDetail');

const propose = createRoute({
  method: 'post',
  path: '/v1/corrections',
  operationId: 'proposeCorrection',
  tags: ['corrections'],
  summary: 'Propose a credit, a deduction, a transfer or a write-off',
  request: { body: jsonBody(NewCorrectionBody) },
  responses: {
    201: answers(CorrectionDetailBody, 'The proposal was recorded. Nothing counts until another person confirms it.'),
    403: problemResponse('You are paid through a partner whom it is about. Nothing was recorded.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/corrections',
  tags: ['corrections'],
  summary: 'List the corrections',
  request: {
    query: pageQuery(Uuid).extend({
      status: fields.oneOf(CORRECTION_STATUSES, 'Lists only corrections with this status', 'proposed').optional(),
      kind: fields.oneOf(CORRECTION_KINDS, 'Lists only corrections of this kind', 'deduction').optional(),
      partner: Code.meta({ description: 'Lists only corrections about this partner', examples: ['paula'] }).optional(),
    }),
  },
  responses: {
    200: answers(pageOf(CorrectionBody), 'The corrections, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/corrections/{id}',
  tags: ['corrections'],
  summary: 'Get a correction',
  request: { params: UuidPath },
  responses: { 200: answers(CorrectionDetailBody, 'The correction with its items.') },
});

const listItems = createRoute({
  method: 'get',
  path: '/v1/corrections/{id}/items',
  tags: ['corrections'],
  summary: 'List the items of a correction',
  request: { params: UuidPath, query: pageQuery(Ordinal) },
  responses: { 200: answers(pageOf(ItemBody), 'The items, in the order of their numbers.') },
});

const DecisionBody = z
  .strictObject({
    decision: fields.oneOf(['confirm', 'refuse'], 'Your decision about the proposal', 'confirm'),
    note: Reason.meta({
      description: 'A note for the people who read the decision later',
      examples: ['I read the ticket.'],
    }).optional(),
  })
  .openapi('CorrectionDecision');

const decide = createRoute({
  method: 'post',
  path: '/v1/corrections/{id}/decision',
  tags: ['corrections'],
  summary: 'Confirm or refuse a correction',
  request: { params: UuidPath, body: jsonBody(DecisionBody) },
  responses: {
    200: answers(CorrectionDetailBody, 'The decision was recorded. A confirmed correction is in the books.'),
    403: problemResponse(
      'You, or a person who gave you your role, proposed it, or you are paid through a partner whom it is about. Nothing was recorded.',
    ),
    409: problemResponse(
      'The correction is decided already, or the balance that it writes off has changed. Nothing was recorded.',
    ),
  },
});

const correctionBody = ({ mergedId: _m, intoId: _i, proposedById: _p, ...correction }: Correction) => ({
  ...correction,
  proposedAt: correction.proposedAt.toISOString(),
  decidedAt: correction.decidedAt?.toISOString() ?? null,
});

const itemBody = ({ no, partner, program, currency, minor, availableOn, reason }: CorrectionItemRow) => ({
  no,
  partner,
  program,
  currency,
  amount: formatDecimal(money(minor, currency)),
  availableOn,
  reason,
});

/** A correction with its sums and its first items. */
export async function correctionDetail(db: Database, correction: Correction) {
  const totals = await listCorrectionTotals(db, correction.id);
  const items = await listCorrectionItems(db, correction.id, 0, ITEMS_MAX);
  return {
    ...correctionBody(correction),
    totals: totals.map(({ currency, minor, count }) => ({
      currency,
      amount: formatDecimal(money(minor, currency)),
      items: count,
    })),
    items: items.map(itemBody),
  };
}

/** People correct what partners are owed: one proposes, and another one confirms. */
export const correctionRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(propose, async (c) => {
      const body = c.req.valid('json');
      const { reason, reference = null, kind } = body;
      const wish = { reason, reference, proposedBy: c.get('caller').actorId };
      if (body.kind !== 'write_off') {
        const correction = await proposeCorrection(db, { ...wish, kind, items: itemsOf(body) });
        return c.json(await correctionDetail(db, correction), 201);
      }
      const { partner, program, currency, amount, availableOn = null } = body;
      const size = amount === undefined ? null : parseDecimal(amount, currency).minor;
      const correction = await proposeWriteOff(db, { partner, program, currency, availableOn, size }, wish);
      return c.json(await correctionDetail(db, correction), 201);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, status, kind } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listCorrections(db, { status, kind, partnerId }, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: correctionBody }), 200);
    })
    .openapi(get, async (c) =>
      c.json(await correctionDetail(db, await getCorrection(db, c.req.valid('param').id)), 200),
    )
    .openapi(listItems, async (c) => {
      const { cursor = 0, limit } = c.req.valid('query');
      const { id } = await getCorrection(db, c.req.valid('param').id);
      const read = (count: number) => listCorrectionItems(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ no }) => no, item: itemBody }), 200);
    })
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const correction = await decideCorrection(db, { id: c.req.valid('param').id, actorId, decision, note });
      return c.json(await correctionDetail(db, correction), 200);
    });
