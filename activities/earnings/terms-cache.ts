import { budgetsOf, levelsAbove } from '../../domain/programs/plan.ts';
import type { Database } from '../../db/database.ts';
import { listTerms, type VersionTerms } from '../../db/programs/terms.ts';

/** The terms of plan versions. A version never changes, so a worker reads it once. */
export function createTermsCache() {
  const known = new Map<number, VersionTerms>();
  let levels = 0;
  let namesBudgets = false;
  return {
    async load(db: Database, versionIds: Iterable<number>): Promise<void> {
      const missing = [...new Set(versionIds)].filter((id) => !known.has(id));
      if (missing.length === 0) return;
      for (const version of await listTerms(db, missing)) {
        known.set(version.id, version);
        levels = Math.max(levels, ...levelsAbove(version.terms));
        namesBudgets ||= budgetsOf(version.terms).length > 0;
      }
    },
    /** How many levels above the partner of an event terms pay. */
    levels: (): number => levels,
    /** Whether some terms name a budget. */
    namesBudgets: (): boolean => namesBudgets,
    /** Throws RangeError for a version that was not loaded. */
    get(versionId: number): VersionTerms {
      const version = known.get(versionId);
      if (!version) throw new RangeError(`plan version ${versionId} was not loaded`);
      return version;
    },
  };
}
export type TermsCache = ReturnType<typeof createTermsCache>;
