import { TypedSearchAttributes } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deployPaySchedules } from '../../activities/runs/schedules.ts';
import { DAY_MS } from '../../domain/durations.ts';
import { scheduledRunId } from '../../domain/ids.ts';
import { runTriggerWorkflowId, TASK_QUEUES } from '../../temporal/messages.ts';
import { withClient } from '../../scripts/stack/postgres.ts';
import { type Company, openCompany } from '../fixtures/company.ts';
import { listRunPayouts, runBecomes } from '../fixtures/runs.ts';
import { openWorld, type World } from '../fixtures/world.ts';
import {
  addPayees,
  addProgram,
  allBecome,
  codeOf,
  decide,
  openBusiness,
  prepare,
  runStatus,
  sell,
  startPaying,
  sweep,
} from './fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());

const scheduledStartTime = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
let triggers = 0;

/** Starts a trigger as the server's Schedule does, with an id of its own and the time for which it was meant. */
const trigger = (code: string, at: string): Promise<string | null> =>
  world.temporal.workflow.execute('runTrigger', {
    workflowId: `${runTriggerWorkflowId(code)}-${(triggers += 1)}`,
    taskQueue: TASK_QUEUES.main,
    args: [code],
    typedSearchAttributes: new TypedSearchAttributes([{ key: scheduledStartTime, value: new Date(at) }]),
  });

/** Acts as the database's owner, who may do to a schedule what the API refuses. */
const changeSchedule = (change: string, code: string) =>
  withClient(world.databaseUrl, (client) => client.query(`update pay_schedule set ${change} where code = $1`, [code]));

const outcomesOf = (runId: string) =>
  company.auditor.api.all<{ partner: string; outcome: string; currency: string; payable: string }>(
    `/v1/runs/${runId}/outcomes`,
  );

