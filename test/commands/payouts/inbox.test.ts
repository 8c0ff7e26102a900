import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { getBatch, listOverdueBatches, setBatchDue } from '../../../db/payouts/batches.ts';
import { noticeBatches } from '../../../commands/payouts/inbox.ts';
import { insertInboxMessage, listMatchedInbox } from '../../../db/payouts/inbox.ts';
import { HOUR_MS } from '../../../domain/durations.ts';
import { addBatch, addPayingRun, sendPayout } from '../../fixtures/rows.ts';
import { openFixture, type Fixture } from '../../db/fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

/** A webhook that came so long ago, about a payment or batch that nobody knew then. */
async function receive(eventId: string, key: string, age: string): Promise<void> {
  const message = { gateway: 'paypal', eventId, reference: null, key, word: 'SUCCESS', reason: null } as const;
  await insertInboxMessage(fixture.app, { ...message, rawBody: Buffer.alloc(0) });
  await fixture.app.query(sql.unsafe`
    update webhook_inbox set received_at = now() - ${age}::interval where event_id = ${eventId}`);
}

const isOpen = (eventId: string): Promise<boolean> =>
  fixture.app.exists(sql.unsafe`select from webhook_inbox where event_id = ${eventId} and processed_at is null`);

describe('given webhooks that matched nothing when they came', () => {
  it('when their payout becomes known within a week then it is woken, and after a week nobody looks for it', async () => {
    const { payoutIds } = await addPayingRun(fixture.app, 'paypal', 1);
    const [payoutId = ''] = payoutIds;
    await sendPayout(fixture.app, payoutId);
    const { providerKey = '' } = (await findLiveAttempt(fixture.app, payoutId)) ?? {};
    await receive('six-days', providerKey, '6 days');
    await receive('eight-days', providerKey, '8 days');

    expect((await listMatchedInbox(fixture.app, 10)).map(({ eventId }) => eventId)).toEqual(['six-days']);
  });

  it.each([
    { age: '6 days', isHeard: true },
    { age: '8 days', isHeard: false },
  ])('when their batch becomes known after $age then it is due: $isHeard', async ({ age, isHeard }) => {
    const { runId, payoutIds } = await addPayingRun(fixture.app, 'paypal', 2);
    const { id } = await addBatch(fixture.app, runId, payoutIds);
    const { providerKey } = await getBatch(fixture.app, id);
    await setBatchDue(fixture.app, id, HOUR_MS);
    await receive(`batch-${id}`, providerKey, age);

    await noticeBatches(fixture.app);

    expect((await listOverdueBatches(fixture.app, 10)).some((batch) => batch.id === id)).toBe(isHeard);
    expect(await isOpen(`batch-${id}`)).toBe(!isHeard);
  });
});
