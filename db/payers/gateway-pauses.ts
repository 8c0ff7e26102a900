import { sql } from 'slonik';
import { z } from 'zod';

import { type GatewayName, GATEWAYS } from '../../domain/rails.ts';
import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';
import { addAuditEntry } from '../people/audit.ts';

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
