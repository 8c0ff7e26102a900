import { sql } from 'slonik';
import { z } from 'zod';

import type { PartnersWindow } from '../../domain/earnings/lateness.ts';
import { WINDOWS } from '../../domain/programs/incentives/window.ts';
import { Instant, LocalDate } from '../column-types.ts';
import { unnestColumns } from '../columns.ts';
import type { Database } from '../database.ts';

/** The windows that are earned at their close: those to be closed, and those that are. */

const ClosableRow = z.strictObject({
  scopeId: z.bigint(),
  partnerId: z.bigint(),
  programId: z.number(),
  closesAt: Instant,
});
export type Closable = z.infer<typeof ClosableRow>;

/**
 * Locks windows whose day of closing has come in the zone of their schedule, and that nothing closes yet. Others' locks are left alone. The
 * windows of a pool are closed by its division.
 */
export const listClosable = (db: Database, limit: number): Promise<readonly Closable[]> =>
  db.any(sql.type(ClosableRow)`
    select scope.id as "scopeId", scope.partner_id as "partnerId", scope.program_id as "programId",
      scope.closes_on::timestamp at time zone schedule.zone as "closesAt"
    from earning_scope scope
    join program on program.id = scope.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    where scope.closing_id is null and scope.closes_on is not null and scope.is_undivided is null and scope.closes_on <= current_date + 1
      and scope.closes_on::timestamp at time zone schedule.zone <= now()
    order by scope.closes_on, scope.id limit ${limit} for update of scope skip locked`);

const ClosedRow = z.strictObject({
  partnerId: z.bigint(),
  incentiveId: z.string(),
  window: z.enum(WINDOWS),
  start: LocalDate,
});

/** Those of some windows that are closed, for whichever group or currency. */
export const listClosedWindows = (
  db: Database,
  programId: number,
  windows: readonly PartnersWindow[],
): Promise<readonly PartnersWindow[]> =>
  db.any(sql.type(ClosedRow)`
    select distinct partner_id as "partnerId", incentive_id as "incentiveId", time_window as window, window_start as start
    from ${unnestColumns(
      ['int8', 'text', 'text', 'date'],
      windows.map(({ partnerId, incentiveId, window, start }) => [partnerId, incentiveId, window, start]),
    )} as given(partner_id, incentive_id, time_window, window_start)
    join earning_scope scope using (partner_id, incentive_id, time_window, window_start)
    where scope.program_id = ${programId} and scope.is_closed`);
