import { createRoute, z } from '@hono/zod-openapi';

import { addUnit, getUnitOf, retireUnit, setUnitRate } from '../../../commands/programs/units.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { listUnitRates, listUnits, type Unit, type UnitRate } from '../../../db/programs/units.ts';
import { Currency, Decimal, Points, whyNotAmount } from '../../../domain/fields.ts';
import { formatDecimal, money, parseDecimal } from '../../../domain/money.ts';
import { CONVERSIONS } from '../../../domain/programs/points.ts';
import { digitsOf } from '../../../domain/unit.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, jsonBody, LocalDate, Name, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const EXPIRY_MONTHS_MAX = 120;
const CANCEL_DAYS_MAX = 365;

const about = {
  expiryMonths: 'How many months after the local day on which they were earned points expire; null if they never do',
  conversion:
    'The way in which points become money. `by-partner`: the partner alone, at the rate of the day; `by-staff`: one person proposes, and another one confirms; `none`: nobody',
  leastConversion: 'The least number of points of one conversion',
  cancelDays: 'For how many days after a redemption an operator may cancel it',
};

export const NewUnitBody = z
  .strictObject({
    code: Points.meta({
      id: undefined,
      description:
        'The code of the unit, which never changes and is unique over all programs. `points-…` are whole numbers, and `credits-…` have two decimals',
      examples: ['points-care'],
    }),
    name: Name.meta({ description: 'The name that partners read', examples: ['Care points'] }),
    expiryMonths: z
      .int()
      .min(1)
      .max(EXPIRY_MONTHS_MAX)
      .nullable()
      .default(null)
      .meta({ description: about.expiryMonths, examples: [24] }),
    conversion: z
      .enum(CONVERSIONS)
      .default('none')
      .meta({ description: about.conversion, examples: ['by-partner'] }),
    leastConversion: Decimal.default('1').meta({ description: about.leastConversion, examples: ['500'] }),
    cancelDays: z
      .int()
      .min(0)
      .max(CANCEL_DAYS_MAX)
      .default(14)
      .meta({ description: about.cancelDays, examples: [14] }),
  })
  .superRefine(({ code, leastConversion }, context) => {
    const reason = whyNotAmount(leastConversion, code);
    const message = reason ?? (/[1-9]/.test(leastConversion) ? undefined : 'is 0');
    if (message) context.addIssue({ code: 'custom', path: ['leastConversion'], message });
  })
  .openapi('NewUnit');

const UnitBody = z
  .object({
    code: Points,
    program: fields.code('The code of the program', 'care'),
    name: fields.text('The name that partners read', 'Care points'),
    decimals: fields.count('How many decimals its amounts have', 0),
    expiryMonths: fields.count(about.expiryMonths, 24).nullable(),
    conversion: fields.oneOf(CONVERSIONS, about.conversion, 'by-partner'),
    leastConversion: fields.text(`${about.leastConversion}. A decimal string`, '500'),
    cancelDays: fields.count(about.cancelDays, 14),
    createdAt: fields.at('When the unit was added'),
    retiredAt: fields.at('When the unit was retired; null while terms may name it').nullable(),
  })
  .openapi('PointsUnit');

const rate = {
  description:
    'The money that one of the unit is worth, in major units of `currency`: a decimal with at most nine decimals',
  examples: ['0.005'],
};

const RateBody = z
  .object({
    id: fields.rowNumber('The number of the rate', '7'),
    currency: Currency,
    from: fields.day('The first day, local to the zone of the program, on which it counts'),
    rate: z.string().meta(rate),
    recordedAt: fields.at('When the rate was recorded'),
  })
  .openapi('UnitRate');

export const NewRateBody = z
  .strictObject({
    currency: Currency,
    from: LocalDate.meta({
      description: 'The first day, local to the zone of the program, on which it counts',
      examples: ['2026-03-01'],
    }),
    rate: z
      .string()
      .regex(/^(?=.*[1-9])\d{1,9}(\.\d{1,9})?$/, 'is not a rate above 0 with at most nine decimals, such as 0.005')
      .meta(rate),
  })
  .openapi('NewUnitRate');

