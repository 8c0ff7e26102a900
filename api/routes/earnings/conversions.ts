import { createRoute, z } from '@hono/zod-openapi';

import { convertPoints, decideConversion, proposeConversion } from '../../../commands/earnings/conversions.ts';
import { type Conversion, getConversion, listConversions } from '../../../db/earnings/conversions.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { CONVERSION_STATUSES } from '../../../domain/earnings/points-conversion.ts';
import { Code, Currency, Points } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, pageOf, pageQuery, Reason, Uuid, UuidPath } from '../../http/schemas.ts';
import { refineAmount, somePoints } from './points-bodies.ts';

const wish = { ...somePoints, currency: Currency };
export const NewConversionBody = z
  .strictObject({ ...wish, reason: Reason })
  .superRefine(refineAmount)
  .openapi('NewConversion');
export const MyConversionBody = z.strictObject(wish).superRefine(refineAmount).openapi('MyConversion');

const points = (description: string, example: string) => fields.amountOf('the unit', description, example);

const ConversionBody = z
  .object({
    id: fields.id('The id of the conversion'),
    partner: fields.code("The partner's code", 'paula'),
    status: fields.oneOf(
      CONVERSION_STATUSES,
      'The status. Only a confirmed conversion counts, and it is in the books',
      'confirmed',
    ),
    unit: Points,
    asked: points('The points that were to be converted', '101'),
    points: points('The points that become money. The others make no whole cent, and stay points', '100'),
    rate: fields.text('The money for one of the unit, in major units of the currency', '0.005'),
    currency: Currency,
    amount: fields.amount('The money', '0.50'),
    rounding: z.literal('half-even').meta({
      description:
        'How the fraction of a cent is rounded, once: there is one only where one point is worth more than a cent',
    }),
    reason: fields.text('The reason; null if the partner converted alone', 'The partner asked for it').nullable(),
    proposedBy: fields.code('The person who proposed it, or the partner', 'olga'),
    proposedAt: fields.at('When it was proposed'),
    decidedBy: fields.code('The person who decided it; null until then, or if nobody had to', 'anna').nullable(),
    decidedAt: fields.at('When it was decided; null until then').nullable(),
    note: fields.text('The note of the person who decided; null if there is none', 'I read the ticket.').nullable(),
  })
  .openapi('Conversion');

const NOT_OFFERED = problemResponse(
  'The unit is not converted in this way or has no rate to this currency today, too few points can be used, or the partner is on hold. Nothing was converted.',
);

