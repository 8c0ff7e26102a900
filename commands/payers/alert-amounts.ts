import type { Database } from '../../db/database.ts';
import { listAlertAmounts, replaceAlertAmounts } from '../../db/payers/alert-amounts.ts';
import { getPayer } from '../../db/payers/payers.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import type { Money } from '../../domain/money.ts';

/** Sets the amounts from which finance is told at once, in place of the earlier ones. Throws Failure `not_found`. */
export const setAlertAmounts = (db: Database, code: string, amounts: readonly Money[], by: string) =>
  db.transaction(async (tx) => {
    const { id } = await getPayer(tx, code);
    await replaceAlertAmounts(tx, id, amounts);
    const detail = Object.fromEntries(amounts.map(({ currency, minor }) => [currency, String(minor)]));
    await addAuditEntry(tx, { actorId: by, action: 'payer.set_alert_amounts', subject: `payer/${code}`, detail });
    return listAlertAmounts(tx, id);
  });
