import { randomUUID } from 'node:crypto';

import type { Client } from '@temporalio/client';
import { type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pauseRun } from '../../../commands/runs/changes.ts';
import { createBatchActivities } from '../../../activities/payouts/batches.ts';
import { createPayoutActivities } from '../../../activities/payouts/advance.ts';
import { pauseGateway, resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import { insertAttempts } from '../../../db/payouts/attempts.ts';
import { insertBatch } from '../../../db/payouts/batches.ts';
import { attemptRecord, batchRecord, seal } from '../../../db/vault.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { insertTask } from '../../../db/tasks/tasks.ts';
import { sha256 } from '../../../domain/canonical.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import type { GatewayName } from '../../../domain/rails.ts';
import { reply, batchReply } from '../../../gateways/replies.ts';
import type { Gateways } from '../../../gateways/gateway.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addActor, addAttempt, addPayingRun } from '../../fixtures/rows.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { VAULT } from '../../fixtures/world.ts';

const REQUEST = Buffer.from('{}');
const REQUEST_HASH = sha256(REQUEST);

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A payout or batch that is frozen and not asked for yet. Every provider replies that it does not know the outcome. */
type Frozen = {
  runId: string;
  gateway: GatewayName;
  payoutIds: readonly string[];
  advance: () => Promise<unknown>;
  /** How often its provider was asked for the payment. */
  countAsked: () => number;
};

function makeDeps() {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return reply('unknown', 'no clear answer');
  };
  const askAll = async () => {
    asked += 1;
    return batchReply('unknown', 'no clear answer');
  };
  const gateways = { wise: { submit: ask, resolve: ask }, paypal: { batches: { submit: askAll } } };
  const deps = {
    db: fixture.app,
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 1_000,
    gateways: gateways as unknown as Gateways,
  };
  return { deps, countAsked: () => asked };
}

async function frozenPayout(): Promise<Frozen> {
  const { runId, payoutIds } = await addPayingRun(fixture.app, 'bank', 1);
  const [payoutId = ''] = payoutIds;
  const { gateway, currency, net } = await getPayout(fixture.app, payoutId);
  const id = randomUUID();
  const common = { payoutId, batchId: null, attemptNo: 1, gateway, currency, minor: net, checkNumber: null };
  const request = { requestSealed: seal(VAULT, attemptRecord(id), REQUEST), requestHash: REQUEST_HASH };
  await insertAttempts(fixture.app, [{ ...common, ...request, id, providerKey: id }]);
  const { deps, countAsked } = makeDeps();
  return { runId, gateway, payoutIds, countAsked, advance: () => createPayoutActivities(deps).advancePayout(payoutId) };
}

async function frozenBatch(): Promise<Frozen> {
  const { runId, payoutIds } = await addPayingRun(fixture.app, 'paypal', 2);
  const id = randomUUID();
  const group = { runId, gateway: 'paypal', currency: 'USD', number: 1, itemCount: 2, totalMinor: 2000n } as const;
  const request = { requestSealed: seal(VAULT, batchRecord(id), REQUEST), requestHash: REQUEST_HASH };
  await fixture.app.transaction(async (tx) => {
    await insertBatch(tx, { ...group, ...request, id, providerKey: id });
    for (const payoutId of payoutIds) await addAttempt(tx, payoutId, { batchId: id });
  });
  const noClient = {} as Client; // no workflow is started here
  const { deps, countAsked } = makeDeps();
  const activities = createBatchActivities({ ...deps, temporal: noClient, activePayoutsMax: 1 });
  return { runId, gateway: 'paypal', payoutIds, countAsked, advance: () => activities.advanceBatch(id) };
}

const Count = z.object({ count: z.bigint() });

const countUnasked = (payoutIds: readonly string[]): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(Count)`
    select count(*) from payout_attempt where payout_id = any(${sql.array([...payoutIds], 'uuid')}) and state = 'prepared'`);

