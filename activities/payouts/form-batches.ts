import { setImmediate } from 'node:timers/promises';

import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { countAttempts, insertAttempts } from '../../db/payouts/attempts.ts';
import {
  type BatchGroup,
  type BatchStartRow,
  insertBatch,
  listBatchGroups,
  nextBatchNumber,
} from '../../db/payouts/batches.ts';
import type { Database } from '../../db/database.ts';
import { batchRecord, seal, type VaultKeys } from '../../db/vault.ts';
import { listPaymentDetails } from '../../db/payouts/payment-orders.ts';
import { type Payout, takeStartablePayouts } from '../../db/payouts/payouts.ts';
import { lockRun, type Run } from '../../db/runs/runs.ts';
import { sha256 } from '../../domain/canonical.ts';
import { Failure } from '../../domain/errors.ts';
import { batchId } from '../../domain/ids.ts';
import type { GatewayName } from '../../domain/rails.ts';
import type { BatchItem, Gateways } from '../../gateways/gateway.ts';
import { wakeBatch } from '../../temporal/starts.ts';
import { failUnasked, freezeOne } from './freeze.ts';
import { keepPayable } from './last-question.ts';
import { wakePayouts } from './wake.ts';

export type BatchFormingDeps = {
  db: DatabasePool;
  temporal: Client;
  gateways: Gateways;
  vault: VaultKeys;
  /**
   * The largest number of payments in one batch. It never exceeds the provider's own limit. With 1, or without a number, each
   * payment is sent alone.
   */
  batchItemsMax?: Partial<Record<GatewayName, number>>;
};

/** The result of forming a batch: the batch, or the only payout that was left, which is sent alone. */
export type Formed = { batch: BatchStartRow | null; alone: Payout | null };

const ITEMS_PER_TURN = 200;

/** The most that one batch of a gateway holds here; at most 1 if it sends no batches. */
const itemsMaxOf = ({ gateways, batchItemsMax = {} }: BatchFormingDeps, gateway: GatewayName): number =>
  Math.min(gateways[gateway].batches?.itemsMax ?? 1, batchItemsMax[gateway] ?? 1);

/** Puts a run's approved payouts of one gateway and currency into as many batches as needed, and starts them. A single payout does not make a batch. */
export async function formBatches(deps: BatchFormingDeps, runId: string): Promise<void> {
  const gateways = (Object.keys(deps.gateways) as GatewayName[]).filter((gateway) => itemsMaxOf(deps, gateway) > 1);
  for (const group of gateways.length > 0 ? await listBatchGroups(deps.db, runId, gateways) : []) {
    const itemsMax = itemsMaxOf(deps, group.gateway);
    for (let left = group.count; left > 1; left -= itemsMax) if (!(await formOne(deps, runId, group, itemsMax))) break;
  }
}

/**
 * Forms and starts one batch. False if its payouts cannot be frozen together. Each one then goes alone and reports its own
 * failure.
 */
async function formOne(deps: BatchFormingDeps, runId: string, group: BatchGroup, itemsMax: number): Promise<boolean> {
  try {
    const formed = await deps.db.transaction(async (tx) => {
      const run = await lockRun(tx, runId);
      if (run.status !== 'disbursing') return { batch: null, alone: null };
      return formBatch(deps, tx, run, await takeStartablePayouts(tx, runId, itemsMax, group));
    });
    await startFormed(deps, formed);
    return formed.batch !== null;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** Starts what was formed. If this process dies first, the sweep starts it. */
export async function startFormed({ temporal }: BatchFormingDeps, { batch, alone }: Formed): Promise<void> {
  if (batch) await wakeBatch(temporal, batch);
  if (alone) await wakePayouts(temporal, [{ ...alone, partnerCode: alone.partner }]);
}

/**
 * Writes down the request for all these executing payouts before the provider is asked: the batch with its exact bytes, and an
 * attempt for each payout. A payout that may no longer be paid leaves the run, one that a person holds waits alone, and one that the
 * provider cannot express fails alone.
 * The caller holds the run's row and commits.
 */
export async function formBatch(
  deps: BatchFormingDeps,
  tx: Database,
  run: Run,
  payouts: readonly Payout[],
): Promise<Formed> {
  const [first] = payouts;
  const makeBatch = first && deps.gateways[first.gateway].batches;
  if (!first || !makeBatch) return { batch: null, alone: null };
  const payable = await keepPayable(tx, run, payouts);
  const free = payable.filter(({ heldAt }) => heldAt === null);
  const frozen = await freezeAll(deps, tx, run, free);
  const [only] = frozen;
  if (frozen.length < 2) return { batch: null, alone: only?.payout ?? null };

  const group = { runId: run.id, gateway: first.gateway, currency: first.currency };
  const number = await nextBatchNumber(tx, group);
  const id = batchId(run.id, group.gateway, group.currency, number);
  const request = makeBatch.freeze(
    id,
    frozen.map(({ item }) => item),
  );
  await insertBatch(tx, {
    id,
    ...group,
    number,
    itemCount: frozen.length,
    totalMinor: frozen.reduce((sum, { payout }) => sum + payout.net, 0n),
    providerKey: id,
    requestSealed: seal(deps.vault, batchRecord(id), request),
    requestHash: sha256(request),
  });
  await insertAttempts(
    tx,
    frozen.map(({ attempt }) => ({ ...attempt, batchId: id })),
  );
  return { batch: { id, ...group, itemCount: frozen.length }, alone: null };
}

/** Freezes each payout on its own, in id order, and gives the event loop a turn in between, because there are thousands. */
async function freezeAll(deps: BatchFormingDeps, tx: Database, run: Run, payouts: readonly Payout[]) {
  const ids = payouts.map(({ id }) => id);
  const attempts = await countAttempts(tx, ids);
  const details = await listPaymentDetails(tx, deps.vault, ids);
  const frozen: { payout: Payout; item: BatchItem; attempt: ReturnType<typeof freezeOne>['attempt'] }[] = [];
  for (const [index, payout] of payouts.entries()) {
    if (index % ITEMS_PER_TURN === 0) await setImmediate();
    const open = details.get(payout.id);
    if (!open) throw new TypeError(`payout ${payout.id} has no details`);
    const attemptNo = (attempts.get(payout.id) ?? 0) + 1;
    try {
      const { attempt, request } = freezeOne(deps, { payout, run, attemptNo, details: open(), checkNumber: null });
      frozen.push({ payout, attempt, item: { key: attempt.providerKey, request } });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'recipient_rejected') throw error;
      await failUnasked(tx, payout.id, error);
    }
  }
  return frozen;
}
