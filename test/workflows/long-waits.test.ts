import type { WorkflowHandle } from '@temporalio/client';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createPayoutActivities, type PayoutDeps } from '../../activities/payouts/advance.ts';
import { createPrepareRunActivities } from '../../activities/runs/prepare.ts';
import { getPayout } from '../../db/payouts/payouts.ts';
import { attemptRecord, seal } from '../../db/vault.ts';
import { DAY_MS, HOUR_MS } from '../../domain/durations.ts';
import { money } from '../../domain/money.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../domain/payouts/attempt.ts';
import { reply } from '../../gateways/replies.ts';
import type { ReplyState, Gateways } from '../../gateways/gateway.ts';
import { payoutWorkflowId, runWorkflowId, TASK_QUEUES } from '../../temporal/messages.ts';
import { openFixture, type Fixture } from '../db/fixture.ts';
import { addCompany, addLine, addPartner, addPayingRun, addRun, sendPayout } from '../fixtures/rows.ts';
import { tamper } from '../fixtures/database.ts';
import { openSkippedTime, type SkippedTime } from '../fixtures/skipped-time.ts';
import { VAULT } from '../fixtures/world.ts';

let fixture: Fixture;
let time: SkippedTime;
/** The provider's reply to each poll, by the days for which the payout has been followed. */
let replies: (days: number) => ReplyState;
let askedAt: number;
let polls: number[];

beforeAll(async () => {
  fixture = await openFixture();
  const read = async (): ReturnType<Gateways['wise']['read']> => {
    const atMs = (await time.now()) - askedAt;
    polls.push(atMs);
    const state = replies(Math.floor(atMs / DAY_MS));
    const paid = { amount: money(1000n, 'USD'), fee: money(0n, 'USD') };
    return reply(state, state, { debited: paid, ...(state === 'returned' ? { returned: paid } : {}) });
  };
  const deps = {
    db: fixture.app,
    gateways: { wise: { read }, paypal: { read } } as unknown as Gateways,
    vault: VAULT,
    returnWindows: RETURN_WINDOWS_DEFAULT,
    firstPollMs: 1_000,
  } as PayoutDeps;
  time = await openSkippedTime({ ...createPayoutActivities(deps), ...createPrepareRunActivities(deps) }, letTimePass);
});
afterAll(async () => {
  await time.close();
  await fixture.close();
});

/** Makes rows older, which the product may not do. */
const letTimePass = (ms: number): Promise<void> => {
  const passed = sql.fragment`${ms} * interval '1 millisecond'`;
  return tamper(
    fixture.owner,
    sql.unsafe`update payout_run set review_since = review_since - ${passed} where review_since is not null`,
    sql.unsafe`update payout_attempt set submitted_at = submitted_at - ${passed}, state_at = state_at - ${passed},
      answered_at = answered_at - ${passed}`,
  );
};

/** Follows a payout whose provider was asked now, until its workflow ends. */
async function follow(method: 'bank' | 'paypal', repliesByDay: typeof replies) {
  askedAt = await time.begin();
  const [payoutId = ''] = (await addPayingRun(fixture.app, method, 1)).payoutIds;
  const attemptId = await sendPayout(fixture.app, payoutId);
  const sealed = sql.binary(seal(VAULT, attemptRecord(attemptId), Buffer.from('{}')));
  await tamper(
    fixture.owner,
    sql.unsafe`update payout_attempt set request_sealed = ${sealed}, state = 'accepted' where id = ${attemptId}`,
  );
  replies = repliesByDay;
  polls = [];
  const gateway = method === 'bank' ? 'wise' : 'paypal';
  const workflow = await time.temporal.workflow.start('payout', {
    workflowId: payoutWorkflowId(payoutId),
    taskQueue: TASK_QUEUES.main,
    args: [payoutId, gateway],
  });
  return { payoutId, workflow };
}

const daysOf = (ms: number): number => Math.floor(ms / DAY_MS);

