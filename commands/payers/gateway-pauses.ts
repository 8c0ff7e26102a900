import type { Database } from '../../db/database.ts';
import { deleteGatewayPause, insertGatewayPause, lockGateway } from '../../db/payers/gateway-pauses.ts';
import { makeBatchesDue } from '../../db/payouts/batches.ts';
import { makePayoutsDue } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { markAlarmClearedAbout } from '../../db/tasks/alarms.ts';
import type { GatewayName } from '../../domain/rails.ts';

/**
 * Stops every payment of a gateway that has not been asked for yet. Payments in flight continue to their end. The pause waits for
 * the claims that are under way. Once it is committed, every payment that was or will be asked for is written down. Returns false
 * if the gateway was paused already. `by` is null if the system pauses it.
 */
export const pauseGateway = (db: Database, gateway: GatewayName, reason: string, by: string | null): Promise<boolean> =>
  db.transaction(async (tx) => {
    await lockGateway(tx, gateway);
    const paused = await insertGatewayPause(tx, gateway, reason, by);
    if (paused)
      await addAuditEntry(tx, {
        actorId: by,
        action: 'gateway.pause',
        subject: `gateway/${gateway}`,
        detail: { reason },
      });
    return paused;
  });

/**
 * Resumes a gateway, and returns whether it was paused. Everything that waited for it is due now. The alarm about its refusal is
 * cleared, so that another refusal raises a new one.
 */
export const resumeGateway = (db: Database, gateway: GatewayName, by: string): Promise<boolean> =>
  db.transaction(async (tx) => {
    if (!(await deleteGatewayPause(tx, gateway))) return false;
    const subject = `gateway/${gateway}`;
    await markAlarmClearedAbout(tx, { kind: 'gateway_refused', subject }, by);
    await makeBatchesDue(tx, { gateway });
    await makePayoutsDue(tx, { gateway });
    await addAuditEntry(tx, { actorId: by, action: 'gateway.resume', subject });
    return true;
  });
