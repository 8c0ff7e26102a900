import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { recordReply } from '../../../activities/payouts/record.ts';
import { recordBatchReply } from '../../../activities/payouts/record-batch.ts';
import { type BatchDeps, createBatchActivities } from '../../../activities/payouts/batches.ts';
import { createPayoutActivities } from '../../../activities/payouts/advance.ts';
import { pauseGateway } from '../../../commands/payers/gateway-pauses.ts';
import { decideResolution, proposeResolution } from '../../../commands/payouts/resolutions.ts';
import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { getBatch } from '../../../db/payouts/batches.ts';
import { attemptRecord, batchRecord, seal } from '../../../db/vault.ts';
import { type AttemptState, RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { Failure, type FailureCode } from '../../../domain/errors.ts';
import { money } from '../../../domain/money.ts';
import { reply, batchReply } from '../../../gateways/replies.ts';
import type { ReplyState, Gateway, Gateways } from '../../../gateways/gateway.ts';
import { withClient } from '../../../scripts/stack/postgres.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addActor, addBatch, addPayingRun, sendBatch, sendPayout } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';

const HOUR_MIN = 60;
const DAY_MIN = 24 * HOUR_MIN;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Changes rows in a way that the product may not: makes a frozen request one that can be unsealed, or moves time. */
const change = (statement: string, values: readonly unknown[]): Promise<void> =>
  withClient(fixture.url, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(statement, [...values]);
  });

/** A payout whose provider was asked and replied `state`, or did not reply. */
async function asked(state: AttemptState): Promise<string> {
  const [payoutId = ''] = (await addPayingRun(fixture.app, 'bank', 1)).payoutIds;
  const id = await sendPayout(fixture.app, payoutId);
  const sealed = seal(VAULT, attemptRecord(id), Buffer.from('{}'));
  await change('update payout_attempt set request_sealed = $2 where id = $1', [id, sealed]);
  if (state !== 'submitted') await say(payoutId, state as ReplyState);
  return payoutId;
}

async function say(payoutId: string, state: ReplyState): Promise<void> {
  const attempt = await findLiveAttempt(fixture.app, payoutId);
  if (!attempt) throw new Error('there is no live attempt');
  const debited = state === 'unknown' ? null : { amount: money(attempt.minor, 'USD'), fee: money(0n, 'USD') };
  await recordReply(deps(fails()), attempt, reply(state, state, { debited }));
}

/** Makes an attempt look as if it had been in its state for so long, and its provider had last replied that long ago. */
const age = (payoutId: string, minutes: number, repliedMinutes = minutes) =>
  change(
    `update payout_attempt set state_at = now() - $2 * interval '1 minute', answered_at = now() - $3 * interval '1 minute'
     where payout_id = $1`,
    [payoutId, minutes, repliedMinutes],
  );

/** A provider that never replies. */
function fails(code: FailureCode = 'gateway_unavailable'): Partial<Gateway> {
  const fail = () => Promise.reject(new Failure(code, 'Wise did not answer a look-up (403).'));
  const batches = { itemsMax: 2, freeze: () => Buffer.from('{}'), submit: fail, resolve: fail, read: fail, name: fail };
  return { submit: fail, resolve: fail, read: fail, batches };
}

const deps = (wise: Partial<Gateway>) =>
  ({
    db: fixture.app,
    gateways: { wise } as unknown as Gateways,
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 1_000,
  }) as BatchDeps;

const poll = (payoutId: string, wise = fails()) => createPayoutActivities(deps(wise)).advancePayout(payoutId);
const lookAtBatch = (id: string) => createBatchActivities(deps(fails())).advanceBatch(id);

/** The alarms about a payout or a batch. The silence of a provider is one alarm for its gateway, which names the payout or batch that showed it first. */
const alarmsOf = (subject: string): Promise<readonly string[]> =>
  fixture.app.anyFirst(sql.type(z.object({ kind: z.string() }))`
    select kind from alarm where subject = ${subject} or subject = 'gateway/wise' and detail like ${`%${subject}%`}`);

afterEach(() => change('update alarm set cleared_at = now() where cleared_at is null', []));