const longestWaitHours = (): number =>
  Math.max(...polls.map((atMs, index) => Math.floor((atMs - (polls[index - 1] ?? 0)) / HOUR_MS)));

async function daysTaken(workflow: WorkflowHandle): Promise<number> {
  const { startTime, closeTime } = await workflow.describe();
  return daysOf((closeTime?.getTime() ?? Number.NaN) - startTime.getTime());
}

describe('given a run that nobody decides', () => {
  it('when a week passes then finance is reminded on each of six days, and on the seventh the run expires', async () => {
    await time.begin();
    const company = await addCompany(fixture.app);
    const partner = await addPartner(fixture.app, company);
    await addLine(fixture.app, company, partner);
    const runId = await addRun(fixture.app, company);

    const workflow = await time.temporal.workflow.start('run', {
      workflowId: runWorkflowId(runId),
      taskQueue: TASK_QUEUES.main,
      args: [runId],
    });

    expect(await workflow.result()).toBe('expired');
    expect(await daysTaken(workflow)).toBe(7);
    const notices = await fixture.app.any(sql.type(z.object({ kind: z.string(), reminder: z.number().nullable() }))`
      select kind, (body ->> 'reminder')::int as reminder from notification where body ->> 'run' = ${runId} order by id`);
    expect(notices).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6].map((reminder) => ({ kind: 'run_in_review', reminder })),
      { kind: 'run_decided', reminder: null },
    ]);
  });
});

describe('given a transfer that was sent', () => {
  it('when its bank sends nothing back then it is polled less and less often, at least daily, and settles after three weeks', async () => {
    const { payoutId, workflow } = await follow('bank', () => 'sent');

    expect(await workflow.result()).toBe('settled');

    expect((await getPayout(fixture.app, payoutId)).status).toBe('settled');
    expect(await daysTaken(workflow)).toBe(21);
    expect(polls.filter((atMs) => atMs < DAY_MS).length).toBeGreaterThan(20);
    expect(polls.length).toBeLessThan(100);
    expect(longestWaitHours()).toBe(24);
  });
});

describe('given a payment that nobody claims', () => {
  it('when a month passes until it comes back then its partner is notified at once and after 1, 7 and 21 days, each time once', async () => {
    const { payoutId, workflow } = await follow('paypal', (days) => (days < 30 ? 'unclaimed' : 'returned'));

    expect(await workflow.result()).toBe('returned');

    const days = await fixture.app.anyFirst(sql.type(z.object({ day: z.number() }))`
      select (body ->> 'day')::int as day from notification where body ->> 'payout' = ${payoutId} and kind = 'payout_unclaimed'
      order by id`);
    expect(days).toEqual([0, 1, 7, 21]);
    expect(await daysTaken(workflow)).toBe(30);
  });
});

describe('given a payout that its provider holds for a year', () => {
  it('when its workflow begins anew then it goes on polling, keeps the story so far, and still learns the outcome', async () => {
    const { payoutId, workflow } = await follow('paypal', (days) =>
      days < 1 ? 'accepted' : days < 365 ? 'on_hold' : 'settled',
    );

    expect(await workflow.result()).toBe('settled');

    const [first, last] = await Promise.all(
      [workflow.firstExecutionRunId, undefined].map((runId) =>
        time.temporal.workflow.getHandle(payoutWorkflowId(payoutId), runId).describe(),
      ),
    );
    expect([first?.status.name, last?.status.name]).toEqual(['CONTINUED_AS_NEW', 'COMPLETED']);
    expect(daysOf(polls.at(-1) ?? 0)).toBe(365);
    const { currentDetails } = await time.temporal.workflow
      .getHandle(payoutWorkflowId(payoutId))
      .query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails.match(/paypal replied .*/g)).toEqual([
      'paypal replied accepted',
      'paypal replied on_hold',
      'paypal replied settled',
    ]);
    expect(longestWaitHours()).toBe(24);
  });
});
