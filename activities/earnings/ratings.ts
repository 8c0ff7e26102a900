import type { Database } from '../../db/database.ts';
import type { AccrualProgram, DueEvent } from '../../db/earnings/accrual.ts';
import { listDatedVersions } from '../../db/programs/plans.ts';
import { listAgreementTerms } from '../../db/partners/agreements.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { type Rating, ratingAt } from '../../domain/earnings/rating.ts';
import type { TermsCache } from './terms-cache.ts';

export type RatedEvent = Pick<DueEvent, 'partnerId' | 'childId' | 'occurredAtMs' | 'versionId'>;

/**
 * Reads the terms by which each partner's events are rated, and loads all versions of the program's plans. A partner above earns by the
 * terms by which the one below was rated.
 */
export async function readRatings(tx: Database, program: AccrualProgram, due: readonly DueEvent[], cache: TermsCache) {
  const terms = await listAgreementTerms(tx, program.id, [
    ...new Set(due.map(({ partnerId, childId }) => childId ?? partnerId)),
  ]);
  const agreed = Map.groupBy(
    terms.map((term) => ({ ...term, sinceMs: startOfDay(term.from, program.zone) })),
    ({ partnerId }) => partnerId,
  );
  const versions = await listDatedVersions(tx, program.id);
  await cache.load(
    tx,
    versions.map(({ id }) => id),
  );
  await loadNamed(tx, cache, due);
  return {
    versionIds: versions.map(({ id }) => id),
    ratings: ({ partnerId, childId, occurredAtMs, versionId = null }: RatedEvent): Rating | undefined => {
      if (versionId !== null) return ratingAbove(versionId, cache);
      const rating = ratingAt(agreed.get(childId ?? partnerId) ?? [], versions, occurredAtMs, program.zone);
      return rating && childId !== null ? ratingAbove(rating.versionId, cache) : rating;
    },
  };
}

/** The rating of a partner above: the parts of all partners below with one version of a plan are one segment of a window. */
export const ratingAbove = (versionId: number, cache: TermsCache): Rating => ({
  versionId,
  sinceMs: cache.get(versionId).effectiveMs,
});

/** Loads the versions that events name, some of which may be withdrawn by now. */
export const loadNamed = (tx: Database, cache: TermsCache, events: readonly Pick<DueEvent, 'versionId'>[]) =>
  cache.load(
    tx,
    events.flatMap(({ versionId }) => versionId ?? []),
  );
