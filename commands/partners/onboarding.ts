import type { Database } from '../../db/database.ts';
import { insertStage, listStages, type NewStage } from '../../db/partners/onboarding.ts';
import { getPartner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { addDays, localDate } from '../../domain/calendar.ts';
import { refused } from '../../domain/errors.ts';
import { allStages, type StageReached } from '../../domain/partners/onboarding.ts';

export type StageWish = Omit<NewStage, 'reachedOn'> & {
  /** The day on which the partner reached the stage. Null takes it back, and without it, it is today in UTC. */
  reachedOn?: string | null | undefined;
};

/** Records that a partner reached a stage of onboarding. Throws Failure `not_found`, or `invalid_input` for a day in the future. */
export const recordStage = (
  db: Database,
  partner: string,
  { reachedOn, ...wish }: StageWish,
  { nowMs, by }: { nowMs: number; by: string },
): Promise<readonly StageReached[]> =>
  db.transaction(async (tx) => {
    const { id } = await getPartner(tx, partner);
    const today = localDate(nowMs, 'UTC');
    const day = reachedOn === undefined ? today : reachedOn;
    // In some zones it is tomorrow already.
    if (day !== null && day > addDays(today, 1)) throw refused('reachedOn', 'is in the future');
    await insertStage(tx, id, { ...wish, reachedOn: day }, by);
    const detail = { stage: wish.stage, reachedOn: day, note: wish.note };
    await addAuditEntry(tx, { actorId: by, action: 'onboarding.record', subject: `partner/${partner}`, detail });
    return allStages(await listStages(tx, id));
  });
