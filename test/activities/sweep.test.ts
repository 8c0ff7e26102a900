import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { prepareRun } from '../../commands/runs/prepare.ts';
import { lockRun } from '../../db/runs/runs.ts';
import { eventually } from '../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../fixtures/locks.ts';
import { addCompany, addLine, addPartner, addRun } from '../fixtures/rows.ts';
import { openWorld, type World } from '../fixtures/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const START = { periodStart: '2026-01-01', periodEnd: '2026-02-01' };

/** A run in review that pays one partner 10.00. */
async function openReview() {
  const company = await addCompany(world.db);
  const partner = await addPartner(world.db, company);
  await addLine(world.db, company, partner);
  const runId = await addRun(world.db, company, START);
  await prepareRun(world.db, runId);
  return { company, partner, runId };
}

const grossOf = ({ runId }: { runId: string }) =>
  world.db.oneFirst(sql.type(z.object({ gross: z.bigint() }))`
    select gross_minor as gross from payout where run_id = ${runId} and status = 'draft'`);

/** Ends every statement that waits for a lock, as the database does with one that has waited too long. */
const cancelWaiting = () =>
  world.owner.query(sql.unsafe`
    select pg_cancel_backend(pid) from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`);

describe('given two runs in review, each of whose partners has earned more by now', () => {
  it('when one cannot be redrawn then the other is, and the sweep says that one is missing and does it later', async () => {
    const [first, second] = [await openReview(), await openReview()];
    await addLine(world.db, first.company, first.partner, { minor: 300n });
    await addLine(world.db, second.company, second.partner, { minor: 500n });
    const other = await leaveOpen(world.db, (tx) => lockRun(tx, first.runId));

    const tidied = world.activities.tidy().then(
      () => 'it redrew both',
      (error: unknown) => String(error),
    );
    await eventually('the redraw waits for the run', async () => (await countWaiting(world.owner)) === 1n);
    await cancelWaiting();
    expect(await tidied).toContain(`not be redrawn: ${first.runId}`);
    expect([await grossOf(first), await grossOf(second)]).toEqual([1000n, 1500n]);

    await other.commit();
    await world.activities.tidy();
    expect([await grossOf(first), await grossOf(second)]).toEqual([1300n, 1500n]);
  });
});