const propose = createRoute({
  method: 'post',
  path: '/v1/partners/{code}/conversions',
  operationId: 'proposeConversion',
  tags: ['points'],
  summary: 'Propose to turn points of a partner into money',
  request: { params: CodePath, body: jsonBody(NewConversionBody) },
  responses: {
    201: answers(ConversionBody, 'The proposal was recorded. Nothing moves until another person confirms it.'),
    403: problemResponse('You are paid through this partner. Nothing was recorded.'),
    409: NOT_OFFERED,
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/conversions',
  tags: ['points'],
  summary: 'List the conversions of points to money',
  request: {
    query: pageQuery(Uuid).extend({
      partner: Code.meta({ description: 'Lists only conversions of this partner', examples: ['paula'] }).optional(),
      status: fields.oneOf(CONVERSION_STATUSES, 'Lists only conversions with this status', 'proposed').optional(),
    }),
  },
  responses: {
    200: answers(pageOf(ConversionBody), 'The conversions, the newest first.'),
    404: problemResponse('There is no such partner.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/conversions/{id}',
  tags: ['points'],
  summary: 'Get a conversion',
  request: { params: UuidPath },
  responses: { 200: answers(ConversionBody, 'The conversion.') },
});

const decide = createRoute({
  method: 'post',
  path: '/v1/conversions/{id}/decision',
  tags: ['points'],
  summary: 'Confirm or refuse a conversion',
  request: {
    params: UuidPath,
    body: jsonBody(
      z
        .strictObject({
          decision: fields.oneOf(['confirm', 'refuse'], 'Your decision about the proposal', 'confirm'),
          note: Reason.meta({
            description: 'A note for the people who read the decision later',
            examples: ['I read the ticket.'],
          }).optional(),
        })
        .openapi('ConversionDecision'),
    ),
  },
  responses: {
    200: answers(ConversionBody, 'The decision was recorded. A confirmed conversion is in the books.'),
    403: problemResponse(
      'You, or a person who gave you your role, proposed it, or you are paid through this partner. Nothing was recorded.',
    ),
    409: problemResponse(
      'It is decided already, too few points can be used by now, or the partner is on hold. Nothing was recorded.',
    ),
  },
});

const convertMine = createRoute({
  method: 'post',
  path: '/v1/me/conversions',
  operationId: 'convertMyPoints',
  tags: ['me'],
  summary: 'Turn points of yours into money',
  request: { body: jsonBody(MyConversionBody) },
  responses: {
    201: answers(ConversionBody, 'The money is an earning, and is paid like any other.'),
    404: problemResponse('There is no such unit. Nothing was converted.'),
    409: NOT_OFFERED,
  },
});

const listMine = createRoute({
  method: 'get',
  path: '/v1/me/conversions',
  operationId: 'listMyConversions',
  tags: ['me'],
  summary: 'List the conversions of your points',
  request: { query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(ConversionBody), 'Your conversions, the newest first.') },
});

const conversionBody = ({
  partnerId: _p,
  proposedById: _b,
  unit,
  askedMinor,
  pointsMinor,
  minor,
  ...conversion
}: Conversion) => ({
  ...conversion,
  unit,
  asked: formatDecimal(money(askedMinor, unit)),
  points: formatDecimal(money(pointsMinor, unit)),
  amount: formatDecimal(money(minor, conversion.currency)),
  rounding: 'half-even' as const,
  proposedAt: conversion.proposedAt.toISOString(),
  decidedAt: conversion.decidedAt?.toISOString() ?? null,
});

const keys = { key: ({ id }: Conversion) => id, item: conversionBody };

/** Points that become money: by the partner alone, or by two people of the staff. */
export const conversionRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(propose, async (c) => {
      const { unit, amount, currency, reason } = c.req.valid('json');
      const { id: partnerId } = await getPartner(db, c.req.valid('param').code);
      const { minor } = parseDecimal(amount, unit);
      const { actorId: by } = c.get('caller');
      return c.json(conversionBody(await proposeConversion(db, { partnerId, unit, minor, currency, reason, by })), 201);
    })
    .openapi(list, async (c) => {
      const { cursor = null, limit, partner, status } = c.req.valid('query');
      const partnerId = partner === undefined ? undefined : (await getPartner(db, partner)).id;
      const read = (count: number) => listConversions(db, { partnerId, status }, cursor, count);
      return c.json(await readPage(limit, read, keys), 200);
    })
    .openapi(get, async (c) => c.json(conversionBody(await getConversion(db, c.req.valid('param').id)), 200))
    .openapi(decide, async (c) => {
      const { decision, note = null } = c.req.valid('json');
      const { actorId } = c.get('caller');
      const decided = await decideConversion(db, { id: c.req.valid('param').id, actorId, decision, note });
      return c.json(conversionBody(decided), 200);
    })
    .openapi(convertMine, async (c) => {
      const { unit, amount, currency } = c.req.valid('json');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const { minor } = parseDecimal(amount, unit);
      const { actorId: by } = c.get('caller');
      const done = await convertPoints(db, { partnerId, unit, minor, currency, reason: null, by });
      return c.json(conversionBody(done), 201);
    })
    .openapi(listMine, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id: partnerId } = partnerOf(c.get('caller'));
      const read = (count: number) => listConversions(db, { partnerId }, cursor, count);
      return c.json(await readPage(limit, read, keys), 200);
    });
