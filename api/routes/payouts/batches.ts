import { createRoute, z } from '@hono/zod-openapi';

import { listBatchStatuses } from '../../../db/payouts/batch-items.ts';
import { type Batch, listRunBatches } from '../../../db/payouts/batches.ts';
import type { Database } from '../../../db/database.ts';
import { getRun } from '../../../db/runs/runs.ts';
import { BATCH_STATES } from '../../../domain/payouts/batch.ts';
import { Currency } from '../../../domain/fields.ts';
import { formatDecimal, money } from '../../../domain/money.ts';
import { GATEWAYS } from '../../../domain/rails.ts';
import { readPage } from '../../http/cursor.ts';
import type { ApiDeps } from '../../http/deps.ts';
import * as fields from '../../http/fields.ts';
import { createRouter } from '../../http/router.ts';
import { answers, pageOf, pageQuery, Uuid, UuidPath } from '../../http/schemas.ts';

const BatchBody = z
  .object({
    id: fields.id('The id of the batch'),
    gateway: fields.oneOf(GATEWAYS, 'The gateway that was asked', 'paypal'),
    currency: Currency,
    number: fields.count('The number of the batch, counted from 1 for each gateway and currency of the run', 1),
    state: fields.oneOf(BATCH_STATES, 'The state of the batch', 'accepted'),
    word: fields.text("The provider's own name for the state; null if it has named none", 'PROCESSING').nullable(),
    reason: fields
      .text(
        "The reason why the batch failed: the provider's code, or ours; null if it did not fail",
        'INSUFFICIENT_FUNDS',
      )
      .nullable(),
    reference: fields
      .text("The provider's id of the batch; null until the provider gives one", 'FYXMPQTX4JC9N')
      .nullable(),
    items: fields.count('The number of payouts in the batch', 120),
    total: fields.amount('The total of its payouts', '15420.50'),
    payouts: z.record(z.string(), z.int()).meta({
      description: 'The number of its payouts that now have each status',
      examples: [{ sent: 3, settled: 117 }],
    }),
    submittedAt: fields.at('When Bursar first asked the provider; null until then').nullable(),
    stateAt: fields.at('When the batch entered its state'),
    createdAt: fields.at('When the batch was formed'),
  })
  .openapi('Batch');

const list = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/batches',
  tags: ['runs'],
  summary: 'List the batches of a run',
  request: { params: UuidPath, query: pageQuery(Uuid) },
  responses: {
    200: answers(pageOf(BatchBody), 'The batches of the run; each holds payouts that were requested together.'),
  },
});

const batchBody = (batch: Batch) => ({
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
    const page = await readPage(limit, read, { key: ({ id }) => id, item: batchBody });
    const payoutsOf = await countPayouts(
      db,
      page.items.map(({ id }) => id),
    );
    return c.json({ ...page, items: page.items.map((batch) => ({ ...batch, payouts: payoutsOf(batch.id) })) }, 200);
  });
