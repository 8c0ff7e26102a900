import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { findLiveAttempt } from '../../../db/payouts/attempts.ts';
import { getBatch, listOverdueBatches, setBatchDue } from '../../../db/payouts/batches.ts';
import { giveUpWebhooks, noticeBatches } from '../../../commands/payouts/inbox.ts';
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
  await insertInboxMessage(fixture.app, { ...message, state: null, isProgress: false });
  await fixture.app.query(sql.unsafe`
    update webhook_inbox set received_at = now() - ${age}::interval where event_id = ${eventId}`);
}

const matched = async () => (await listMatchedInbox(fixture.app, 10)).map(({ eventId }) => eventId);
const isOpen = (eventId: string): Promise<boolean> =>
  fixture.app.exists(sql.unsafe`select from webhook_inbox where event_id = ${eventId} and processed_at is null`);
const unmatched = () =>
  fixture.app.anyFirst(sql.type(z.object({ id: z.string() }))`
    select event_id as id from webhook_inbox where unmatched_at is not null order by event_id`);
const alarms = () =>
  fixture.app.any(sql.type(z.object({ subject: z.string(), detail: z.string() }))`
    select subject, detail from alarm where kind = 'webhooks_unmatched' order by subject`);

describe('given webhooks that matched nothing when they came', () => {
  it('when their payout becomes known then it is woken, however late that is', async () => {
    const { payoutIds } = await addPayingRun(fixture.app, 'paypal', 1);
    const [payoutId = ''] = payoutIds;
    await sendPayout(fixture.app, payoutId);
    const { providerKey = '' } = (await findLiveAttempt(fixture.app, payoutId)) ?? {};
    await receive('eight-days', providerKey, '8 days');
    await giveUpWebhooks(fixture.app);

    expect(await matched()).toEqual(['eight-days']);
  });

  it('when their batch becomes known then it is due', async () => {
    const { runId, payoutIds } = await addPayingRun(fixture.app, 'paypal', 2);
    const { id } = await addBatch(fixture.app, runId, payoutIds);
    const { providerKey } = await getBatch(fixture.app, id);
    await setBatchDue(fixture.app, id, HOUR_MS);
    await receive(`batch-${id}`, providerKey, '6 days');
    await giveUpWebhooks(fixture.app);

    await noticeBatches(fixture.app);

    expect((await listOverdueBatches(fixture.app, 10)).some((batch) => batch.id === id)).toBe(true);
    expect(await isOpen(`batch-${id}`)).toBe(false);
  });

  it('when the day is over and they still match nothing then they are kept, given up, and told once', async () => {
    await receive('stranger-1', 'nobody', '3 days');
    await receive('stranger-2', 'nobody', '3 days');
    await receive('stranger-today', 'nobody', '0 minutes');

    await giveUpWebhooks(fixture.app);
    await giveUpWebhooks(fixture.app);

    expect(await unmatched()).toEqual(['stranger-1', 'stranger-2']);
    expect(await alarms()).toEqual([
      {
        subject: expect.stringMatching(/^gateway\/paypal\/\d{4}-\d\d-\d\d$/),
        detail: expect.stringMatching(/^2 webhooks /),
      },
    ]);
  });

  it('then no table holds what a webhook says about its receiver', async () => {
    const columns = await fixture.app.anyFirst(sql.type(z.object({ name: z.string() }))`
      select column_name as name from information_schema.columns where table_name = 'webhook_inbox' order by 1`);
    expect(columns).toEqual([
      'event_id', 'gateway', 'is_progress', 'processed_at', 'provider_key', 'provider_ref', 'reason', 'received_at', 'state',
      'unmatched_at', 'word',
    ]); // prettier-ignore
  });
});
