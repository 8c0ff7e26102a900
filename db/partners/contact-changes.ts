import { sql } from 'slonik';
import { z } from 'zod';

import { sha256 } from '../../domain/canonical.ts';
import { CONTACT_OUTCOMES } from '../../domain/partners/contact-change.ts';
import { Count, Id, Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

/** The other addresses for notices that owners of partners asked for. */

const ChangeRow = z.strictObject({
  id: z.string(),
  /** The address that was asked for. */
  email: z.string(),
  /** The name of the owner who asked, or the code of one who no longer has access. */
  askedBy: z.string(),
  askedAt: Instant,
  expiresAt: Instant,
  outcome: z.enum(CONTACT_OUTCOMES).nullable(),
  endedAt: Instant.nullable(),
});
export type ContactChange = z.infer<typeof ChangeRow>;

/** The changes of a partner's address, the newest first, after a cursor. */
export const listContactChanges = (
  db: Database,
  partnerId: bigint,
  before: string | null,
  limit: number,
): Promise<readonly ContactChange[]> =>
  db.any(sql.type(ChangeRow)`
    select change.id, change.email, change.asked_at as "askedAt", change.expires_at as "expiresAt",
      coalesce((select person.name from partner_people(change.partner_id) person where person.actor = asker.code limit 1), asker.code) as "askedBy",
      case when change.expires_at <= coalesce(change.ended_at, now()) then 'expired' else change.outcome end as outcome,
      change.ended_at as "endedAt"
    from contact_change change join actor asker on asker.id = change.asked_by
    where change.partner_id = ${partnerId} and (${before}::uuid is null or change.id < ${before}) order by change.id desc limit ${limit}`);

export const newContactChangeId = (db: Database): Promise<string> => db.oneFirst(sql.type(Id)`select uuidv7() as id`);

export type NewContactChange = {
  id: string;
  partnerId: bigint;
  email: string;
  confirmToken: string;
  stopToken: string;
  hours: number;
  by: string;
  signatureId: string;
};

export const insertContactChange = (db: Database, change: NewContactChange) =>
  db.query(sql.unsafe`
    insert into contact_change(id, partner_id, email, confirm_hash, stop_hash, asked_by, signature_id, expires_at)
    values (${change.id}, ${change.partnerId}, ${change.email}, ${sql.binary(sha256(change.confirmToken))},
      ${sql.binary(sha256(change.stopToken))}, ${change.by}, ${change.signatureId}, now() + ${change.hours} * interval '1 hour')`);

/** How many changes the people of a partner asked for within a day. */
export const countContactChanges = (db: Database, partnerId: bigint): Promise<number> =>
  db.oneFirst(sql.type(z.object({ count: Count }))`
    select count(*) as count from contact_change where partner_id = ${partnerId} and asked_at > now() - interval '1 day'`);

/** The link in the mail to the new address confirms a change, and the one to the address before stops it. */
export type ContactLink = 'confirm' | 'stop';

const OpenRow = z.strictObject({
  id: z.string(),
  partnerId: z.bigint(),
  partner: z.string(),
  name: z.string(),
  email: z.string(),
});
export type OpenContactChange = z.infer<typeof OpenRow>;

/**
 * Finds the change that a link is about. Null if it is unknown, over or too old, if its partner was merged, or if the person who asked is
 * no longer an owner.
 */
export const findOpenContactChange = (
  db: Database,
  link: ContactLink,
  token: string,
): Promise<OpenContactChange | null> =>
  db.maybeOne(sql.type(OpenRow)`
    select change.id, change.partner_id as "partnerId", partner.code as partner, partner.name, change.email
    from contact_change change join partner on partner.id = change.partner_id
    where ${sql.identifier([link === 'confirm' ? 'confirm_hash' : 'stop_hash'])} = ${sql.binary(sha256(token))}
      and change.outcome is null and change.expires_at > now() and partner.merged_into is null
      and owns_partner(change.asked_by, change.partner_id)`);

/** Whether the links of a change still work. */
export const isContactChangeOpen = (db: Database, id: string): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from contact_change where id = ${id} and outcome is null and expires_at > now()
      and owns_partner(asked_by, partner_id)`);

/** Ends a change that waits. `by` is the person who cancelled it. Returns whether it waited. */
export const endContactChange = (
  db: Database,
  id: string,
  outcome: 'confirmed' | 'cancelled' | 'stopped',
  by: string | null,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    update contact_change set outcome = ${outcome}, ended_at = now(), ended_by = ${by} where id = ${id} and outcome is null`,
  );

/** Ends the change of a partner that waits, because a later one takes its place. */
export const replaceContactChange = (db: Database, partnerId: bigint) =>
  db.query(sql.unsafe`
    update contact_change set outcome = 'replaced', ended_at = now() where partner_id = ${partnerId} and outcome is null`);
