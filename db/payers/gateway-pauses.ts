import { sql } from 'slonik';
import { z } from 'zod';

import { type GatewayName, GATEWAYS } from '../../domain/rails.ts';
import { Instant } from '../column-types.ts';
import { changesRow, type Database } from '../database.ts';

const PauseRow = z.strictObject({ gateway: z.enum(GATEWAYS), reason: z.string(), pausedAt: Instant });
export type GatewayPause = z.infer<typeof PauseRow>;

export const listGatewayPauses = (db: Database): Promise<readonly GatewayPause[]> =>
  db.any(sql.type(PauseRow)`select gateway, reason, paused_at as "pausedAt" from gateway_pause order by gateway`);

/**
 * Keeps a gateway as it is until this transaction ends, so that nobody pauses it meanwhile. The transaction that claims the right
 * to ask begins with this, before it locks any row. If it has to wait here for a pause, it then holds nothing that a pause or a
 * resume could wait for.
 */
export const lockGatewayShared = (db: Database, gateway: GatewayName) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock_shared(hashtext('gateway_pause'), hashtext(${gateway}))`);

/** Waits until every claim that is under way has ended, and lets no other claim begin before this transaction ends. */
export const lockGateway = (db: Database, gateway: GatewayName) =>
  db.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('gateway_pause'), hashtext(${gateway}))`);

/** Writes a pause. Returns false if the gateway is paused already. */
export const insertGatewayPause = (
  db: Database,
  gateway: GatewayName,
  reason: string,
  pausedBy: string | null,
): Promise<boolean> =>
  changesRow(
    db,
    sql.unsafe`
    insert into gateway_pause(gateway, reason, paused_by) values (${gateway}, ${reason}, ${pausedBy})
    on conflict (gateway) do nothing`,
  );

/** Ends a pause. Returns whether there was one. */
export const deleteGatewayPause = (db: Database, gateway: GatewayName): Promise<boolean> =>
  changesRow(db, sql.unsafe`delete from gateway_pause where gateway = ${gateway}`);
