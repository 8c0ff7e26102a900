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
  program: z.string(),
  programId: z.number(),
  closesAt: Instant,
});
export type Closable = z.infer<typeof ClosableRow>;

/**
 * The windows whose day of closing has come in the zone of their schedule, and that nothing closes yet, or those among some. A window in
 * which nothing counts has nothing to close. The windows of a pool are closed by its division.
 */
export const listClosable = (
  db: Database,
  limit: number,
  among: readonly Pick<Closable, 'scopeId'>[] | null = null,
): Promise<readonly Closable[]> =>
  db.any(sql.type(ClosableRow)`
    select scope.id as "scopeId", scope.partner_id as "partnerId", program.code as program, scope.program_id as "programId",
      scope.closes_on::timestamp at time zone schedule.zone as "closesAt"
    from earning_scope scope
    join program on program.id = scope.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    where scope.closing_id is null and scope.closes_on is not null and scope.is_undivided is null and scope.closes_on <= current_date + 1
      and scope.closes_on::timestamp at time zone schedule.zone <= now()
      and (
        exists (select from scope_total total where total.scope_id = scope.id and (total.volume, total.of_amount, total.base) <> (0, 0, 0))
        or exists (select from scope_member member where member.scope_id = scope.id)
      )
      ${
        among
          ? sql.fragment`and scope.id = any(${sql.array(
              among.map(({ scopeId }) => String(scopeId)),
              'int8',
            )})`
          : sql.fragment``
      }
    order by scope.closes_on, scope.id limit ${limit}`);

const ClosingRow = z.strictObject({
  partnerId: z.bigint(),
  incentiveId: z.string(),
  window: z.enum(WINDOWS),
  start: LocalDate,
  closingId: z.bigint(),
});
type WindowClosing = PartnersWindow & z.infer<typeof ClosingRow>;

/** The events of ours that closed some windows, for whichever group or currency. */
export const listWindowClosings = (
  db: Database,
  programId: number,
  windows: readonly PartnersWindow[],
): Promise<readonly WindowClosing[]> =>
  db.any(sql.type(ClosingRow)`
    select partner_id as "partnerId", incentive_id as "incentiveId", time_window as window, window_start as start, min(closing_id) as "closingId"
    from ${unnestColumns(
      ['int8', 'text', 'text', 'date'],
      windows.map(({ partnerId, incentiveId, window, start }) => [partnerId, incentiveId, window, start]),
    )} as given(partner_id, incentive_id, time_window, window_start)
    join earning_scope scope using (partner_id, incentive_id, time_window, window_start)
    where scope.program_id = ${programId} and scope.closing_id is not null
    group by 1, 2, 3, 4`);

const MissingRow = z.strictObject({
  partner: z.string(),
  missing: z.array(
    z.strictObject({ program: z.string(), incentiveId: z.string(), start: z.string(), measure: z.string() }),
  ),
});
export type MissingOf = z.infer<typeof MissingRow>['missing'][number];

/** The windows of partners that are closed without the reading or the quota that they pay by. Each partner has a row. */
export const listMissing = (db: Database, partnerIds: readonly bigint[]) =>
  db.any(sql.type(MissingRow)`
    select partner.code as partner, coalesce(jsonb_agg(jsonb_build_object('program', program.code, 'incentiveId', scope.incentive_id,
        'start', scope.window_start, 'measure', scope.measure)) filter (where scope.id is not null), '[]') as missing
    from partner
    left join earning_scope scope on scope.partner_id = partner.id and scope.is_closed and case
      when scope.measure like 'reading %' then not exists (select from scope_member member where member.scope_id = scope.id)
      else scope.measure like '% against quota %' and scope.quota is null end
    left join program on program.id = scope.program_id
    where partner.id = any(${sql.array(partnerIds.map(String), 'int8')})
    group by partner.code`);
