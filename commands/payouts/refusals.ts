import type { Database } from '../../db/database.ts';
import type { GatewayName } from '../../domain/rails.ts';
import { pauseGateway } from '../payers/gateway-pauses.ts';
import { raiseAlarm } from '../tasks/alarms.ts';

/** Pauses a gateway whose provider refuses our account as a whole, with one alarm, so that its payouts wait and none of them fails. */
export const pauseRefusingGateway = (db: Database, gateway: GatewayName, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await pauseGateway(tx, gateway, reason, null))) return;
    const detail = `${reason} The gateway is paused. Fix this, then resume the gateway.`;
    await raiseAlarm(tx, 'gateway_refused', `gateway/${gateway}`, detail);
  });
