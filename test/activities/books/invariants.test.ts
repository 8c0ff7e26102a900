import { ApplicationFailure } from '@temporalio/common';
import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { listInvariants } from '../../../db/books/invariants.ts';
import { INVARIANTS_SCHEDULE_ID, TASK_QUEUES } from '../../../temporal/messages.ts';
import { deploySystemSchedules } from '../../../temporal/schedules.ts';
import { withClient } from '../../../scripts/stack/postgres.ts';
import { openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { openWorld, type World } from '../../fixtures/world.ts';
import { addPayees, alarmsOf, allBecome, type Business, openBusiness, startPaying } from '../../workflows/fixture.ts';

let world: World;
let business: Business;

beforeAll(async () => {
  world = await openWorld();
  business = await openBusiness(await openCompany(world), { code: 'books' });
  await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '100.00' }]);
  await allBecome(business, await startPaying(business), 'settled');
});
afterAll(() => world.close());

const askTonight = () =>
  world.temporal.workflow.execute<() => Promise<unknown>>('nightlyInvariants', {
    workflowId: INVARIANTS_SCHEDULE_ID,
    taskQueue: TASK_QUEUES.main,
  });

/** Acts as somebody who owns the database and switches its triggers off. */
const changeBalance = (minor: number) =>
  withClient(world.databaseUrl, (client) =>
    client.query(`
      begin;
      set local session_replication_role = replica;
      update ledger_account set credits = credits + ${minor} where partner_id is not null;
      commit`),
  );

const countMails = () =>
  world.db.oneFirst(sql.type(z.strictObject({ count: z.bigint() }))`
    select count(*) as count from notification where kind = 'alarm_raised' and body ->> 'kind' = 'invariant_broken'`);

describe('given books that are right', () => {
  it('when they are verified at night then every rule holds and no alarm is raised', async () => {
    expect(await askTonight()).toEqual({ asked: (await listInvariants()).length, broken: 0 });
    expect(await alarmsOf(business)).toEqual([]);
  });
});

describe('given a balance that somebody raised by a cent', () => {
  beforeAll(async () => void (await changeBalance(1)));
  afterAll(async () => void (await changeBalance(-1)));

  it('when two nights verify the books then one alarm names the rule and the account, and is mailed once', async () => {
    await deploySystemSchedules(world.temporal, 24 * 3600);
    await world.temporal.schedule.getHandle(INVARIANTS_SCHEDULE_ID).trigger();
    const alarms = await eventually('the alarm is raised', async () => {
      const raised = await alarmsOf(business);
      return raised.length > 0 && raised;
    });
    expect(await askTonight()).toMatchObject({ broken: 1 });

    expect(alarms).toMatchObject([{ kind: 'invariant_broken', subject: 'invariant/kept-balances' }]);
    expect(alarms[0]?.detail).toMatch(
      /^2\. The balance of an account is .* account partner:payable:\d+:USD has \d+ debits/,
    );
    expect(await alarmsOf(business)).toEqual(alarms);
    expect(await countMails()).toBe(1n);
  });
});

describe('given a verification of the books that cannot be completed', () => {
  it('when the nightly workflow gives up then an alarm says so', async () => {
    await world.workers.pause();
    const check = vi.spyOn(world.activities, 'checkInvariants');
    check.mockRejectedValue(ApplicationFailure.nonRetryable('the disk is full'));
    await world.workers.start();

    await expect(askTonight()).rejects.toThrow('Workflow execution failed');

    expect(await alarmsOf(business)).toContainEqual(
      expect.objectContaining({ kind: 'invariants_unchecked', subject: 'invariants' }),
    );
    check.mockRestore();
  });
});
