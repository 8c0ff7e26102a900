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

/** Whether a message is about no payment, such as a test or a change of our balance. It never wakes a payout. */
const isAboutNothing = ({ reference, key }: InboxMessage): boolean => reference === null && key === null;

/** Stores a genuine webhook. False where it was stored before. */
export const insertInboxMessage = (db: Database, message: InboxMessage): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into webhook_inbox(gateway, event_id, provider_ref, provider_key, word, reason, raw_body, processed_at)
    values (${message.gateway}, ${message.eventId}, ${message.reference}, ${message.key}, ${message.word},
      ${message.reason}, ${sql.binary(Buffer.from(message.rawBody))}, case when ${isAboutNothing(message)} then now() end)
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
 * Webhooks count for a week. Payments that others make from the same account send webhooks that never match, and no query should read
 * them for ever. A payout whose reference became known later was polled at its provider since then.
 */
const isUnprocessed = sql.fragment`inbox.processed_at is null and inbox.received_at > now() - interval '7 days'`;

/** Webhooks that nobody acted on and whose payout is known by now. One may arrive before the call that caused it returns. */
export const listMatchedInbox = (db: Database, limit: number): Promise<readonly z.infer<typeof MatchRow>[]> =>
  db.any(sql.type(MatchRow)`
    select inbox.gateway as "inboxGateway", inbox.event_id as "eventId", ${startColumns}
    from webhook_inbox inbox
    join payout_attempt attempt on attempt.gateway = inbox.gateway
      and (attempt.provider_ref = inbox.provider_ref or attempt.provider_key = inbox.provider_key)
    join payout on payout.id = attempt.payout_id join partner on partner.id = payout.partner_id
    where ${isUnprocessed}
    order by inbox.received_at limit ${limit}`);

/** Why a payment failed, where only a webhook said so; null where none did (yet). */
export const findWebhookReason = (db: Database, gateway: GatewayName, reference: string): Promise<string | null> =>
  db.maybeOneFirst(sql.type(z.strictObject({ reason: z.string() }))`
    select reason from webhook_inbox
    where gateway = ${gateway} and provider_ref = ${reference} and reason is not null
    order by received_at desc limit 1`);

/** Takes the webhooks about whole batches that nobody acted on, and returns those batches. */
export const takeBatchMessages = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    update webhook_inbox inbox set processed_at = now() from provider_batch batch
    where ${isUnprocessed} and batch.gateway = inbox.gateway and batch.provider_key = inbox.provider_key
    returning batch.id`);

/**
 * The batches that wait for a person and hold a payment that an unprocessed webhook is about. The payout of that payment takes the
 * webhook.
 */
export const listBatchesWithMessages = (db: Database): Promise<readonly string[]> =>
  db.anyFirst(sql.type(Id)`
    select distinct batch.id from webhook_inbox inbox
    join payout_attempt attempt on attempt.gateway = inbox.gateway and attempt.provider_ref = inbox.provider_ref
    join provider_batch batch on batch.id = attempt.batch_id
    where ${isUnprocessed} and batch.state = 'needs_person'`);
