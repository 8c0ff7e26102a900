import type { Database } from '../../db/database.ts';
import type { AccrualProgram } from '../../db/earnings/accrual.ts';
import { listAgreementEpochs, listKnownVersions } from '../../db/earnings/replays.ts';
import { startOfDay } from '../../domain/calendar.ts';
import { ratingAt } from '../../domain/earnings/rating.ts';
import type { PlanTerms } from '../../domain/programs/plan.ts';
import type { RatingOf } from './past.ts';
import { type RatedEvent, ratingAbove } from './ratings.ts';
import { createTermsCache, type TermsCache } from './terms-cache.ts';

/** Terms that take the place of every version of a plan. */
export type Draft = { readonly planId: number; readonly terms: PlanTerms };

/** The id under which a draft is known, which no version has. */
export const DRAFT_ID = 0;

/** The terms of plan versions, and of a draft. */
export function createDraftCache(draft: Draft | null): TermsCache {
  const cache = createTermsCache();
  if (!draft) return cache;
  const version = { id: DRAFT_ID, createdBy: null, effectiveMs: 0, terms: draft.terms };
  return {
    ...cache,
    load: (db, ids) =>
      cache.load(
        db,
        [...ids].filter((id) => id !== DRAFT_ID),
      ),
    get: (id) => (id === DRAFT_ID ? version : cache.get(id)),
  };
}

type KnownRating = (event: RatedEvent, knownAtMs: number) => ReturnType<RatingOf>;

/**
 * Reads the terms by which events were rated when they were worked out, and those by which a re-rating rated them again: for a partner above,
 * by what was known then of the partner below. A draft takes the place of the versions of its plan.
 */
export async function readKnownRatings(
  tx: Database,
  program: AccrualProgram,
  partnerIds: readonly bigint[],
  cache: TermsCache,
  draft: Draft | null,
): Promise<{ ratings: KnownRating; ratingsAgain: KnownRating; versionIds: readonly number[] }> {
  const rows = await listAgreementEpochs(tx, program.id, partnerIds);
  const agreements = new Map(
    [...Map.groupBy(rows, ({ partnerId }) => partnerId)].map(([partnerId, ofPartner]) => [
      partnerId,
      [...Map.groupBy(ofPartner, ({ knownSince }) => knownSince)].map(([knownSince, terms]) => ({
        knownSince,
        agreed: terms.flatMap(({ planId, from, until }) =>
          planId !== null && from !== null ? [{ planId, from, until, sinceMs: startOfDay(from, program.zone) }] : [],
        ),
      })),
    ]),
  );
  const versions = await listKnownVersions(tx, program.id);
  await cache.load(
    tx,
    versions.map(({ id }) => id),
  );
  const drafted = new Set(versions.filter(({ planId }) => planId === draft?.planId).map(({ id }) => id));
  const agreed = (partnerId: bigint, occurredAtMs: number, knownAtMs: number) => {
    const epochs = agreements.get(partnerId) ?? [];
    const epoch = epochs.findLast(({ knownSince }) => knownSince <= knownAtMs) ?? epochs[0];
    const known = versions.filter(({ createdAt }) => createdAt.getTime() <= knownAtMs);
    return ratingAt(epoch?.agreed ?? [], known.length > 0 ? known : versions, occurredAtMs, program.zone);
  };
  const first: KnownRating = ({ partnerId, childId, occurredAtMs, versionId = null }, knownAtMs) => {
    if (childId === null) return agreed(partnerId, occurredAtMs, knownAtMs);
    return versionId === null ? undefined : ratingAbove(versionId, cache);
  };
  const again: KnownRating = ({ partnerId, childId, occurredAtMs }, knownAtMs) => {
    const rating = agreed(childId ?? partnerId, occurredAtMs, knownAtMs);
    return rating && childId !== null ? ratingAbove(rating.versionId, cache) : rating;
  };
  const asDraft =
    (ratings: KnownRating): KnownRating =>
    (event, knownAtMs) => {
      const rating = ratings(event, knownAtMs);
      return rating && drafted.has(rating.versionId) ? { ...rating, versionId: DRAFT_ID } : rating;
    };
  return {
    ratings: asDraft(first),
    ratingsAgain: asDraft(again),
    versionIds: [...versions.map(({ id }) => id), ...(draft ? [DRAFT_ID] : [])],
  };
}
