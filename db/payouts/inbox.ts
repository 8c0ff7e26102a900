import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS, type GatewayName, METHODS } from '../../domain/rails.ts';
import { changesRow, type Database } from '../database.ts';

export type InboxMessage = {
  gateway: GatewayName;
  eventId: string;
  reference: string | null;
  key: string | null;
  word: string;
  reason: string | null;
  rawBody: Uint8Array;
};

/** A test, or news of our balance: there is no payout to wake, now or later. */
const isAboutNothing = ({ reference, key }: InboxMessage): boolean => reference === null && key === null;

/** Keeps a genuine webhook; false where it was there already. */
export const insertInboxMessage = (db: Database, message: InboxMessage): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into webhook_inbox(gateway, event_id, provider_ref, provider_key, word, reason, raw_body, processed_at)
    values (${message.gateway}, ${message.eventId}, ${message.reference}, ${message.key}, ${message.word}, ${message.reason},
      ${sql.binary(Buffer.from(message.rawBody))}, case when ${isAboutNothing(message)} then now() end)
    on conflict (gateway, event_id) do nothing`,
  );

export const markInboxProcessed = (db: Database, messages: readonly { gateway: GatewayName; eventId: string }[]) =>
  db.query(sql.unsafe`
    update webhook_inbox inbox set processed_at = now()
    from ${sql.unnest(
      messages.map(({ gateway, eventId }) => [gateway, eventId]),
      ['text', 'text'],
    )} as done(gateway, event_id)
    where inbox.gateway = done.gateway and inbox.event_id = done.event_id`);

const MatchRow = z
  .strictObject({
    gateway: z.enum(GATEWAYS),
    event_id: z.string(),
    id: z.string(),
    run_id: z.string(),
    partner: z.string(),
    method: z.enum(METHODS),
    payout_gateway: z.enum(GATEWAYS),
  })
  .transform((row) => ({
    gateway: row.gateway,
    eventId: row.event_id,
    payout: {
      id: row.id,
      runId: row.run_id,
      partnerCode: row.partner,
      method: row.method,
      gateway: row.payout_gateway,
    },
  }));

/** Webhooks that nobody acted on and whose payout is known by now, as when one came before the call that caused it returned. */
export const listMatchedInbox = (db: Database, limit: number): Promise<readonly z.infer<typeof MatchRow>[]> =>
  db.any(sql.type(MatchRow)`
    select inbox.gateway, inbox.event_id, payout.id, payout.run_id, partner.code as partner, payout.method,
      payout.gateway as payout_gateway
    from webhook_inbox inbox
    join payout_attempt attempt on attempt.gateway = inbox.gateway
      and (attempt.provider_ref = inbox.provider_ref or attempt.provider_key = inbox.provider_key)
    join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id
    where inbox.processed_at is null
    order by inbox.received_at limit ${limit}`);

/**
 * Webhooks that nobody acted on and that speak of a whole batch, or of a payment in one that waits for a person: the batch is due now.
 * The latter are news for their payouts too.
 */
export async function hearOfBatches(db: Database): Promise<void> {
  await db.query(sql.unsafe`
    with heard as (
      update webhook_inbox inbox set processed_at = now() from provider_batch batch
      where inbox.processed_at is null and batch.gateway = inbox.gateway and batch.provider_key = inbox.provider_key
      returning batch.id
    )
    update provider_batch set due_at = now() where id in (select id from heard) and state not in ('done', 'failed')`);
  await db.query(sql.unsafe`
    update provider_batch set due_at = now()
    where state = 'needs_person' and id in (
      select attempt.batch_id from webhook_inbox inbox
      join payout_attempt attempt on attempt.gateway = inbox.gateway and attempt.provider_ref = inbox.provider_ref
      where inbox.processed_at is null)`);
}

/** Why a payment failed, where only a webhook said so; null where none did (yet). */
export const findToldReason = (db: Database, gateway: GatewayName, reference: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ reason: z.string() }))`
    select reason from webhook_inbox
    where gateway = ${gateway} and provider_ref = ${reference} and reason is not null
    order by received_at desc limit 1`);
