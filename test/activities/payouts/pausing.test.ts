import { type QuerySqlToken, sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pauseGateway, resumeGateway } from '../../../commands/payers/gateway-pauses.ts';
import { pauseRun } from '../../../commands/runs/changes.ts';
import { getPayout } from '../../../db/payouts/payouts.ts';
import { insertTask } from '../../../db/tasks/tasks.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addActor } from '../../fixtures/rows.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { type Frozen, frozenBatch, frozenPayout, recordingLate, type WhenAsked } from './frozen.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

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
    { what: 'the run of its payout', freeze: frozenPayout, pauseIt: pauseItsRun },
    { what: 'the run of its batch', freeze: frozenBatch, pauseIt: pauseItsRun },
  ])('when $what is paused then the pause returns once the claim is committed', async ({ freeze, pauseIt }) => {
    const frozen = await freeze(fixture);
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

describe('given a caller that has the reply of its provider and has not recorded it', () => {
  it.each([
    { what: 'payout', freeze: frozenPayout },
    { what: 'batch', freeze: frozenBatch },
  ])('when another caller comes for the $what then it asks nobody', async ({ freeze }) => {
    const frozen = await freeze(fixture);
    const late = recordingLate(fixture, () => frozen.countAsked() > 0);
    const first = frozen.advance(late.db);
    await late.replied;

    await frozen.advance();
    late.goOn();
    await first;

    expect(frozen.countAsked()).toBe(1);
  });

  it.each([
    { what: 'payout', freeze: (whenAsked: WhenAsked) => frozenPayout(fixture, whenAsked) },
    { what: 'batch', freeze: (whenAsked: WhenAsked) => frozenBatch(fixture, undefined, whenAsked) },
  ])('when its time is up and another caller asks for the $what then a third one asks nobody', async ({ freeze }) => {
    const late = recordingLate(fixture, () => frozen.countAsked() > 0);
    let first: Promise<unknown> | undefined;
    const frozen = await freeze(async (count) => {
      if (count !== 2) return;
      late.goOn();
      await first;
      await frozen.advance();
    });
    first = frozen.advance(late.db);
    await late.replied;
    for (const asked of ['payout_attempt', 'provider_batch'])
      await fixture.owner.query(sql.unsafe`
        update ${sql.identifier([asked])} set submit_deadline_at = clock_timestamp() where submit_deadline_at > now()`);

    await frozen.advance();

    expect(frozen.countAsked()).toBe(2);
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
    const { payoutIds, gateway, advance, countAsked } = await frozenPayout(fixture);
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
