import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HOUR_MS } from '../../domain/durations.ts';
import { decideUpdate, runChangedSignal, runWorkflowId } from '../../temporal/messages.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { eventually } from '../fixtures/eventually.ts';
import { getRun, listRunPayouts, runBecomes, type RunSeen } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  allBecome,
  type Business,
  codeOf,
  decide,
  openBusiness,
  orCode,
  paidFor,
  payoutOf,
  prepare,
  startPaying,
} from './fixture.ts';

let world: World;
let company: Company;
let second: Company['approver'];

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
  second = await world.person('bella', 'approver');
});
afterAll(() => world.close());

const open = async (code: string, approvalsRequired = 1): Promise<Business> => {
  const business = await openBusiness(company, { code, approvalsRequired });
  await addPayees(business, [
    { name: 'ann', method: 'paypal', amount: '10.00' },
    { name: 'bob', method: 'paypal', amount: '20.00' },
  ]);
  return business;
};

const approvalsOf = async ({ id }: RunSeen) =>
  (await company.auditor.api.get<{ approvals: { actor: string; decision: string }[] }>(`/v1/runs/${id}`)).approvals;

const exclude = async (by: Company['approver'], { id }: RunSeen, payout: string): Promise<RunSeen> => {
  await by.api.post(`/v1/payouts/${payout}/cut`, { reason: 'the invoice is disputed' });
  return getRun(company, id);
};

