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
    number: fields.count('The number of the batch among those of its gateway and currency in the run, from 1 on', 1),
    state: fields.oneOf(BATCH_STATES, 'How far the batch is', 'accepted'),
    word: fields.text("The provider's own word for its state; null where it has said none", 'PROCESSING').nullable(),
    reason: fields
      .text("Why it failed: the provider's code, or ours; null where it did not", 'INSUFFICIENT_FUNDS')
      .nullable(),
    reference: fields.text("The provider's id of the batch; null until it has told one", 'FYXMPQTX4JC9N').nullable(),
    items: fields.count('How many payouts were put into the batch', 120),
    total: fields.amount('What its payouts add up to', '15420.50'),
    payouts: z
      .record(z.string(), z.int())
      .meta({ description: 'How many of its payouts have each status now', examples: [{ sent: 3, settled: 117 }] }),
    submittedAt: fields.at('When the provider was asked first; null until then').nullable(),
    stateAt: fields.at('Since when the batch has been in its state'),
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
    200: answers(pageOf(BatchBody), 'The payouts of the run that were asked for together, batch by batch.'),
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
