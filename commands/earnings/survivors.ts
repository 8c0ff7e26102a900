import type { Database } from '../../db/database.ts';
import type { KnownEvent } from '../../db/earnings/known-events.ts';
import { listEarlyRefunds, listMergeFamilies } from '../../db/earnings/merges.ts';
import type { Event } from '../../domain/event.ts';
import { keyOf } from './event-key.ts';

/**
 * Gives events under the code of a merged partner to the partner who goes on. A refund follows its sale, and a sale follows the refunds
 * that came before it, so that both are worked out for one partner. The money of the other one follows later.
 */
export async function forSurvivors<Candidate extends { readonly event: Event }>(
  db: Database,
  candidates: readonly Candidate[],
  known: ReadonlyMap<string, readonly Pick<KnownEvent, 'partner'>[]>,
): Promise<readonly Candidate[]> {
  const saleOf = ({ source, about }: Event) =>
    about === null ? undefined : known.get(keyOf({ source, id: about }))?.at(-1);
  const codes = candidates.flatMap(({ event }) => [
    event.partner,
    saleOf(event)?.partner ?? event.partner,
    ...event.shares.map((share) => share.partner),
  ]);
  const families = new Map(
    (await listMergeFamilies(db, [...new Set(codes)])).map(({ code, survivor }) => [code, survivor]),
  );
  if (families.size === 0) return candidates;
  const sales = candidates
    .map(({ event }) => event)
    .filter((event) => event.about === null && families.has(event.partner));
  const early = new Map((await listEarlyRefunds(db, sales)).map((refund) => [keyOf(refund), refund.partner]));
  return candidates.map((candidate) => {
    const { event } = candidate;
    const survivor = families.get(event.partner) ?? event.partner;
    const other = saleOf(event)?.partner ?? early.get(keyOf(event));
    const partner = other !== undefined && families.get(other) === survivor ? other : survivor;
    const shares = event.shares.map((share, index) => ({
      ...share,
      partner: index === 0 ? partner : (families.get(share.partner) ?? share.partner),
    }));
    return { ...candidate, event: { ...event, partner, shares } };
  });
}
