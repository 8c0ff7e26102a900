import { createRoute, z } from '@hono/zod-openapi';

import {
  listPointsBalances,
  listPointsMovements,
  type PointsBalance,
  type PointsMovement,
} from '../../../db/earnings/points-balances.ts';
import type { Database } from '../../../db/database.ts';
import { getPartner } from '../../../db/partners/partners.ts';
import { MOVEMENT_KINDS } from '../../../domain/earnings/points.ts';
import { Points } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { onlyOwn, partnerOf } from '../../http/auth.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const points = (description: string, example: string) => fields.amountOf('the unit', description, example);

const BalancesBody = z
  .object({
    items: z
      .array(
        z.object({
          unit: Points,
          name: fields.text('The name of the unit', 'Care points'),
          program: fields.code('The code of the program', 'care'),
          balance: points('All points, less those that are owed', '260'),
          available: points('The points that can be used today', '200'),
          held: points('The points that wait until their sale can no longer be refunded', '60'),
          owed: points('The points that a refund took back after they were used. The next earnings fill them', '0'),
          nextExpiry: z
            .object({
              on: fields.day('The day from which they can no longer be used', '2027-03-10'),
              amount: points('How many expire then', '80'),
            })
            .nullable()
            .meta({ description: 'The points that expire next; null if none ever do' }),
        }),
      )
      .meta({ description: 'The units in which the partner ever earned points, in the order of their codes' }),
  })
  .openapi('PointsBalances');

const MovementBody = z
  .object({
    id: fields.rowNumber('The number of the movement', '1042'),
    unit: Points,
    kind: fields.oneOf(
      MOVEMENT_KINDS,
      '`earned`, `corrected` and `reversed` come from events; `redeemed` was used, and `returned` is a use that was cancelled; `expired`; `expiry_undone` are expired points whose sale was refunded; `converted` became money',
      'earned',
    ),
    amount: points('The change of the balance; below zero if points left', '120'),
    on: fields.day('The day on which it was recorded'),
    redemption: fields.id('The redemption that it is about; otherwise null').nullable(),
    conversion: fields.id('The conversion that it is about; otherwise null').nullable(),
    recordedAt: fields.at('When it was recorded'),
  })
  .openapi('PointsMovement');

const BALANCES = answers(BalancesBody, 'The points by unit, on the local day of each program.');
const HISTORY = answers(pageOf(MovementBody), 'The movements, the newest first.');

const balances = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/points',
  operationId: 'getPartnerPoints',
  tags: ['points'],
  summary: "Get a partner's points",
  request: { params: CodePath },
  responses: { 200: BALANCES },
});

const history = createRoute({
  method: 'get',
  path: '/v1/partners/{code}/points/movements',
  operationId: 'listPartnerPointsMovements',
  tags: ['points'],
  summary: "List the movements of a partner's points",
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: { 200: HISTORY },
});

const myBalances = createRoute({
  method: 'get',
  path: '/v1/me/points',
  operationId: 'getMyPoints',
  tags: ['me'],
  summary: 'Get your points',
  responses: { 200: BALANCES },
});

const myHistory = createRoute({
  method: 'get',
  path: '/v1/me/points/movements',
  operationId: 'listMyPointsMovements',
  tags: ['me'],
  summary: 'List the movements of your points',
  request: { query: pageQuery(RowNumber) },
  responses: { 200: HISTORY },
});

function balanceBody({ unit, minor, availableMinor, heldMinor, expiresOn, expiringMinor, ...about }: PointsBalance) {
  const print = (amount: bigint) => formatDecimal(money(amount, unit));
  return {
    ...about,
    unit,
    balance: print(minor),
    available: print(availableMinor),
    held: print(heldMinor),
    owed: print(minor < 0n ? -minor : 0n),
    nextExpiry: expiresOn === null ? null : { on: expiresOn, amount: print(expiringMinor) },
  };
}

const movementBody = ({ id, unit, minor, redemptionId, conversionId, recordedAt, ...movement }: PointsMovement) => ({
  ...movement,
  id: String(id),
  unit,
  amount: formatDecimal(money(minor, unit)),
  redemption: redemptionId,
  conversion: conversionId,
  recordedAt: recordedAt.toISOString(),
});

const readBalances = async (db: Database, partnerId: bigint) => ({
  items: (await listPointsBalances(db, partnerId)).map(balanceBody),
});

const readHistory = (db: Database, partnerId: bigint, cursor: bigint | null, limit: number) =>
  readPage(limit, (count) => listPointsMovements(db, partnerId, cursor, count), {
    key: ({ id }) => id,
    item: movementBody,
  });

/** The points of partners: how many there are, and what happened to them. */
export const pointsRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(balances, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      return c.json(await readBalances(db, (await getPartner(db, code)).id), 200);
    })
    .openapi(history, async (c) => {
      const { code } = c.req.valid('param');
      onlyOwn(c, code, `partner ${code}`);
      const { cursor = null, limit } = c.req.valid('query');
      return c.json(await readHistory(db, (await getPartner(db, code)).id, cursor, limit), 200);
    })
    .openapi(myBalances, async (c) => c.json(await readBalances(db, partnerOf(c.get('caller')).id), 200))
    .openapi(myHistory, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      return c.json(await readHistory(db, partnerOf(c.get('caller')).id, cursor, limit), 200);
    });
