import { sql } from 'slonik';
import { z } from 'zod';

import { type RecordedStage, type StageReached, STAGES } from '../../domain/partners/onboarding.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';

const StageRow = z.strictObject({
  stage: z.enum(STAGES),
  reachedOn: LocalDate.nullable(),
  by: z.string().nullable(),
  note: z.string().nullable(),
});

/**
 * The stages about which something is known. The newest record of a stage counts. Without a record, the first access that somebody gave
 * to the partner is the invitation. The oldest payment details that are in use are the method. Both days are in UTC.
 */
export const listStages = (db: Database, partnerId: bigint): Promise<readonly StageReached[]> =>
  db.any(sql.type(StageRow)`
    with recorded as (
      select distinct on (stage) stage, reached_on, recorded_by, note from onboarding_record
      where partner_id = ${partnerId} order by stage, id desc
    ), derived as (
      (select 'invited' as stage, proposed_at as at, proposed_by as by from role_grant
       where partner_id = ${partnerId} and status <> 'refused' order by proposed_at limit 1)
      union all
      (select 'method', created_at, created_by from instrument_version version
       where partner_id = ${partnerId}
         and not exists (select from instrument_withdrawal gone where gone.instrument_id = version.id)
       order by id limit 1)
    )
    select stage, reached_on as "reachedOn", actor.code as by, note
    from (
      select stage, reached_on, recorded_by, note from recorded
      union all
      select stage, (at at time zone 'UTC')::date, derived.by, null from derived
      where not exists (select from recorded where recorded.stage = derived.stage)
    ) known
    left join actor on actor.id = known.recorded_by`);

export type NewStage = { stage: RecordedStage; reachedOn: string | null; note: string | null };

/** Records the day of a stage, or null to take it back. */
export const insertStage = (db: Database, partnerId: bigint, { stage, reachedOn, note }: NewStage, by: string) =>
  db.query(sql.unsafe`
    insert into onboarding_record(partner_id, stage, reached_on, note, recorded_by)
    values (${partnerId}, ${stage}, ${reachedOn}, ${note}, ${by})`);
