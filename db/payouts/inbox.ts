import { sql } from 'slonik';
import { z } from 'zod';

import { ATTEMPT_STATES, type AttemptState } from '../../domain/payouts/attempt.ts';
import { GATEWAYS, type GatewayName } from '../../domain/rails.ts';
import { Count, Id, LocalDate } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { knownColumn, KnownRow, PayoutStartRow, startColumns } from './starts.ts';

export type InboxMessage = {
  gateway: GatewayName;
  eventId: string;
  reference: string | null;
  key: string | null;
  word: string;
  /** The state that it reports, in our terms, if any. */
  state: AttemptState | null;
  isProgress: boolean;
  reason: string | null;
};

/** Whether a message is about no payment, such as a test or a change of our balance. It never wakes a payout. */
const isAboutNothing = ({ reference, key }: InboxMessage): boolean => reference === null && key === null;

/** Stores a genuine webhook. False where it was stored before. */
export const insertInboxMessage = (db: Database, message: InboxMessage): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into webhook_inbox(gateway, event_id, provider_ref, provider_key, word, state, is_progress, reason, processed_at)
    values (${message.gateway}, ${message.eventId}, ${message.reference}, ${message.key}, ${message.word}, ${message.state},
      ${message.isProgress}, ${message.reason}, case when ${isAboutNothing(message)} then now() end)
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

const MatchRow = PayoutStartRow.extend({
  inboxGateway: z.enum(GATEWAYS),
  eventId: z.string(),
  message: z.strictObject({ word: z.string(), state: z.enum(ATTEMPT_STATES).nullable(), isProgress: z.boolean() }),
  known: KnownRow,
});

const isUnprocessed = sql.fragment`inbox.processed_at is null and inbox.unmatched_at is null`;

/** Whether a message is about an attempt. */
const isAbout = sql.fragment`
  attempt.gateway = inbox.gateway
    and (attempt.provider_ref = inbox.provider_ref or attempt.provider_key = inbox.provider_key)`;

/** Webhooks that nobody acted on and whose payout is known by now. One may arrive before the call that caused it returns. */
export const listMatchedInbox = (db: Database, limit: number): Promise<readonly z.infer<typeof MatchRow>[]> =>
  db.any(sql.type(MatchRow)`
    select inbox.gateway as "inboxGateway", inbox.event_id as "eventId", ${startColumns}, ${knownColumn},
      jsonb_build_object('word', inbox.word, 'state', inbox.state, 'isProgress', inbox.is_progress) as message
    from webhook_inbox inbox
    join payout_attempt attempt on ${isAbout}
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

const GivenUpRow = z.strictObject({ gateway: z.enum(GATEWAYS), day: LocalDate, count: Count });

/**
 * Gives up the messages of the days before today (UTC) that are about no payment and no batch of ours, so that no query reads them for
 * ever. Others make payments from the same account, and those send webhooks too. A message belongs to the next day if it came within the
 * last hour of a day, because a payment's reference is known within minutes. Returns how many there are of each gateway and day.
 */
export const giveUpUnmatched = (db: Database): Promise<readonly z.infer<typeof GivenUpRow>[]> =>
  db.any(sql.type(GivenUpRow)`
    with given_up as (
      update webhook_inbox inbox set unmatched_at = now()
      where ${isUnprocessed} and inbox.received_at < date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 hour'
        and not exists (select from payout_attempt attempt where ${isAbout})
        and not exists (select from provider_batch batch
                        where batch.gateway = inbox.gateway and batch.provider_key = inbox.provider_key)
      returning inbox.gateway, (inbox.received_at at time zone 'UTC')::date as day
    )
    select gateway, day, count(*) as count from given_up group by gateway, day order by gateway, day`);