describe('given a payout whose provider replies to no look-up', () => {
  it.each<{ state: AttemptState; minutes: number; kinds: string[] }>([
    { state: 'submitted', minutes: 59, kinds: [] },
    { state: 'submitted', minutes: 61, kinds: ['unknown_outcome'] },
    { state: 'unknown', minutes: 61, kinds: ['unknown_outcome'] },
    { state: 'accepted', minutes: 3 * HOUR_MIN, kinds: [] },
    { state: 'accepted', minutes: 5 * HOUR_MIN, kinds: ['provider_silent'] },
    { state: 'on_hold', minutes: 5 * HOUR_MIN, kinds: ['provider_silent'] },
    { state: 'sent', minutes: 5 * HOUR_MIN, kinds: ['provider_silent'] },
  ])('when it has been $state for $minutes minutes then the alarms are $kinds', async ({ state, minutes, kinds }) => {
    const payoutId = await asked(state);
    await age(payoutId, minutes);
    expect(await poll(payoutId)).toMatchObject({ state });
    expect(await alarmsOf(`payout/${payoutId}`)).toEqual(kinds);
  });

  it.each<{ code: FailureCode }>([{ code: 'gateway_rate_limited' }, { code: 'gateway_not_sent' }])(
    'when every look-up ends with $code then that is silence too',
    async ({ code }) => {
      const payoutId = await asked('accepted');
      await age(payoutId, 5 * HOUR_MIN);
      await poll(payoutId, fails(code));
      expect(await alarmsOf(`payout/${payoutId}`)).toEqual(['provider_silent']);
    },
  );

  it.each([
    { minutes: DAY_MIN + HOUR_MIN, kinds: [], because: 'it was not polled in between' },
    { minutes: 2 * DAY_MIN, kinds: ['provider_silent'], because: 'the poll before failed too' },
  ])(
    'when it is polled daily and last replied $minutes minutes ago then the alarms are $kinds: $because',
    async ({ minutes, kinds }) => {
      const payoutId = await asked('sent');
      await age(payoutId, 15 * DAY_MIN, minutes);
      await poll(payoutId);
      expect(await alarmsOf(`payout/${payoutId}`)).toEqual(kinds);
    },
  );

  it('when the silence lasts then there is one alarm, and when the provider replies again the payout continues', async () => {
    const payoutId = await asked('accepted');
    await age(payoutId, 5 * HOUR_MIN);
    for (const _ of [1, 2]) await poll(payoutId);
    expect(await poll(payoutId, { read: async () => reply('sent', 'sent') })).toMatchObject({ state: 'sent' });
    await poll(payoutId);
    expect(await alarmsOf(`payout/${payoutId}`)).toEqual(['provider_silent']);
  });

  it('when there are several such payouts then the gateway has one alarm, and another one only once the first is cleared', async () => {
    const [first, second] = [await asked('accepted'), await asked('accepted')];
    for (const payoutId of [first, second]) await age(payoutId, 5 * HOUR_MIN);
    for (const payoutId of [first, second]) await poll(payoutId);
    expect(await alarmsOf(`payout/${second}`)).toEqual([]);
    await change('update alarm set cleared_at = now()', []);
    await poll(second);
    expect(await alarmsOf(`payout/${second}`)).toEqual(['provider_silent']);
  });

  it('when its gateway is paused then it is not asked, and no alarm is raised', async () => {
    const payoutId = await asked('unknown');
    await age(payoutId, 5 * HOUR_MIN);
    await pauseGateway(fixture.app, 'wise', 'a test', null);
    expect(await poll(payoutId)).toMatchObject({ state: 'unknown', isHeld: true });
    await fixture.app.query(sql.unsafe`delete from gateway_pause`);
    expect(await alarmsOf(`payout/${payoutId}`)).toEqual([]);
  });
});

