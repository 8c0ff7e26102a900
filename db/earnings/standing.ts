import { sql } from 'slonik';
import { z } from 'zod';

import type { Scope } from '../../domain/earnings/scope-state.ts';
import { isDividing, leastVolume } from '../../domain/earnings/pool.ts';
import { standingOf, type Reached } from '../../domain/earnings/standing.ts';
import { incentiveOf, type PlanTerms } from '../../domain/programs/plan.ts';
import { LocalDate } from '../column-types.ts';
import type { Database } from '../database.ts';
import { readTerms } from '../programs/terms.ts';
import { sumPool } from './pools.ts';
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
  const reached = await sumPools(db, windows, scopes, termsOf);
  return windows.flatMap(({ id, program, today }) => {
    const scope = scopes.get(id);
    const standing = scope && standingOf(scope, termsOf, reached.get(id));
    if (!scope || !standing) return [];
    const isOver = standing.lastDay !== null && standing.lastDay < today;
    return [{ id, program, scope, isOver, ...standing }];
  });
}

/** The sums of what all partners reached for the pools of some windows, by the ids of these. */
async function sumPools(
  db: Database,
  windows: readonly { readonly id: bigint; readonly programId: number }[],
  scopes: ReadonlyMap<bigint | null, Scope>,
  termsOf: (versionId: number) => PlanTerms,
): Promise<ReadonlyMap<bigint, Reached>> {
  const reached = new Map<bigint, Reached>();
  for (const { id, programId } of windows) {
    const scope = scopes.get(id);
    const last = scope?.segments.at(-1);
    const terms = scope && last && incentiveOf(termsOf(last.versionId), scope.incentiveId);
    if (scope && terms && isDividing(terms))
      reached.set(id, await sumPool(db, { ...scope, programId }, leastVolume(terms)));
  }
  return reached;
}
export type PartnerStanding = Awaited<ReturnType<typeof listStandings>>[number];
