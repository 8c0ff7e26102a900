import { createRoute, z } from '@hono/zod-openapi';

import { listLiabilities, type Liability } from '../../../db/earnings/points-balances.ts';
import { readUnits, readRate } from '../../../db/programs/units.ts';
import type { Database } from '../../../db/database.ts';
import { localDate } from '../../../domain/calendar.ts';
import type { CurrencyCode } from '../../../domain/currency.ts';
import { rateOf, worthOfPoints } from '../../../domain/earnings/points-conversion.ts';
import { NEVER } from '../../../domain/earnings/lots.ts';
import { Currency, Points } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery } from '../../http/schemas.ts';

const LiabilityBody = z
  .object({
    program: fields.code('The code of the program', 'care'),
    unit: Points,
    expires: fields.text('The month in which the points expire; null if they never do', '2027-03').nullable(),
    outstanding: fields.amountOf('the unit', 'The points that partners have: available and held', '12000'),
    value: fields
      .amountOf('the query', 'Their worth at the rate of today, half-even; null if there is no rate', '60.00')
      .nullable(),
  })
  .openapi('PointsLiability');

const list = createRoute({
  method: 'get',
  path: '/v1/reports/points-liabilities',
  operationId: 'listPointsLiabilities',
  tags: ['points'],
  summary: 'Report the points that partners have, by month of expiry',
  request: {
    query: pageQuery(z.strictObject({ unit: Points, month: z.union([z.iso.date(), z.literal(NEVER)]) })).extend({
      currency: Currency.default('USD'),
    }),
  },
  responses: {
    200: answers(pageOf(LiabilityBody), 'The points by program, unit and month, with their worth in the currency.'),
  },
});

/** Values points at the rates of today, each unit in the zone of its program. */
async function withValues(db: Database, rows: readonly Liability[], currency: CurrencyCode) {
  const units = await readUnits(db, [...new Set(rows.map(({ unit }) => unit))]);
  const rates = new Map<string, string>();
  for (const { code, zone } of units) {
    const rate = await readRate(db, code, currency, localDate(Date.now(), zone));
    if (rate) rates.set(code, rate.rate);
  }
  return rows.map((row) => {
    const rate = rates.get(row.unit);
    const minor = rate === undefined ? null : worthOfPoints(row.minor, rateOf(rate, row.unit, currency));
    return { ...row, value: minor === null ? null : formatDecimal(money(minor, currency)) };
  });
}

/** The points that partners may still use, for finance: what they may cost, and until when. */
export const pointsLiabilityRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit, currency } = c.req.valid('query');
    const read = async (count: number) => withValues(db, await listLiabilities(db, cursor, count), currency);
    const item = ({ program, unit, month, minor, value }: Awaited<ReturnType<typeof read>>[number]) => ({
      program,
      unit,
      expires: month === NEVER ? null : month.slice(0, 'YYYY-MM'.length),
      outstanding: formatDecimal(money(minor, unit)),
      value,
    });
    return c.json(await readPage(limit, read, { key: ({ unit, month }) => ({ unit, month }), item }), 200);
  });