describe('given a batch whose provider replies to no look-up', () => {
  it.each([
    { state: 'submitted', minutes: 59, kinds: [] },
    { state: 'submitted', minutes: 61, kinds: ['unknown_outcome'] },
    { state: 'unknown', minutes: 61, kinds: ['unknown_outcome'] },
    { state: 'accepted', minutes: 3 * HOUR_MIN, kinds: [] },
    { state: 'accepted', minutes: 5 * HOUR_MIN, kinds: ['provider_silent'] },
  ] as const)('when it has been $state for $minutes minutes then the alarms are $kinds', async (row) => {
    const { app } = fixture;
    const { runId, payoutIds } = await addPayingRun(app, 'bank', 2);
    const { id } = await addBatch(app, runId, payoutIds);
    await sendBatch(app, id);
    if (row.state !== 'submitted')
      await recordBatchReply(deps(fails()), { id, callNo: 0 }, batchReply(row.state, row.state));
    await change(
      `update provider_batch set request_sealed = $2, state_at = now() - $3 * interval '1 minute' where id = $1`,
      [id, seal(VAULT, batchRecord(id), Buffer.from('{}')), row.minutes],
    );

    for (const _ of [1, 2]) await lookAtBatch(id);

    expect((await getBatch(app, id)).state).toBe(row.state);
    expect(await alarmsOf(`batch/${id}`)).toEqual(row.kinds);
  });
});

describe('given a payment whose status does not change for weeks', () => {
  const tasksOf = (payoutId: string): Promise<readonly string[]> =>
    fixture.app.anyFirst(sql.type(z.object({ kind: z.string() }))`
      select kind from task where payout_id = ${payoutId} and closed_at is null`);
  const still = (state: ReplyState): Partial<Gateway> => ({ read: async () => reply(state, state) });

  it.each<{ state: ReplyState; days: number; kinds: string[] }>([
    { state: 'accepted', days: 13, kinds: [] },
    { state: 'accepted', days: 15, kinds: ['outcome_unknown'] },
    { state: 'on_hold', days: 46, kinds: ['outcome_unknown'] },
    { state: 'unclaimed', days: 46, kinds: ['outcome_unknown'] },
  ])(
    'when it has been $state for $days days then the open tasks are $kinds, whether or not the provider replies',
    async (row) => {
      for (const gateway of [still(row.state), fails()]) {
        const payoutId = await asked(row.state);
        await age(payoutId, row.days * DAY_MIN);
        await poll(payoutId, gateway);
        expect(await tasksOf(payoutId)).toEqual(row.kinds);
      }
    },
  );

  it('when people were asked then two of them can end it, and so can the provider', async () => {
    const [first, second] = [await asked('accepted'), await asked('accepted')];
    for (const payoutId of [first, second]) {
      await age(payoutId, 15 * DAY_MIN);
      await poll(payoutId, still('accepted'));
    }
    const [one, other] = [await addActor(fixture.app), await addActor(fixture.app)];
    const proposal = { outcome: 'returned' as const, evidence: 'Wise wrote that it sent it back', reference: null };
    await proposeResolution(fixture.app, { payoutId: first, actorId: one, ...proposal });
    await decideResolution(fixture.app, { payoutId: first, actorId: other, decision: 'confirm', note: null });
    expect(await poll(first)).toMatchObject({ state: 'returned', status: 'returned', isFinal: true });
    expect(await poll(second, still('settled'))).toMatchObject({ state: 'settled', isFinal: true });
    expect([...(await tasksOf(first)), ...(await tasksOf(second))]).toEqual([]);
  });

  it('when a batch does not show it for a day then people are asked about it', async () => {
    const { app } = fixture;
    const { runId, payoutIds } = await addPayingRun(app, 'bank', 2);
    const { id } = await addBatch(app, runId, payoutIds);
    await sendBatch(app, id);
    await recordBatchReply(deps(fails()), { id, callNo: 0 }, batchReply('accepted', 'FUNDED'));
    const batches = { ...fails().batches, name: async () => undefined } as NonNullable<Gateway['batches']>;
    const seal0 = seal(VAULT, batchRecord(id), Buffer.from('{}'));
    for (const { hours, kinds } of [
      { hours: 2, kinds: [] },
      { hours: 25, kinds: ['outcome_unknown'] },
    ]) {
      await change(
        `update provider_batch set request_sealed = $2, state_at = now() - $3 * interval '1 hour' where id = $1`,
        [id, seal0, hours],
      );
      await createBatchActivities({ ...deps({ ...fails(), batches }), activePayoutsMax: 0 }).advanceBatch(id);
      for (const payoutId of payoutIds) expect(await tasksOf(payoutId)).toEqual(kinds);
    }
  });
});
