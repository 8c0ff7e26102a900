import { sql } from 'slonik';
import { z } from 'zod';

import { GATEWAYS, type GatewayName } from '../../domain/payouts/payout.ts';
import { addAuditEntry } from '../people/audit.ts';
import { changesRow, type Database } from '../database.ts';
import { Instant } from '../column-types.ts';

export type Alarm = { kind: string; subject: string; detail: string };

/** Tells the operators, once while it is open; returns whether it is new. Ids and codes only. */
export const raiseAlarm = (db: Database, { kind, subject, detail }: Alarm): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into alarm(kind, subject, detail) values (${kind}, ${subject}, ${detail.slice(0, 2000)})
    on conflict (kind, subject) where cleared_at is null do nothing`,
  );

const AlarmRow = z
  .strictObject({ id: z.bigint(), kind: z.string(), subject: z.string(), detail: z.string(), raised_at: Instant })
  .transform(({ raised_at, ...row }) => ({ ...row, raisedAt: raised_at }));
export type AlarmRow = z.infer<typeof AlarmRow>;

/** The open alarms after a cursor, oldest first. */
export const listAlarms = (db: Database, after: bigint, limit: number): Promise<readonly AlarmRow[]> =>
  db.any(sql.type(AlarmRow)`
    select id, kind, subject, detail, raised_at from alarm
    where cleared_at is null and id > ${after} order by id limit ${limit}`);

/** Closes an alarm that a person has looked into; returns whether it was open. */
export const clearAlarm = (db: Database, id: bigint, actorId: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const cleared = await changesRow(
      tx,
      sql.unsafe`
      update alarm set cleared_at = now(), cleared_by = ${actorId} where id = ${id} and cleared_at is null`,
    );
    if (cleared) await addAuditEntry(tx, { actorId, action: 'alarm.clear', subject: `alarm/${id}` });
    return cleared;
  });

const PauseRow = z
  .strictObject({ gateway: z.enum(GATEWAYS), reason: z.string(), paused_at: Instant })
  .transform(({ paused_at, ...row }) => ({ ...row, pausedAt: paused_at }));
export type GatewayPause = z.infer<typeof PauseRow>;

export const listGatewayPauses = (db: Database): Promise<readonly GatewayPause[]> =>
  db.any(sql.type(PauseRow)`select gateway, reason, paused_at from gateway_pause order by gateway`);

/**
 * Keeps a gateway as it is until this transaction ends: nobody pauses it meanwhile. Whoever claims the right to ask begins with it,
 * before any row is locked, so that who waits here for a pause keeps nothing that a pause or a resume could wait for.
 */
export const keepGateway = (db: Database, gateway: GatewayName) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock_shared(hashtext('gateway_pause'), hashtext(${gateway}))`);

/**
 * Stops everything that has not been asked yet; what is in flight goes on to its end. A claim that is under way is waited for: once
 * this is committed, all that was or will be asked is written down. Returns whether it was running.
 */
export const pauseGateway = (
  db: Database,
  gateway: GatewayName,
  reason: string,
  actorId: string | null,
): Promise<boolean> =>
  db.transaction(async (tx) => {
    await tx.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('gateway_pause'), hashtext(${gateway}))`);
    const paused = await changesRow(
      tx,
      sql.unsafe`
      insert into gateway_pause(gateway, reason, paused_by) values (${gateway}, ${reason}, ${actorId})
      on conflict (gateway) do nothing`,
    );
    if (paused)
      await addAuditEntry(tx, { actorId, action: 'gateway.pause', subject: `gateway/${gateway}`, detail: { reason } });
    return paused;
  });

/**
 * Lets a gateway go on, returns whether it was paused. What waited for it is due now, and its refusal is looked into: another
 * one is a new alarm.
 */
export const resumeGateway = (db: Database, gateway: GatewayName, actorId: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    const resumed = await changesRow(tx, sql.unsafe`delete from gateway_pause where gateway = ${gateway}`);
    if (!resumed) return false;
    await tx.query(sql.unsafe`
      update alarm set cleared_at = now(), cleared_by = ${actorId}
      where kind = 'gateway_refused' and subject = ${`gateway/${gateway}`} and cleared_at is null`);
    await tx.query(sql.unsafe`update payout set due_at = now() where gateway = ${gateway} and status = 'executing'`);
    await tx.query(
      sql.unsafe`update provider_batch set due_at = now() where gateway = ${gateway} and state not in ('done', 'failed')`,
    );
    await addAuditEntry(tx, { actorId, action: 'gateway.resume', subject: `gateway/${gateway}` });
    return true;
  });