describe('given a run in review', () => {
  it('when the person who asked for it approves it, with any of their keys, then it is refused', async () => {
    const run = await prepare(await open('preparer'));
    const again = await world.person('paula', 'approver');

    expect(again.id).toBe(company.preparer.id);
    expect(await decide(again, run)).toBe('approver_is_preparer');
    expect(await approvalsOf(run)).toEqual([]);
  });

  it('when somebody whom it pays approves it then it is refused', async () => {
    const business = await open('payee');
    const partnerId = await world.db.oneFirst(
      sql.unsafe`select id from partner where code = ${codeOf(business, 'ann')}`,
    );
    await world.person('petra', 'partner', BigInt(String(partnerId)));
    const petra = await world.person('petra', 'approver');

    expect(await decide(petra, await prepare(business))).toBe('approver_is_payee');
  });

  it('when somebody who took a payout out of it approves it then it is refused, and what they took out is not paid', async () => {
    const business = await open('editor');
    const run = await prepare(business);
    const { id } = await payoutOf(business, run, 'bob');
    const editor = await world.person('eddie', 'preparer');
    const changed = await exclude(editor, run, id);
    const eddie = await world.person('eddie', 'approver');

    expect(await decide(eddie, changed)).toBe('approver_edited_run');
    expect(await decide(company.approver, changed)).toBe('approved');
    await allBecome(business, run, 'settled', 'cancelled');
    expect(await paidFor(world, id)).toEqual([]);
  });

  it('when somebody who added details that it pays to approves it then it is refused, until it no longer pays to them', async () => {
    const business = await open('instrument');
    const oscar = await world.person('oscar', 'operator');
    const asOscar = { ...business, company: { ...company, operator: oscar } };
    await addPayees(asOscar, [{ name: 'cleo', method: 'paypal', amount: '30.00' }]);
    const run = await prepare(business);
    const oscarApproves = await world.person('oscar', 'approver');

    expect(await decide(oscarApproves, run)).toBe('approver_edited_run');
    expect(await approvalsOf(run)).toEqual([]);
    const changed = await exclude(company.preparer, run, (await payoutOf(business, run, 'cleo')).id);
    expect(await decide(oscarApproves, changed)).toBe('approved');
  });

  it('when the content differs from what the approver saw then the approval is refused', async () => {
    const business = await open('hash');
    const run = await prepare(business);
    await exclude(company.preparer, run, (await payoutOf(business, run, 'ann')).id);

    expect(await decide(company.approver, run)).toBe('run_changed_since_seen');
    expect(await decide(company.approver, { ...run, contentHash: '0'.repeat(64) })).toBe('run_changed_since_seen');
    expect(await approvalsOf(run)).toEqual([]);
  });

  it('when two approvals are needed then two by the same person count as one', async () => {
    const business = await open('two', 2);
    const run = await prepare(business);

    expect(await decide(company.approver, run)).toBe('review');
    expect(await decide(company.approver, run)).toBe('approver_decided_already');
    expect(await decide(await world.person('anna', 'approver'), run)).toBe('approver_decided_already');
    expect((await getRun(company, run.id)).status).toBe('review');
    expect(await decide(second, run)).toBe('approved');
    await allBecome(business, run, 'settled');
  });

  it('when two people approve at the same moment then both count', async () => {
    const business = await open('at-once', 2);
    const run = await prepare(business);

    const statuses = await Promise.all([decide(company.approver, run), decide(second, run)]);

    expect(statuses.toSorted()).toEqual(['approved', 'review']);
    expect(await approvalsOf(run)).toHaveLength(2);
  });

  it('when a payout is excluded after an approval then that approval no longer counts', async () => {
    const business = await open('void', 2);
    const run = await prepare(business);
    await decide(company.approver, run);

    const changed = await exclude(company.preparer, run, (await payoutOf(business, run, 'bob')).id);

    expect(await decide(second, changed)).toBe('review');
    expect(await decide(company.approver, changed)).toBe('approved');
  });

  it('when it is rejected then nobody is paid, and a new run takes the same lines', async () => {
    const business = await open('reject');
    const run = await prepare(business);

    expect(await decide(company.approver, run, 'reject')).toBe('rejected');
    const again = await startPaying(business);
    const paid = await allBecome(business, again, 'settled');

    expect(paid.map(({ net }) => net).toSorted()).toEqual(['10.00', '20.00']);
    expect((await listRunPayouts(company, run.id)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('when a decision is sent twice with one Idempotency-Key then it is recorded once and both responses are the same', async () => {
    const run = await prepare(await open('repeat', 2));

    expect(await decide(company.approver, run, 'approve', 'repeat-1')).toBe('review');
    expect(await decide(company.approver, run, 'approve', 'repeat-1')).toBe('review');
    expect(await approvalsOf(run)).toHaveLength(1);
  });

  it('when no worker runs then the outcome of a decision is unknown, and the repeated decision is recorded exactly once', async () => {
    const run = await prepare(await open('no-worker', 2));
    await world.workers.pause();

    expect(await decide(company.approver, run, 'approve', 'no-worker-1')).toBe('outcome_not_known_yet');
    await world.workers.start();

    expect(await decide(company.approver, run, 'approve', 'no-worker-1')).toBe('review');
    expect(await approvalsOf(run)).toHaveLength(1);
  });

  it('when a decision whose response was lost has approved the run then its repeat says so, and another person is refused', async () => {
    const run = await prepare(await open('lost-answer'));
    const { id: by } = company.approver;
    const decision = { decision: 'approve', contentHash: run.contentHash ?? '', noteId: null, by } as const;
    const workflow = world.temporal.workflow.getHandle(runWorkflowId(run.id));
    await workflow.executeUpdate(decideUpdate, { updateId: `${by}/lost-1`, args: [decision] }); // as an API would that then died
    await runBecomes(company, run.id, 'disbursed');

    expect(await decide(company.approver, run, 'approve', 'lost-1')).toBe('disbursed');
    expect(await approvalsOf(run)).toHaveLength(1);
    const other = await world.person('albert', 'approver');
    expect(await decide(other, run, 'approve', 'lost-2')).toBe('run_not_in_review');
  });

  it('when far more decisions are refused than a workflow can take then it can still be decided', async () => {
    const run = await prepare(await open('refused-often'));
    const workflow = world.temporal.workflow.getHandle(runWorkflowId(run.id));
    const { runId: first } = await workflow.describe();
    const wrong = { decision: 'reject', contentHash: '0'.repeat(64), noteId: null, by: company.approver.id } as const;

    expect(await decide(company.approver, { ...run, contentHash: wrong.contentHash })).toBe('run_changed_since_seen');
    const { events = [] } = await workflow.fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);

    // As if the run changed each time between the look of the API and the transaction
    await Promise.all(
      Array.from({ length: 60 }, () => workflow.executeUpdate(decideUpdate, { args: [wrong] }).catch(() => undefined)),
    );
    await eventually('the run continues as a new workflow', async () => {
      const { runId } = await workflow.describe();
      return runId !== first;
    });
    expect(await decide(company.approver, run)).toBe('approved');
  });

  it('when its workflow was deleted then a decision starts it again and is recorded', async () => {
    const business = await open('deleted');
    const run = await prepare(business);
    await world.temporal.workflow.getHandle(runWorkflowId(run.id)).terminate('a test');

    expect(await decide(company.approver, run)).toBe('approved');
    await allBecome(business, run, 'settled');
  });

  it('when nobody decides for 7 days then the run expires, and a new run takes its lines', async () => {
    const business = await open('expiry');
    const run = await prepare(business);
    await world.db.query(
      sql.unsafe`update payout_run set review_since = now() - interval '7 days' where id = ${run.id}`,
    );
    await world.temporal.workflow.getHandle(runWorkflowId(run.id)).signal(runChangedSignal);
    await runBecomes(company, run.id, 'expired');

    expect(await decide(company.approver, run)).toBe('run_not_in_review');
    const again = await startPaying(business);
    expect(await allBecome(business, again, 'settled')).toHaveLength(2);
  });
});

describe('given an approved run whose pay date is still to come', () => {
  const tomorrow = () => new Date(Date.now() + 36 * HOUR_MS).toISOString().slice(0, 10);

  const approved = async (code: string) => {
    const business = await open(code);
    const run = await prepare(business);
    await world.db.query(sql.unsafe`update payout_run set pay_on = ${tomorrow()} where id = ${run.id}`);
    await decide(company.approver, run);
    return { business, run };
  };

  it('when it is cancelled then nobody is paid and its lines are free', async () => {
    const { business, run } = await approved('cancel');
    expect((await getRun(company, run.id)).status).toBe('approved');

    await company.preparer.api.post(`/v1/runs/${run.id}/cancel`, { reason: 'the wrong month' });

    await allBecome(business, run, 'cancelled');
    expect(await world.temporal.workflow.getHandle(runWorkflowId(run.id)).result()).toBe('cancelled');
    expect(await allBecome(business, await startPaying(business), 'settled')).toHaveLength(2);
  });

  it('when the date comes then the run pays', async () => {
    const { business, run } = await approved('pay-date');
    expect((await listRunPayouts(company, run.id)).map(({ status }) => status)).toEqual(['approved', 'approved']);

    await world.db.query(sql.unsafe`update payout_run set pay_on = current_date where id = ${run.id}`);
    await world.temporal.workflow.getHandle(runWorkflowId(run.id)).signal(runChangedSignal);

    expect(await allBecome(business, run, 'settled')).toHaveLength(2);
  });

  it('when it is already approved then it cannot be paused or rejected, and the error says so', async () => {
    const { run } = await approved('approved');
    const pause = () => company.operator.api.post(`/v1/runs/${run.id}/pause`, { reason: 'wait' }).then(() => 'paused');

    expect(await orCode(pause)).toBe('run_not_disbursing');
    expect(await decide(company.approver, run, 'reject')).toBe('run_not_in_review');
  });
});
