import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addInstrument } from '../../../commands/partners/instruments.ts';
import type { Database } from '../../../db/database.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { countWaiting, leaveOpen } from '../../fixtures/locks.ts';
import { addActor, addCompany, addPartner } from '../../fixtures/rows.ts';
import { VAULT } from '../../fixtures/world.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

const COOLING_OFF_DAYS = 7;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** Adds details; returns whether they may be paid to at once. */
async function add(db: Database, partnerId: bigint, receiver: string, by: string): Promise<boolean> {
  const payee = { partner: { id: partnerId, country: 'US' }, destination: { method: 'paypal', receiver } } as const;
  const added = await addInstrument(db, VAULT, payee, { coolingOffDays: COOLING_OFF_DAYS, by });
  return added.usableFrom <= added.createdAt;
}

describe('given a partner without payment details', () => {
  it('when two people add the first ones at the same moment then only one of them may be paid to at once', async () => {
    const partner = await addPartner(fixture.app, await addCompany(fixture.app), null);
    const by = await addActor(fixture.app);
    const first = await leaveOpen(fixture.app, (tx) => add(tx, partner.id, 'first@partner.example', by));
    let isSecondDone = false;
    const second = fixture.app.transaction((tx) => add(tx, partner.id, 'second@partner.example', by));
    void second.finally(() => (isSecondDone = true));
    await eventually('the second waits', async () => isSecondDone || (await countWaiting(fixture.owner)) === 1n);
    await first.commit();

    expect([first.result, await second]).toEqual([true, false]);
  });
});
