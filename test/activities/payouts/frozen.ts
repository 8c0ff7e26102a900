import { randomUUID } from 'node:crypto';

import type { Client } from '@temporalio/client';
import type { DatabasePool } from 'slonik';

import { createPayoutActivities } from '../../../activities/payouts/advance.ts';
import { createBatchActivities } from '../../../activities/payouts/batches.ts';
import { insertAttempts } from '../../../db/payouts/attempts.ts';
import { insertBatch } from '../../../db/payouts/batches.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { attemptRecord, batchRecord, seal } from '../../../db/vault.ts';
import { sha256 } from '../../../domain/canonical.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import type { GatewayName } from '../../../domain/rails.ts';
import type { BatchReply, Gateways } from '../../../gateways/gateway.ts';
import { batchReply, reply } from '../../../gateways/replies.ts';
import type { Fixture } from '../../db/fixture.ts';
import { addAttempt, addPayingRun, type CompanyRows, type PartnerRows } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';

const REQUEST = Buffer.from('{}');
const REQUEST_HASH = sha256(REQUEST);

const unclear = (): BatchReply => batchReply('unknown', 'no clear answer');

/** A payout or batch that is frozen and not asked for yet. Every provider replies that it does not know the outcome. */
export type Frozen = {
  company: CompanyRows;
  partners: readonly PartnerRows[];
  runId: string;
  gateway: GatewayName;
  payoutIds: readonly string[];
  /** Does the next thing for it. Another database may be given for this call. */
  advance: (db?: DatabasePool) => Promise<unknown>;
  /** How often its provider was asked for the payment. */
  countAsked: () => number;
};

/** A hook that runs while the provider works on a request. It is told how often the provider was asked. */
export type WhenAsked = (count: number) => Promise<void>;
const nothing: WhenAsked = async () => undefined;

function makeDeps(fixture: Fixture, batchSays: BatchReply, whenAsked: WhenAsked) {
  let asked = 0;
  const ask = async () => {
    await whenAsked((asked += 1));
    return reply('unknown', 'no clear answer');
  };
  const askAll = async () => {
    await whenAsked((asked += 1));
    return batchSays;
  };
  const gateways = { wise: { submit: ask, resolve: ask }, paypal: { batches: { submit: askAll, resolve: askAll } } };
  const deps = {
    db: fixture.app,
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 1_000,
    gateways: gateways as unknown as Gateways,
  };
  return { deps, countAsked: () => asked };
}

/** A database for a caller that records its reply late: as soon as it has the reply, its transactions wait for `goOn`. */
export function recordingLate({ app }: Fixture, hasReply: () => boolean) {
  const [replied, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const db: DatabasePool = {
    ...app,
    async transaction(work, retries) {
      if (hasReply()) {
        replied.resolve();
        await goesOn.promise;
      }
      return app.transaction(work, retries);
    },
  };
  return { db, replied: replied.promise, goOn: goesOn.resolve };
}

/** A payout that is asked for alone. */
export async function frozenPayout(fixture: Fixture, whenAsked = nothing): Promise<Frozen> {
  const paying = await addPayingRun(fixture.app, 'bank', 1);
  const { payoutIds } = paying;
  const [payoutId = ''] = payoutIds;
  const { gateway, currency, net } = await getPayout(fixture.app, payoutId);
  const id = randomUUID();
  const common = { payoutId, batchId: null, attemptNo: 1, gateway, currency, minor: net, checkNumber: null };
  const request = { requestSealed: seal(VAULT, attemptRecord(id), REQUEST), requestHash: REQUEST_HASH };
  await insertAttempts(fixture.app, [{ ...common, ...request, id, providerKey: id }]);
  const { deps, countAsked } = makeDeps(fixture, unclear(), whenAsked);
  const advance = (db = fixture.app) => createPayoutActivities({ ...deps, db }).advancePayout(payoutId);
  return { ...paying, gateway, countAsked, advance };
}

/** A batch of two payouts. Its provider gives this answer about it. */
export async function frozenBatch(
  fixture: Fixture,
  says: (ids: readonly string[]) => BatchReply = unclear,
  whenAsked = nothing,
): Promise<Frozen> {
  const paying = await addPayingRun(fixture.app, 'paypal', 2);
  const { runId, payoutIds } = paying;
  const id = randomUUID();
  const group = { runId, gateway: 'paypal', currency: 'USD', number: 1, itemCount: 2, totalMinor: 2000n } as const;
  const request = { requestSealed: seal(VAULT, batchRecord(id), REQUEST), requestHash: REQUEST_HASH };
  const attemptIds: string[] = [];
  await fixture.app.transaction(async (tx) => {
    await insertBatch(tx, { ...group, ...request, id, providerKey: id });
    for (const payoutId of payoutIds) attemptIds.push(await addAttempt(tx, payoutId, { batchId: id }));
  });
  const noClient = {} as Client; // no workflow is started here
  const { deps, countAsked } = makeDeps(fixture, says(attemptIds), whenAsked);
  const advance = (db = fixture.app) =>
    createBatchActivities({ ...deps, db, temporal: noClient, activePayoutsMax: 1 }).advanceBatch(id);
  return { ...paying, gateway: 'paypal', countAsked, advance };
}
