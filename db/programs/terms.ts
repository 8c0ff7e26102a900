import { sql } from 'slonik';
import { z } from 'zod';

import { PlanTerms } from '../../domain/programs/plan.ts';
import type { Database } from '../database.ts';

const TermsRow = z.strictObject({
  id: z.number(),
  createdBy: z.string().nullable(),
  /** The instant from which it is in force, in epoch milliseconds. */
  effectiveMs: z.number(),
  terms: PlanTerms,
});
export type VersionTerms = z.infer<typeof TermsRow>;

/** The terms of plan versions, and the people who wrote them. */
export const listTerms = (db: Database, versionIds: readonly number[]): Promise<readonly VersionTerms[]> =>
  db.any(sql.type(TermsRow)`
    select id, created_by as "createdBy", effective_from as "effectiveMs", terms from plan_version where id = any(${sql.array([...versionIds], 'int4')})`);

/** Looks up the terms of plan versions that rows name. Throws RangeError for a version that was not asked for. */
export async function readTerms(db: Database, versionIds: Iterable<number>): Promise<(versionId: number) => PlanTerms> {
  const known = new Map((await listTerms(db, [...new Set(versionIds)])).map(({ id, terms }) => [id, terms]));
  return (versionId) => {
    const terms = known.get(versionId);
    if (!terms) throw new RangeError(`plan version ${versionId} was not read`);
    return terms;
  };
}
