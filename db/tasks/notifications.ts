import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../database.ts';

export type NewNotification = {
  kind: string;
  dedupeKey: string;
  audience: 'partner' | 'finance' | 'operators';
  partnerId: bigint | null;
  body: Record<string, string | number>;
};

/** Writes a message once per dedupe key, in the transaction that causes it. */
export const addNotification = (db: Database, notification: NewNotification) =>
  db.query(sql.unsafe`
    insert into notification(dedupe_key, kind, audience, partner_id, body)
    values (${notification.dedupeKey}, ${notification.kind}, ${notification.audience},
      ${notification.partnerId === null ? null : String(notification.partnerId)}, ${sql.jsonb(notification.body)})
    on conflict (dedupe_key) do nothing`);

const DueRow = z.strictObject({
  id: z.bigint(),
  dedupeKey: z.string(),
  kind: z.string(),
  audience: z.enum(['partner', 'finance', 'operators']),
  email: z.string().nullable(),
  body: z.unknown(),
  tries: z.number(),
});
export type DueNotification = z.infer<typeof DueRow>;

/** The next messages to send, locked against other senders until the transaction ends. */
export const lockDueNotifications = (db: Database, limit: number): Promise<readonly DueNotification[]> =>
  db.any(sql.type(DueRow)`
    select notification.id, notification.dedupe_key as "dedupeKey", notification.kind, notification.audience, partner.email,
      notification.body, notification.tries
    from notification left join partner on partner.id = notification.partner_id
    where sent_at is null and due_at <= now() order by notification.id limit ${limit} for update of notification skip locked`);

export const markNotificationSent = (db: Database, id: bigint, note: string | null) =>
  db.query(sql.unsafe`
    update notification set sent_at = now(), tries = tries + 1, last_error = ${note} where id = ${id}`);

export const postponeNotification = (db: Database, id: bigint, delayMs: number, error: string) =>
  db.query(sql.unsafe`
    update notification set tries = tries + 1, last_error = ${error.slice(0, 500)},
      due_at = now() + ${delayMs} * interval '1 millisecond'
    where id = ${id}`);
