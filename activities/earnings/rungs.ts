import type { Database } from '../../db/database.ts';
import type { AccrualProgram } from '../../db/earnings/accrual.ts';
import type { Wait } from '../../db/earnings/events.ts';
import { listPlaces } from '../../db/earnings/ladder-places.ts';
import { listLaddersOf } from '../../db/programs/ladders.ts';
import { rungName } from '../../domain/earnings/rung.ts';
import { windowDeciding } from '../../domain/programs/ladder.ts';

/** The rung that a partner still has to get, before an event of a local day is judged by some facts. Undefined where none is missing. */
export type RungWait = (partnerId: bigint, day: string, facts: readonly string[]) => Wait | undefined;

export const noRungWait: RungWait = () => undefined;

/** Reads the rungs of partners on the ladders of a program that decide some facts. A program without such a ladder costs one short question. */
export async function readRungs(
  tx: Database,
  { id }: AccrualProgram,
  facts: readonly string[],
  partnerIds: readonly bigint[],
): Promise<RungWait> {
  const ladders = facts.length > 0 ? await listLaddersOf(tx, id, facts) : [];
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
  return (partnerId, day, asked) => {
    for (const { fact, versions } of ladders) {
      const from = asked.includes(fact) ? windowDeciding(versions, day)?.from : undefined;
      if (from !== undefined && !placed.has(keyOf(fact, partnerId, from)))
        return { waitsOn: 'ladder', waitsFor: rungName(fact, from) };
    }
    return undefined;
  };
}
