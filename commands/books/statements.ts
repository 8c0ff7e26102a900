import { listAccountZones } from '../../db/books/reconciliation.ts';
import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { isOver, statementDay } from '../../domain/books/statement-day.ts';
import { Failure } from '../../domain/errors.ts';
import type { GatewayName } from '../../domain/rails.ts';

/**
 * Records that a person asked to read a gateway's statement of a day. Failure `invalid_input` if the day is not over in the zone of every
 * account, or if nobody pays through the gateway.
 */
export const askForStatement = (
  db: Database,
  { gateway, day, now }: { gateway: GatewayName; day: string; now: Date },
  by: string,
): Promise<void> =>
  db.transaction(async (tx) => {
    const zones = await listAccountZones(tx, gateway);
    const open = zones.find((zone) => !isOver(statementDay(day, zone), now));
    if (zones.length === 0) throw refused(`no payer pays through ${gateway}`);
    if (open)
      throw refused(`${day} ends in ${open} at ${statementDay(day, open).to.toISOString()}; ask again after that`);
    await addAuditEntry(tx, { actorId: by, action: 'statement.read', subject: `gateway/${gateway}`, detail: { day } });
  });

const refused = (reason: string): Failure =>
  new Failure('invalid_input', `Nothing was read: ${reason}.`, { details: [{ field: 'day', reason }] });
