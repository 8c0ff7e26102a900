import { createHash, randomUUID } from 'node:crypto';

import type { Client } from '@temporalio/client';
import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createBatchActivities } from '../../../activities/payouts/batches.ts';
import { createPayoutActivities } from '../../../activities/payouts/advance.ts';
import { pauseGateway } from '../../../db/payers/gateway-pauses.ts';
import { insertAttempts } from '../../../db/payouts/attempts.ts';
import { insertBatch } from '../../../db/payouts/batches.ts';
import { attemptRecord, batchRecord, seal } from '../../../db/vault.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import type { GatewayName } from '../../../domain/rails.ts';
import { reply, batchReply } from '../../../gateways/replies.ts';
import type { Gateways } from '../../../gateways/gateway.ts';
import { openStage, type Stage } from '../../db/stage.ts';
import { addAttempt, addPayingRun } from '../../support/rows.ts';
import { VAULT } from '../../support/world.ts';

const REQUEST = Buffer.from('{}');
const REQUEST_HASH = createHash('sha256').update(REQUEST).digest();

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** What is frozen and not asked for, and whoever looks after it next. Every provider answers that it does not know. */
type Frozen = { gateway: GatewayName; payoutIds: readonly string[]; advance: () => Promise<unknown> };

const deps = () => ({
  db: stage.app,
  vault: VAULT,
  returnWindows: RETURN_WINDOWS_DEFAULT,
  firstPollMs: 1_000,
  gateways: {
    wise: { submit: async () => reply('unknown', 'no clear answer') },
    paypal: { batches: { submit: async () => batchReply('unknown', 'no clear answer') } },
  } as unknown as Gateways,
});

async function frozenPayout(): Promise<Frozen> {
  const { payoutIds } = await addPayingRun(stage.app, 'bank', 1);
  const [payoutId = ''] = payoutIds;
  const { gateway, currency, net } = await getPayout(stage.app, payoutId);
  const id = randomUUID();
  const common = { payoutId, batchId: null, attemptNo: 1, gateway, currency, minor: net, checkNumber: null };
  const request = { requestSealed: seal(VAULT, attemptRecord(id), REQUEST), requestHash: REQUEST_HASH };
  await insertAttempts(stage.app, [{ ...common, ...request, id, providerKey: id }]);
  return { gateway, payoutIds, advance: () => createPayoutActivities(deps()).advancePayout(payoutId) };
}

async function frozenBatch(): Promise<Frozen> {
  const { runId, payoutIds } = await addPayingRun(stage.app, 'paypal', 2);
  const id = randomUUID();
  const group = { runId, gateway: 'paypal', currency: 'USD', number: 1, itemCount: 2, totalMinor: 2000n } as const;
  const request = { requestSealed: seal(VAULT, batchRecord(id), REQUEST), requestHash: REQUEST_HASH };
  await stage.app.transaction(async (tx) => {
    await insertBatch(tx, { ...group, ...request, id, providerKey: id });
    for (const payoutId of payoutIds) await addAttempt(tx, payoutId, { batchId: id });
  });
  const noClient = {} as Client; // nothing is started here
  const activities = () => createBatchActivities({ ...deps(), temporal: noClient, activePayoutsMax: 1 });
  return { gateway: 'paypal', payoutIds, advance: () => activities().advanceBatch(id) };
}

const Count = z.object({ count: z.bigint() });

const countUnasked = (payoutIds: readonly string[]): Promise<bigint> =>
  stage.app.oneFirst(sql.type(Count)`
    select count(*) from payout_attempt where payout_id = any(${sql.array([...payoutIds], 'uuid')}) and state = 'prepared'`);

/** How many sessions wait for another's lock. */
const countWaiting = (): Promise<bigint> =>
  stage.app.oneFirst(sql.type(Count)`
    select count(distinct pid) from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`);

describe('given a claim that has seen no pause, and has not committed', () => {
  it.each([
    { what: 'payout', freeze: frozenPayout },
    { what: 'batch', freeze: frozenBatch },
  ])('when the gateway of its $what is paused then the pause answers once the claim is known', async ({ freeze }) => {
    const { gateway, payoutIds, advance } = await freeze();
    const held = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const holder = stage.owner.transaction(async (tx) => {
      await tx.query(
        sql.unsafe`select from payout_attempt where payout_id = any(${sql.array([...payoutIds], 'uuid')}) for update`,
      );
      held.resolve();
      await mayGoOn.promise;
    });
    await Promise.race([held.promise, holder]);
    const claimed = advance();
    await expect.poll(countWaiting).toBe(1n);

    let unasked: bigint | undefined;
    const pause = async () => {
      await pauseGateway(stage.app, gateway, 'a test', null);
      unasked = await countUnasked(payoutIds);
    };
    const paused = pause();
    await expect.poll(async () => unasked !== undefined || (await countWaiting()) === 2n).toBe(true);
    mayGoOn.resolve();
    await Promise.all([holder, claimed, paused]);

    expect(unasked).toBe(0n);
  });
});
