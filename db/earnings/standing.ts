import { sql } from 'slonik';
import { z } from 'zod';

import { standingOf } from '../../domain/earnings/standing.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { readTerms } from '../programs/terms.ts';
import { readScopes } from './scopes.ts';

const WindowRow = z.strictObject({
  id: z.bigint(),
  program: z.string(),
  programId: z.number(),
  today: LocalDate,
});

/** A partner's windows, the newest first, each with where the partner stands. First purchases of customers are not windows. */
export async function listStandings(db: Database, partnerId: bigint, before: bigint | null, limit: number) {
  const windows = await db.any(sql.type(WindowRow)`
    select scope.id, program.code as program, scope.program_id as "programId",
      (now() at time zone schedule.zone)::date as today
    from earning_scope scope join program on program.id = scope.program_id join pay_schedule schedule on schedule.id = program.schedule_id
    where scope.partner_id = ${partnerId} and scope.time_window <> 'event' and (${before}::int8 is null or scope.id < ${before})
    order by scope.id desc limit ${limit}`);
  const byProgram = Map.groupBy(windows, ({ programId }) => programId);
  const scopes = new Map(
    (
      await Promise.all(
        [...byProgram].map(([programId, rows]) =>
          readScopes(
            db,
            programId,
            [],
            rows.map(({ id }) => id),
          ),
        ),
      )
    ).flatMap((found) => [...found.values()].map((scope) => [scope.id, scope])),
  );
  const termsOf = await readTerms(
    db,
    [...scopes.values()].flatMap(({ segments }) => segments.map(({ versionId }) => versionId)),
  );
  return windows.flatMap(({ id, program, today }) => {
    const scope = scopes.get(id);
    const standing = scope && standingOf(scope, termsOf);
    if (!scope || !standing) return [];
    const isOver = standing.lastDay !== null && standing.lastDay < today;
    return [{ id, program, scope, isOver, ...standing }];
  });
}
export type PartnerStanding = Awaited<ReturnType<typeof listStandings>>[number];
