import type { Database } from '../../db/database.ts';
import { listPartnerSchedules } from '../../db/payers/schedules.ts';

/** The zone in which a partner reads days: that of their first pay schedule. */
export const zoneOf = async (db: Database, partnerId: bigint): Promise<string> =>
  (await listPartnerSchedules(db, partnerId))[0]?.zone ?? 'UTC';