const UnitPath = CodePath.extend({ unit: Points.meta({ id: undefined, description: 'The code of the unit' }) });

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/units',
  tags: ['points'],
  summary: 'List the points and credits of a program',
  request: { params: CodePath, query: pageQuery(Points) },
  responses: { 200: answers(pageOf(UnitBody), 'The units that are not money, in the order of their codes.') },
});

const add = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/units',
  tags: ['points'],
  summary: 'Add points or credits to a program',
  request: { params: CodePath, body: jsonBody(NewUnitBody) },
  responses: {
    201: answers(UnitBody, 'The unit was added. The incentives of the program may name it.'),
    409: problemResponse('The code is taken, by this program or another one.'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/units/{unit}',
  tags: ['points'],
  summary: 'Get a unit of a program',
  request: { params: UnitPath },
  responses: { 200: answers(UnitBody, 'The unit.') },
});

const retire = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/units/{unit}/retire',
  operationId: 'retireUnit',
  tags: ['points'],
  summary: 'Retire a unit of a program',
  request: { params: UnitPath },
  responses: {
    200: answers(
      UnitBody,
      'The unit is retired: no terms may name it. Partners keep and use the points that they have.',
    ),
    409: problemResponse('A plan lets partners earn it, now or later. Nothing was changed.'),
  },
});

const rates = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/units/{unit}/rates',
  tags: ['points'],
  summary: 'List the rates of a unit to money',
  request: { params: UnitPath, query: pageQuery(RowNumber) },
  responses: { 200: answers(pageOf(RateBody), 'The rates, the newest record first.') },
});

const addRate = createRoute({
  method: 'post',
  path: '/v1/programs/{code}/units/{unit}/rates',
  tags: ['points'],
  summary: 'Say what a unit is worth in money from a day on',
  request: { params: UnitPath, body: jsonBody(NewRateBody) },
  responses: {
    201: answers(RateBody, 'The rate was recorded. Conversions that were done before keep the rate that they used.'),
  },
});

const unitBody = ({ programId: _p, zone: _z, leastConversionMinor, createdAt, retiredAt, ...unit }: Unit) => ({
  ...unit,
  decimals: digitsOf(unit.code),
  leastConversion: formatDecimal(money(leastConversionMinor, unit.code)),
  createdAt: createdAt.toISOString(),
  retiredAt: retiredAt?.toISOString() ?? null,
});

const rateBody = ({ id, recordedAt, ...one }: UnitRate) => ({
  ...one,
  id: String(id),
  recordedAt: recordedAt.toISOString(),
});

/** The points and credits that partners of a program may earn instead of money. */
export const unitRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listUnits(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ code }) => code, item: unitBody }), 200);
    })
    .openapi(add, async (c) => {
      const { leastConversion, ...wish } = c.req.valid('json');
      const unit = { ...wish, leastConversionMinor: parseDecimal(leastConversion, wish.code).minor };
      return c.json(unitBody(await addUnit(db, c.req.valid('param').code, unit, c.get('caller').actorId)), 201);
    })
    .openapi(get, async (c) => {
      const { code, unit } = c.req.valid('param');
      return c.json(unitBody(await getUnitOf(db, code, unit)), 200);
    })
    .openapi(retire, async (c) => {
      const { code, unit } = c.req.valid('param');
      return c.json(unitBody(await retireUnit(db, code, unit, c.get('caller').actorId)), 200);
    })
    .openapi(rates, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { code, unit } = c.req.valid('param');
      await getUnitOf(db, code, unit);
      const read = (count: number) => listUnitRates(db, unit, cursor, count);
      return c.json(await readPage(limit, read, { key: ({ id }) => id, item: rateBody }), 200);
    })
    .openapi(addRate, async (c) => {
      const { code, unit } = c.req.valid('param');
      return c.json(rateBody(await setUnitRate(db, code, unit, c.req.valid('json'), c.get('caller').actorId)), 201);
    });