/** Takes a lock as another session would. */
const hold = (statement: QuerySqlToken) => leaveOpen(fixture.owner, (tx) => tx.query(statement));

/** Waits until so many sessions wait for another session's lock, or until that wait has become needless. */
const untilWaiting = (count: bigint, isNeedless: () => boolean = () => false) =>
  eventually(`${count} sessions wait`, async () => isNeedless() || (await countWaiting(fixture.owner)) === count);

const pauseItsGateway = ({ gateway }: Frozen) => pauseGateway(fixture.app, gateway, 'a test', null);
const pauseItsRun = async ({ runId }: Frozen) =>
  pauseRun(fixture.app, { runId, actorId: await addActor(fixture.app), reason: 'a test' });

describe('given a claim that has seen no pause and has not committed', () => {
  it.each([
    { what: 'the gateway of its payout', freeze: frozenPayout, pauseIt: pauseItsGateway },
    { what: 'the gateway of its batch', freeze: frozenBatch, pauseIt: pauseItsGateway },
    { what: 'the run of its batch', freeze: frozenBatch, pauseIt: pauseItsRun },
  ])('when $what is paused then the pause returns once the claim is committed', async ({ freeze, pauseIt }) => {
    const frozen = await freeze();
    const ids = sql.array([...frozen.payoutIds], 'uuid');
    const held = await hold(sql.unsafe`select from payout_attempt where payout_id = any(${ids}) for update`);
    const claimed = frozen.advance();
    await untilWaiting(1n);

    let unasked: bigint | undefined;
    const pause = async () => {
      await pauseIt(frozen);
      unasked = await countUnasked(frozen.payoutIds);
    };
    const paused = pause();
    await untilWaiting(2n, () => unasked !== undefined);
    await held.commit();
    await Promise.all([claimed, paused]);

    expect(unasked).toBe(0n);
    await resumeGateway(fixture.app, frozen.gateway, await addActor(fixture.app));
  });
});

/** Two people decide that a payment was not paid. Their decision is not in the books yet. */
async function decideNotPaid(payoutId: string): Promise<void> {
  const [proposer, decider] = [await addActor(fixture.app), await addActor(fixture.app)];
  await fixture.app.query(sql.unsafe`
    insert into resolution(task_id, payout_id, attempt_id, outcome, evidence, proposed_by)
    select task.id, attempt.payout_id, attempt.id, 'not_paid', 'the bank wrote that it knows nothing of it', ${proposer}
    from payout_attempt attempt join task on task.payout_id = attempt.payout_id where attempt.payout_id = ${payoutId}`);
  await fixture.app.query(sql.unsafe`
    update resolution set status = 'confirmed', decided_by = ${decider}, decided_at = now() where payout_id = ${payoutId}`);
}

describe('given a payment whose provider may be asked again, and two people who decided that it was not paid', () => {
  it('when their decision is being applied then its provider is no longer asked', async () => {
    const { payoutIds, gateway, advance, countAsked } = await frozenPayout();
    const [payoutId = ''] = payoutIds;
    await advance();
    expect(countAsked()).toBe(1);
    const about = { kind: 'outcome_unknown', subject: `payout/${payoutId}`, payoutId, detail: 'a test' } as const;
    await insertTask(fixture.app, about);
    const pausing = await hold(
      sql.unsafe`select pg_advisory_xact_lock(hashtext('gateway_pause'), hashtext(${gateway}))`,
    );
    const asking = advance(); // it has seen no decision and waits for its turn
    await untilWaiting(1n);
    await decideNotPaid(payoutId);
    const reading = await hold(sql.unsafe`select from task where payout_id = ${payoutId} for update`);
    const applying = advance();
    await untilWaiting(2n);

    await pausing.commit();
    await untilWaiting(2n, () => countAsked() > 1);
    await reading.commit();
    await Promise.all([asking, applying]);

    expect(await getPayout(fixture.app, payoutId)).toMatchObject({ status: 'failed' });
    expect(countAsked()).toBe(1);
  });
});