describe('given a schedule that runs automatically', () => {
  it('when it fires late or twice then it opens one run, of the last period before its own time', async () => {
    const business = await openBusiness(company, { code: 'fires', zone: 'America/Sao_Paulo' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
    expect(await trigger('fires', '2026-03-01T08:00:00Z')).toBeNull(); // it does not run automatically yet
    await changeSchedule('scheduled = true', 'fires');

    const ids = await Promise.all([trigger('fires', '2026-03-01T08:00:00Z'), trigger('fires', '2026-03-01T08:00:00Z')]);

    expect(ids).toEqual([scheduledRunId('fires', '2026-03-01', 0), scheduledRunId('fires', '2026-03-01', 0)]);
    const run = await runBecomes(company, scheduledRunId('fires', '2026-03-01', 0), 'review');
    expect(run).toMatchObject({
      periodStart: '2026-02-01',
      periodEnd: '2026-03-01',
      kind: 'scheduled',
      preparer: null,
    });
    expect(await decide(company.approver, run)).toBe('approved');
    expect(await allBecome(business, run, 'settled')).toHaveLength(1);
  });

  it('when it pays every second week then it opens no run in the weeks between', async () => {
    await openBusiness(company, { code: 'fortnight' });
    const biweekly = `frequency = 'biweekly', weekday = 5, monthday = null, first_cutoff = '2026-03-06'`;
    await changeSchedule(`${biweekly}, scheduled = true, timed_at = '2026-03-07'`, 'fortnight');

    expect(await trigger('fortnight', '2026-03-13T05:00:00Z')).toBeNull();
    expect(await trigger('fortnight', '2026-03-20T05:00:00Z')).toBe(scheduledRunId('fortnight', '2026-03-20', 0));

    const runs = await company.auditor.api.all<{ periodStart: string }>('/v1/runs?schedule=fortnight');
    expect(runs.map(({ periodStart }) => periodStart)).toEqual(['2026-03-06']);
    await changeSchedule('scheduled = false', 'fortnight');
  });

  it('when a period passed without a run then the sweep opens the run once', async () => {
    const business = await openBusiness(company, { code: 'missed', frequency: 'daily' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
    await changeSchedule(`scheduled = true, timed_at = now() - interval '9 days'`, 'missed');

    await sweep(world);
    await sweep(world);

    const runs = await company.auditor.api.all<{ id: string; periodEnd: string }>('/v1/runs?schedule=missed');
    expect(runs).toHaveLength(1);
    const { id, periodEnd } = runs[0] ?? { id: '', periodEnd: '' };
    expect(id).toBe(scheduledRunId('missed', periodEnd, 0));
    await runBecomes(company, id, 'review');
    await changeSchedule('scheduled = false', 'missed');
  });

  it('when another of its runs is still in review then the next run waits until that one is decided', async () => {
    const business = await openBusiness(company, { code: 'busy' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
    await changeSchedule('scheduled = true', 'busy');
    const first = await prepare(business);

    expect(await trigger('busy', '2026-04-01T08:00:00Z')).toBeNull();
    await decide(company.approver, first, 'reject');

    expect(await trigger('busy', '2026-04-01T08:00:00Z')).toBe(scheduledRunId('busy', '2026-04-01', 0));
  });
});

describe('given a schedule that cannot be followed', () => {
  beforeAll(async () => {
    for (const code of ['broken', 'sound']) await openBusiness(company, { code, frequency: 'daily' });
    await changeSchedule(`scheduled = true, zone = 'Mars/Olympus'`, 'broken');
    await changeSchedule(`scheduled = true, timed_at = now() - interval '9 days'`, 'sound');
  });
  const alarms = async () =>
    (await company.auditor.api.all<{ kind: string; subject: string }>('/v1/alarms')).filter(
      ({ kind }) => kind === 'schedule_broken',
    );

  it('when a worker starts and sweeps then it raises an alarm about the schedule, and the others run', async () => {
    await deployPaySchedules(world);
    await sweep(world);
    expect(await alarms()).toMatchObject([{ subject: 'schedule/broken' }]);
    expect(await company.auditor.api.all('/v1/runs?schedule=sound')).toHaveLength(1);
  });

  it('when an operator changes it then the alarm is cleared, and no earlier cut-off opens a run', async () => {
    await company.operator.api.patch('/v1/schedules/broken', { zone: 'europe/berlin', payDays: 1 });
    await sweep(world);
    expect(await alarms()).toEqual([]);
    expect(await company.auditor.api.get('/v1/schedules/broken')).toMatchObject({ zone: 'Europe/Berlin', payDays: 1 });
    expect(await company.auditor.api.all('/v1/runs?schedule=broken')).toEqual([]);
    for (const code of ['broken', 'sound'])
      await company.operator.api.patch(`/v1/schedules/${code}`, { scheduled: false });
    expect(await trigger('sound', new Date().toISOString())).toBeNull();
  });
});

describe('given a run', () => {
  it('when a partner earned in two programs of one schedule then one payout pays both', async () => {
    const business = await openBusiness(company, { code: 'both' });
    await addProgram(business, 'both-more');
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00', programs: ['both', 'both-more'] }]);
    await sell(business, [{ name: 'ann', amount: '5.50', program: 'both-more' }]);

    const paid = await allBecome(business, await startPaying(business), 'settled');

    expect(paid.map(({ net }) => net)).toEqual(['15.50']);
  });

  it('when the amount due is below the minimum then it is carried over, and paid together with what follows', async () => {
    const business = await openBusiness(company, { code: 'small', minimum: '20.00' });
    await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '12.00' }]);
    const first = await prepare(business);
    expect(first.status).toBe('disbursed');
    expect(await outcomesOf(first.id)).toMatchObject([{ outcome: 'below_minimum', payable: '12.00' }]);

    await sell(business, [{ name: 'ann', amount: '9.00', id: 'second', occurredAt: '2026-03-10T12:00:00Z' }]);
    const paid = await allBecome(business, await startPaying(business, '2026-04-01'), 'settled');

    expect(paid.map(({ net }) => net)).toEqual(['21.00']);
  });

  it('when a partner is on hold then the others are paid, and after the release the next run pays them', async () => {
    const business = await openBusiness(company, { code: 'hold' });
    await addPayees(business, [
      { name: 'ann', method: 'paypal', amount: '10.00' },
      { name: 'bob', method: 'paypal', amount: '11.00' },
    ]);
    await company.operator.api.post(`/v1/partners/${codeOf(business, 'ann')}/hold`, { reason: 'a dispute' });
    const first = await startPaying(business);
    expect((await allBecome(business, first, 'settled')).map(({ net }) => net)).toEqual(['11.00']);
    expect(await outcomesOf(first.id)).toContainEqual(
      expect.objectContaining({ partner: codeOf(business, 'ann'), outcome: 'partner_on_hold' }),
    );

    await company.operator.api.post(`/v1/partners/${codeOf(business, 'ann')}/release`, { reason: 'settled' });

    expect((await allBecome(business, await startPaying(business), 'settled')).map(({ net }) => net)).toEqual([
      '10.00',
    ]);
  });

  it('when its pay date is days after its cut-off then the approved run waits for the pay date', async () => {
    const business = await openBusiness(company, { code: 'later', frequency: 'daily', payDays: 5 });
    const today = new Date().toISOString().slice(0, 10);
    await addPayees(business, [{ name: 'ann', method: 'paypal' }]);
    await sell(business, [
      { name: 'ann', amount: '10.00', occurredAt: new Date(Date.now() - 5 * DAY_MS).toISOString() },
    ]);

    const run = await startPaying(business, today);

    expect(await runStatus(business, run.id)).toBe('approved');
    expect((await listRunPayouts(company, run.id)).map(({ status }) => status)).toEqual(['approved']);
  });
});
