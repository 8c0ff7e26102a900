import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pauseGateway, resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import { pauseRun, resumeRun } from '../../../commands/runs/changes.ts';
import { batchReply } from '../../../gateways/replies.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addActor } from '../../fixtures/rows.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { type Frozen, frozenBatch, frozenPayout } from './frozen.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const SESSIONS = 4;

/** Asks every session of the app to report first, because a session reports its deadlocks up to a second later. */
async function countDeadlocks(): Promise<bigint> {
  const flush = () =>
    fixture.app.transaction((tx) => tx.query(sql.unsafe`select pg_stat_force_next_flush(), pg_sleep(0.01)`));
  await Promise.all(Array.from({ length: SESSIONS }, flush));
  return fixture.owner.oneFirst(sql.type(z.object({ deadlocks: z.bigint() }))`
    select deadlocks from pg_stat_database where datname = current_database()`);
}

const untilWaiting = (count: bigint) =>
  eventually(`${count} sessions wait`, async () => (await countWaiting(fixture.owner)) === count);

const resumeItsRun = async ({ runId }: Frozen) => {
  const change = { runId, actorId: await addActor(fixture.app), reason: 'a test' };
  await pauseRun(fixture.app, change);
  return () => resumeRun(fixture.app, change);
};
const resumeItsGateway = async ({ gateway }: Frozen) => {
  const by = await addActor(fixture.app);
  await pauseGateway(fixture.app, gateway, 'a test', null);
  return () => resumeGateway(fixture.app, gateway, by);
};

/** A batch whose provider has refused every payment in it, which is not settled yet. */
async function refusedBatch(): Promise<Frozen> {
  const frozen = await frozenBatch(fixture, (keys) => ({
    ...batchReply('refused', 'DENIED'),
    refused: keys.map((key) => ({ key, reason: 'RECEIVER_UNREGISTERED' })),
  }));
  await frozen.advance();
  return frozen;
}

describe('given two transactions that need the same rows at the same moment', () => {
  it.each([
    { first: 'the resume of a run', other: 'the claim of its batch', open: frozenBatch, change: resumeItsRun },
    { first: 'the resume of a run', other: 'the claim of its payout', open: frozenPayout, change: resumeItsRun },
    { first: 'the resume of a run', other: 'the end of its refused batch', open: refusedBatch, change: resumeItsRun },
    { first: 'the resume of a gateway', other: 'the claim of its batch', open: frozenBatch, change: resumeItsGateway },
  ])('when $first meets $other then one waits for the other, and none is given up', async ({ open, change }) => {
    const frozen = await open(fixture);
    const resume = await change(frozen);
    const last = frozen.payoutIds.toSorted().at(-1) ?? '';
    const held = await leaveOpen(fixture.owner, (tx) =>
      tx.query(sql.unsafe`select from payout where id = ${last} for update`),
    );
    const before = await countDeadlocks();
    const resumed = resume(); // it has some of its locks, and waits for the payout
    await untilWaiting(1n);
    const claimed = frozen.advance(); // it takes all that it can
    await untilWaiting(2n);
    await held.commit();
    await Promise.all([resumed, claimed]);
    expect((await countDeadlocks()) - before).toBe(0n);
  });
});
