import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { holdPayout, releasePayout } from '../../../commands/runs/holds.ts';
import { getPayout, lockPayout, setHold } from '../../../db/payouts/payouts.ts';
import { lockRunShared } from '../../../db/runs/runs.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { addActor, addLine } from '../../fixtures/rows.ts';
import { type Frozen, frozenPayout } from './frozen.ts';

let fixture: Fixture;
let by: string;
beforeAll(async () => {
  fixture = await openFixture();
  by = await addActor(fixture.app);
});
afterAll(() => fixture.close());

const idOf = ({ payoutIds: [id = ''] }: Frozen): string => id;
const hold = (frozen: Frozen) => holdPayout(fixture.app, idOf(frozen), by, 'the invoice is disputed');
const release = (frozen: Frozen) => releasePayout(fixture.app, idOf(frozen), by);

describe('given a payout that is about to be asked for, and a person who holds it', () => {
  it('when it is its turn then its provider is not asked before somebody releases it, and is asked once then', async () => {
    const frozen = await frozenPayout(fixture);
    await hold(frozen);
    await holdPayout(fixture.app, idOf(frozen), by, 'another reason');
    expect(await frozen.advance()).toMatchObject({ status: 'executing', state: 'prepared', isHeld: true });
    expect(frozen.countAsked()).toBe(0);
    expect((await getPayout(fixture.app, idOf(frozen))).heldReason).toBe('the invoice is disputed');

    await release(frozen);
    await release(frozen);
    await frozen.advance();
    expect(frozen.countAsked()).toBe(1);
  });

  it('when the hold is not committed yet then the claim waits for it, and nobody is asked', async () => {
    const frozen = await frozenPayout(fixture);
    const holding = await leaveOpen(fixture.app, async (tx) => {
      await lockRunShared(tx, frozen.runId); // a hold locks the run alone; in shared mode the payout itself is what the claim waits for
      await lockPayout(tx, idOf(frozen));
      await setHold(tx, idOf(frozen), { by, reason: 'a test' });
    });
    const claimed = frozen.advance();
    await eventually('the claim waits', async () => (await countWaiting(fixture.owner)) === 1n);
    await holding.commit();
    await claimed;
    expect(frozen.countAsked()).toBe(0);
  });

  it('when less is owed by the time of the release then the payout is taken out of its run', async () => {
    const frozen = await frozenPayout(fixture);
    const [partner] = frozen.partners;
    await hold(frozen);
    if (partner) await addLine(fixture.app, frozen.company, partner, { minor: -1n });
    await release(frozen);
    await frozen.advance();
    expect(await getPayout(fixture.app, idOf(frozen))).toMatchObject({ status: 'cancelled' });
    expect(frozen.countAsked()).toBe(0);
  });

  it('when its provider was asked before then neither the command nor the database holds it', async () => {
    const frozen = await frozenPayout(fixture);
    await frozen.advance();
    await expect(hold(frozen)).rejects.toMatchObject({ code: 'payout_cannot_be_held' });
    await expect(release(frozen)).rejects.toMatchObject({ code: 'payout_cannot_be_held' });
    await expect(setHold(fixture.app, idOf(frozen), { by, reason: 'a test' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('its provider was asked') },
    });
  });
});
