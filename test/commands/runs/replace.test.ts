import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { askForReplacement } from '../../../commands/runs/ask.ts';
import { prepareRun } from '../../../commands/runs/prepare.ts';
import { redrawRun } from '../../../commands/runs/redraw.ts';
import { updatePayout } from '../../../db/payouts/payouts.ts';
import { getRun, listRuns } from '../../../db/runs/runs.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { addActor, addPayingRun } from '../../fixtures/rows.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A payout that failed, and a person who asks to replace it. */
async function failedPayout() {
  const { partners, payoutIds, company } = await addPayingRun(fixture.app, 'bank', 1);
  const [payoutId = ''] = payoutIds;
  const [partner] = partners;
  await fixture.app.transaction((tx) => updatePayout(tx, payoutId, 'failed', 'a test'));
  const actorId = await addActor(fixture.app);
  const replace = () =>
    askForReplacement(fixture.app, { payoutId, reason: 'a test', actorId, key: 'a-key', nowMs: Date.now() });
  const hold = () =>
    fixture.app.query(sql.unsafe`update partner set on_hold_reason = 'in dispute' where id = ${partner?.id ?? 0n}`);
  const countRuns = async () => (await listRuns(fixture.app, { schedule: company.code }, null, 10)).length;
  return { replace, hold, countRuns };
}

describe('given a payout that failed', () => {
  it('when its partner can be paid then its replacement is opened', async () => {
    const { replace } = await failedPayout();
    expect(await replace()).toMatchObject({ status: 'preparing' });
  });

  it('when its partner cannot be paid then no run is opened, and the refusal says why', async () => {
    const { replace, hold, countRuns } = await failedPayout();
    await hold();
    await expect(replace()).rejects.toMatchObject({
      code: 'payout_not_replaceable',
      message: expect.stringContaining('in dispute') as string,
    });
    expect(await countRuns()).toBe(1);
  });

  it('when its partner is held while the replacement is in review then the run ends and says so', async () => {
    const { replace, hold } = await failedPayout();
    const { id } = await replace();
    await prepareRun(fixture.app, id);
    await hold();
    await redrawRun(fixture.app, id);
    expect(await getRun(fixture.app, id)).toMatchObject({
      status: 'disbursed',
      statusReason: 'the partner cannot be paid now: partner_on_hold',
    });
  });
});
