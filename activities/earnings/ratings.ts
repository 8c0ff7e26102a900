import type { Database } from '../../db/database.ts';
import { type AccrualProgram, type DueEvent, listDatedVersions } from '../../db/earnings/accrual.ts';
import { listAgreementTerms } from '../../db/partners/agreements.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { type Rating, ratingAt } from '../../domain/earnings/rating.ts';
import type { TermsCache } from './terms-cache.ts';

/**
 * Reads the terms by which each partner's events are rated, and loads all versions of the program's plans. A partner above earns by the
 * terms of the one below, and the parts of all partners below with one version of a plan are one segment of a window.
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
  const sinceMs = new Map(versions.map(({ id, effectiveFrom }) => [id, effectiveFrom.getTime()]));
  return {
    versionIds: versions.map(({ id }) => id),
    ratings: ({
      partnerId,
      childId,
      occurredAtMs,
    }: Pick<DueEvent, 'partnerId' | 'childId' | 'occurredAtMs'>): Rating | undefined => {
      const rating = ratingAt(agreed.get(childId ?? partnerId) ?? [], versions, occurredAtMs, program.zone);
      return rating && childId !== null
        ? { ...rating, sinceMs: sinceMs.get(rating.versionId) ?? rating.sinceMs }
        : rating;
    },
  };
}
