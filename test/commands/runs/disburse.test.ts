import { sql } from 'slonik';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cutPayout } from '../../../commands/payouts/cut.ts';
import { beginDisbursing } from '../../../commands/runs/disburse.ts';
import { approveRunPayouts, getPayout } from '../../../db/payouts/payouts.ts';
import { getRun, updateRun } from '../../../db/runs/runs.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addCompany, addLine, addPartner, addPayout, addRun, approve, putInReview } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Starts an approved run whose pay date has come; returns its status then. */
async function startPaying(runId: string): Promise<string> {
  await beginDisbursing(fixture.app, runId);
  return (await getRun(fixture.app, runId)).status;
}

/** A run of two partners that was approved and waits for its pay date. */
async function approvedRun() {
  const company = await addCompany(fixture.app);
  const runId = await addRun(fixture.app, company);
  const payoutIds: string[] = [];
  for (let index = 0; index < 2; index += 1) {
    const partner = await addPartner(fixture.app, company);
    payoutIds.push(await addPayout(fixture.app, runId, partner, [await addLine(fixture.app, company, partner)]));
  }
  await putInReview(fixture.app, runId);
  await approve(fixture.app, runId, company.approver);
  await updateRun(fixture.app, runId, { status: 'approved' });
  await approveRunPayouts(fixture.app, runId);
  return { runId, payoutIds };
}

/** As an administrator of the database might: the triggers let no amount, payee or line be changed, but a payout may be ended. */
const takeOut = (payoutId: string) =>
  fixture.owner.query(sql.unsafe`
    with ended as (update payout set status = 'cancelled' where id = ${payoutId} returning id)
    update payout_line set released_at = now() from ended where payout_id = ended.id`);

const statusesOf = (runId: string) =>
  fixture.app.anyFirst(sql.type(z.object({ status: z.string() }))`select status from payout where run_id = ${runId}`);

const countHeldLines = (runId: string): Promise<bigint> =>
  fixture.app.oneFirst(sql.type(z.object({ count: z.bigint() }))`
    select count(*) from payout_line line join payout on payout.id = line.payout_id
    where payout.run_id = ${runId} and line.released_at is null`);

describe('given a run that was approved', () => {
  it('when it is as it was approved then it is paid', async () => {
    const { runId } = await approvedRun();
    expect(await startPaying(runId)).toBe('disbursing');
  });

  it('when a payout was cut from it since then the others are paid, because an approval covers every part of a run', async () => {
    const { runId, payoutIds } = await approvedRun();
    const payout = await getPayout(fixture.app, payoutIds[0] ?? '');
    const cut = { outcome: 'held_after_approval', reason: 'a test' } as const;
    await fixture.app.transaction((tx) => cutPayout(tx, payout, cut, null));
    expect(await startPaying(runId)).toBe('disbursing');
    expect((await statusesOf(runId)).toSorted()).toEqual(['approved', 'cancelled']);
  });

  it('when somebody has taken a payout out of it since then nothing of it is paid, and its lines are free', async () => {
    const { runId, payoutIds } = await approvedRun();
    await takeOut(payoutIds[0] ?? '');
    expect(await startPaying(runId)).toBe('cancelled');
    expect(await statusesOf(runId)).toEqual(['cancelled', 'cancelled']);
    expect(await countHeldLines(runId)).toBe(0n);
  });
});
