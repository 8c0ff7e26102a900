import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { Id } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { PayoutStartRow, startColumns } from './starts.ts';

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

const MatchRow = PayoutStartRow.extend({ inboxGateway: z.enum(GATEWAYS), eventId: z.string() });

/**
 * What a webhook tells is news for a week. Whatever is paid from the same account without us sends webhooks that never match, and they
 * are not to be looked through for ever; a payout whose reference became known later than that was read at its provider since.
 */
const isNews = sql.fragment`inbox.processed_at is null and inbox.received_at > now() - interval '7 days'`;

/** Webhooks that nobody acted on and whose payout is known by now, as when one came before the call that caused it returned. */
export const listMatchedInbox = (db: Database, limit: number): Promise<readonly z.infer<typeof MatchRow>[]> =>
  db.any(sql.type(MatchRow)`
    select inbox.gateway as "inboxGateway", inbox.event_id as "eventId", ${startColumns}
    from webhook_inbox inbox
    join payout_attempt attempt on attempt.gateway = inbox.gateway
      and (attempt.provider_ref = inbox.provider_ref or attempt.provider_key = inbox.provider_key)
    join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id
    where ${isNews}
    order by inbox.received_at limit ${limit}`);

/** Why a payment failed, where only a webhook said so; null where none did (yet). */
export const findWebhookReason = (db: Database, gateway: GatewayName, reference: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ reason: z.string() }))`
    select reason from webhook_inbox
    where gateway = ${gateway} and provider_ref = ${reference} and reason is not null
    order by received_at desc limit 1`);

/** Takes the webhooks that nobody acted on and that speak of a whole batch; returns the batches. */
export const takeBatchMessages = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    update webhook_inbox inbox set processed_at = now() from provider_batch batch
    where ${isNews} and batch.gateway = inbox.gateway and batch.provider_key = inbox.provider_key
    returning batch.id`);

/** The batches that wait for a person and hold a payment of which a webhook speaks that nobody acted on. It is its payout's to take. */
export const listBatchesWithMessages = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    select distinct batch.id from webhook_inbox inbox
    join payout_attempt attempt on attempt.gateway = inbox.gateway and attempt.provider_ref = inbox.provider_ref
    join provider_batch batch on batch.id = attempt.batch_id
    where ${isNews} and batch.state = 'needs_person'`);
