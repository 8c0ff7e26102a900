import { createRoute, z } from '@hono/zod-openapi';

import { listBatchStatuses } from '../../../db/payouts/batch-items.ts';
import { type Batch, listRunBatches } from '../../../db/payouts/batches.ts';
import type { Database } from '../../../db/database.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { BATCH_STATES } from '../../../domain/payouts/batch.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';

const BatchAnswer = z
  .object({
    id: z.string(),
    gateway: z.enum(GATEWAYS),
    currency: z.string(),
    /** Of this gateway and currency in the run: 1, 2, … */
    number: z.int(),
    state: z.enum(BATCH_STATES),
    /** The provider's own word for it. */
    word: z.string().nullable(),
    reason: z.string().nullable(),
    reference: z.string().nullable(),
    /** How many payouts were put into it, and what they sum to. */
    items: z.int(),
    total: z.string(),
    /** Its payouts, counted by what they are now. */
    payouts: z.record(z.string(), z.int()),
    submittedAt: z.string().nullable(),
    stateAt: z.string(),
    createdAt: z.string(),
  })
  .openapi('Batch');

const list = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/batches',
  tags: ['runs'],
  summary: 'List the batches of a run',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: { 200: answers(pageOf(BatchAnswer), 'The payouts of the run that were asked for together') },
});

const batchAnswer = (batch: Batch) => ({
  id: batch.id,
  gateway: batch.gateway,
  currency: batch.currency,
  number: batch.number,
  state: batch.state,
  word: batch.word,
  reason: batch.reason,
  reference: batch.providerRef,
  items: batch.itemCount,
  total: formatDecimal(money(batch.totalMinor, batch.currency)),
  submittedAt: batch.submittedAt?.toISOString() ?? null,
  stateAt: batch.stateAt.toISOString(),
  createdAt: batch.createdAt.toISOString(),
});

async function countPayouts(db: Database, batchIds: readonly string[]) {
  const counts = Map.groupBy(await listBatchStatuses(db, batchIds), ({ batchId }) => batchId);
  return (batchId: string): Record<string, number> =>
    Object.fromEntries((counts.get(batchId) ?? []).map(({ status, count }) => [status, count]));
}

export const batchRoutes = ({ db }: ApiDeps) =>
  createRouter().openapi(list, async (c) => {
    const { cursor = null, limit } = c.req.valid('query');
    const { id: runId } = await getRun(db, c.req.valid('param').id);
    const read = (count: number) => listRunBatches(db, runId, cursor, count);
    const page = await readPage(limit, read, { key: ({ id }) => id, item: batchAnswer });
    const payoutsOf = await countPayouts(
      db,
      page.items.map(({ id }) => id),
    );
    return c.json({ ...page, items: page.items.map((batch) => ({ ...batch, payouts: payoutsOf(batch.id) })) }, 200);
  });
