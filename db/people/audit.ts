import { sql } from 'slonik';
import { z } from 'zod';

import type { Database } from '../database.ts';
import { Instant } from '../column-types.ts';

export type AuditEntry = {
  /** The person who did it, or null for the system. */
  actorId: string | null;
  /** Noun and verb, such as `payout.exclude`. */
  action: string;
  /** The subject of the action, such as `payout/<id>`. */
  subject: string;
  /** Ids, codes and reasons. It never holds details of an instrument, names or secrets. */
  detail?: Readonly<Record<string, string | number | boolean | null>>;
};

/** The part of an entry that names the signature of the person who acted, if they signed. */
export const signedBy = (signatureId: string | null | undefined): { signature?: string } =>
  signatureId ? { signature: signatureId } : {};

const AUDIT_SEAL_MAX = 5000;

/** Writes down who did what, in the transaction that did it. */
export const addAuditEntry = (db: Database, entry: AuditEntry): Promise<void> => addAuditEntries(db, [entry]);

/** Writes down many entries at once, in their order. */
export async function addAuditEntries(db: Database, entries: readonly AuditEntry[]): Promise<void> {
  const rows = entries.map(({ actorId, action, subject, detail = {} }, place) => [
    place,
    actorId,
    action,
    subject,
    JSON.stringify(detail),
  ]);
  await db.query(sql.unsafe`
    insert into audit_log(actor_id, action, subject, detail)
    select actor_id, action, subject, detail::jsonb
    from ${sql.unnest(rows, ['int4', 'uuid', 'text', 'text', 'text'])} as given(place, actor_id, action, subject, detail)
    order by place`);
}

/** Chains the entries that were committed since the last time. Returns how many it sealed. */
export const sealAuditLog = (db: Database): Promise<number> =>
  db.oneFirst(sql.type(z.object({ sealed: z.number() }))`select seal_audit_log(${AUDIT_SEAL_MAX}) as sealed`);

const EntryRow = z.strictObject({
  seq: z.bigint(),
  at: Instant,
  actor: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string().nullable(),
});
/** An entry as it is read: its actor by code, and its hash once it is sealed into the chain. */
export type RecordedEntry = z.infer<typeof EntryRow>;

/** The audit log in its order: of everything, or of one subject such as `run/<id>`. */
export const listAuditEntries = (
  db: Database,
  subject: string | null,
  after: bigint,
  limit: number,
): Promise<readonly RecordedEntry[]> =>
  db.any(sql.type(EntryRow)`
    select seq, at, actor.code as actor, action, subject, detail, encode(hash, 'hex') as hash
    from audit_log left join actor on actor.id = audit_log.actor_id
    where seq > ${after} and (${subject}::text is null or subject = ${subject}) order by seq limit ${limit}`);

/** Whether the audit log has an entry like this. */
export const hasAuditEntry = (db: Database, { actorId, action, subject, detail = {} }: AuditEntry): Promise<boolean> =>
  db.exists(sql.unsafe`
    select 1 from audit_log
    where subject = ${subject} and action = ${action} and actor_id = ${actorId} and detail @> ${sql.jsonb(detail)}`);
