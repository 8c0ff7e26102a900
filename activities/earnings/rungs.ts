import type { Database } from '../../db/database.ts';
import type { AccrualProgram } from '../../db/earnings/accrual.ts';
import type { Wait } from '../../db/earnings/events.ts';
import { listPlaces } from '../../db/earnings/ladder-places.ts';
import { type AgreementTerm, listAgreementTerms } from '../../db/partners/agreements.ts';
import { listLaddersOf } from '../../db/programs/ladders.ts';
import { covers } from '../../domain/partners/agreement.ts';
import { rungName } from '../../domain/earnings/rung.ts';
import { windowDeciding } from '../../domain/programs/ladder.ts';

/** The rung that a partner still has to get, before an event of a local day is judged by some facts. Undefined where none is missing. */
export type RungWait = (partnerId: bigint, day: string, facts: readonly string[]) => Wait | undefined;

export const noRungWait: RungWait = () => undefined;

/**
 * Reads the rungs of partners on the ladders that decide some facts: those of a program, and those of other ones for the partners who are in
 * them on the day. Without such a ladder, it costs one short question.
 */
export async function readRungs(
  tx: Database,
  { id }: AccrualProgram,
  facts: readonly string[],
  partnerIds: readonly bigint[],
): Promise<RungWait> {
  const ladders = facts.length > 0 ? await listLaddersOf(tx, facts) : [];
  if (ladders.length === 0) return noRungWait;
  const keyOf = (fact: string, partnerId: bigint, from: string) => `${fact}/${partnerId}/${from}`;
  const placed = new Set(
    (
      await listPlaces(
        tx,
        ladders.map(({ fact }) => fact),
        partnerIds,
      )
    ).map(({ fact, partnerId, from }) => keyOf(fact, partnerId, from)),
  );
  const others = [...new Set(ladders.map(({ programId }) => programId))].filter((one) => one !== id);
  const stays = new Map<number, readonly AgreementTerm[]>();
  for (const other of others) stays.set(other, await listAgreementTerms(tx, other, partnerIds));
  const isIn = (programId: number, partnerId: bigint, day: string): boolean =>
    programId === id || (stays.get(programId) ?? []).some((term) => term.partnerId === partnerId && covers(term, day));
  return (partnerId, day, asked) => {
    for (const { fact, programId, versions } of ladders) {
      const isAsked = asked.includes(fact) && isIn(programId, partnerId, day);
      const window = isAsked ? windowDeciding(versions, day) : undefined;
      if (window && !placed.has(keyOf(fact, partnerId, window.from)))
        return { waitsOn: 'ladder', waitsFor: rungName(fact, window.from), until: window.closesOn };
    }
    return undefined;
  };
}
