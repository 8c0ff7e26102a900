import type { Database } from '../../db/database.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { insertRecoveryCap, listRecoveryCaps, type RecoveryCap } from '../../db/partners/recovery.ts';
import { getSchedule } from '../../db/payers/schedules.ts';
import { addAuditEntry } from '../../db/people/audit.ts';

export type CapWish = {
  /** The code of the schedule. */
  schedule: string;
  /** The code of the partner. Null for all partners of the schedule. */
  partner: string | null;
  percent: string | null;
  reason: string;
  by: string;
};

/**
 * Caps what each run takes back of an older debt, or ends the cap. Runs that are open keep the caps with which they began. Returns the
 * record. Throws Failure `not_found`.
 */
export const capRecovery = (db: Database, { schedule: code, partner: partnerCode, ...cap }: CapWish) =>
  db.transaction(async (tx): Promise<RecoveryCap> => {
    const schedule = await getSchedule(tx, code);
    const partner = partnerCode === null ? null : await getPartner(tx, partnerCode);
    await insertRecoveryCap(tx, { ...cap, scheduleId: schedule.id, partnerId: partner?.id ?? null });
    await addAuditEntry(tx, {
      actorId: cap.by,
      action: 'schedule.recovery',
      subject: partner ? `partner/${partner.code}` : `schedule/${code}`,
      detail: { schedule: code, percent: cap.percent, reason: cap.reason },
    });
    const [newest] = await listRecoveryCaps(tx, schedule.id, null, 1);
    if (!newest) throw new Error('The database returned no cap.');
    return newest;
  });
