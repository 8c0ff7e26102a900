import { createRoute, z } from '@hono/zod-openapi';

import { getPool, type ListedPool, listPartsInForce, listPools, type PartInForce } from '../../../db/earnings/pools.ts';
import { getProgram } from '../../../db/programs/programs.ts';
import { percentage } from '../../../domain/earnings/pool.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { formatMeasured } from '../../../domain/programs/incentives/measure.ts';
import { WINDOWS } from '../../../domain/programs/incentives/window.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { problemResponse } from '../../http/problem.ts';
import { createRouter } from '../../http/router.ts';
import { answers, CodePath, pageOf, pageQuery, RowNumber } from '../../http/schemas.ts';

const STATUSES = ['waiting', 'divided', 'changed'] as const;

const PoolBody = z
  .object({
    id: fields.rowNumber('The number of the pool', '12'),
    program: fields.code('The code of the program', 'resale'),
    incentive: fields.text('The incentive', 'marketing-pool'),
    plan: fields.code('The plan whose terms say how large the pool is', 'standard'),
    planVersion: fields.count('The version of these terms, which was in force on the last day of the window', 3),
    window: fields.oneOf(WINDOWS, 'The kind of window', 'quarter'),
    from: fields.day('The first day of the window', '2026-01-01'),
    status: fields.oneOf(
      STATUSES,
      '`waiting`: it is not divided yet, because events of its window are not worked out; `divided`; `changed`: a measure changed since, and it is divided again in the night after that',
      'divided',
    ),
    currency: Currency,
    amount: fields.amount('The amount that was divided; null before', '10000.00').nullable(),
    total: fields
      .text('The sum of what the partners who take part had reached when it was divided; null before', '6000.00 USD')
      .nullable(),
    divisions: fields.count('How many times it was divided', 1),
    dividedAt: fields.at('When it was last divided; null before').nullable(),
  })
  .openapi('Pool');

const PartBody = z
  .object({
    partner: fields.code('The partner', 'paula'),
    volume: fields.text('The measure of the partner by now', '1200.00 USD'),
    share: fields.text('That as a percentage of `total` of the pool; null before it is divided', '20 %').nullable(),
    amount: fields.amount('The part of the pool that is in force', '2000.00'),
    division: fields.count('The number of the division that gave this part; null if none did yet', 1).nullable(),
  })
  .openapi('PoolPart');

const list = createRoute({
  method: 'get',
  path: '/v1/programs/{code}/pools',
  operationId: 'listPools',
  tags: ['programs'],
  summary: 'List the pools that partners divided',
  description: 'A pool is listed once its window is over. Partners read their own part in their standing and earnings.',
  request: { params: CodePath, query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(PoolBody), 'The pools, the newest first, each with its last division.'),
    404: problemResponse('There is no such program.'),
  },
});

const listParts = createRoute({
  method: 'get',
  path: '/v1/pools/{id}/parts',
  operationId: 'listPoolParts',
  tags: ['programs'],
  summary: 'List the parts of a pool',
  request: { params: z.object({ id: RowNumber }), query: pageQuery(RowNumber) },
  responses: {
    200: answers(pageOf(PartBody), 'The parts in force, in the order in which the partners first reached something.'),
    404: problemResponse('There is no such pool.'),
  },
});

/** Prints a measure of a pool. The name of the measure of its windows begins with that of the incentive. */
const print = (volume: bigint, { measure, currency }: ListedPool): string =>
  formatMeasured(volume, measure.split(' at close')[0] ?? '', currency);

const poolBody = (pool: ListedPool) => ({
  id: String(pool.id),
  program: pool.program,
  incentive: pool.incentiveId,
  plan: pool.plan,
  planVersion: pool.planVersion,
  window: pool.window,
  from: pool.start,
  status: pool.divisions === null ? ('waiting' as const) : pool.isChanged ? ('changed' as const) : ('divided' as const),
  currency: pool.currency,
  amount: pool.poolMinor === null ? null : formatDecimal(money(pool.poolMinor, pool.currency)),
  total: pool.total === null ? null : print(pool.total, pool),
  divisions: pool.divisions ?? 0,
  dividedAt: pool.dividedAt?.toISOString() ?? null,
});

const partBody = ({ partner, volume, minor, division }: PartInForce, pool: ListedPool) => ({
  partner,
  volume: print(volume, pool),
  share: pool.total === null ? null : percentage(volume, pool.total),
  amount: formatDecimal(money(minor, pool.currency)),
  division,
});

/** The pools of programs, with what all partners reached. They are for the staff. */
export const poolRoutes = ({ db }: ApiDeps) =>
  createRouter()
    .openapi(list, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const { id } = await getProgram(db, c.req.valid('param').code);
      const read = (count: number) => listPools(db, id, cursor, count);
      return c.json(await readPage(limit, read, { key: (pool) => String(pool.id), item: poolBody }), 200);
    })
    .openapi(listParts, async (c) => {
      const { cursor = null, limit } = c.req.valid('query');
      const pool = await getPool(db, c.req.valid('param').id);
      const read = (count: number) => listPartsInForce(db, pool, cursor, count);
      const key = ({ scopeId }: PartInForce) => String(scopeId);
      return c.json(await readPage(limit, read, { key, item: (part) => partBody(part, pool) }), 200);
    });
