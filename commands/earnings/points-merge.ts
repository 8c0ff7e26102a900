import type { Database } from '../../db/database.ts';
import type { NewMovement } from '../../db/earnings/lots.ts';
import { listPointsBalances } from '../../db/earnings/points-balances.ts';
import { readUnits } from '../../db/programs/units.ts';
import { localDate } from '../../domain/calendar.ts';
import { moveAll } from '../../domain/earnings/lots.ts';
import { holderKey, lockWallets, postMovements } from './points.ts';

export type PointsMerge = { readonly correctionId: string; readonly mergedId: bigint; readonly intoId: bigint };

/** Moves the points of a merged partner, or their debts, to the one who goes on. The lots keep their days. */
export async function movePoints(
  tx: Database,
  { correctionId, mergedId, intoId }: PointsMerge,
  now = new Date(),
): Promise<void> {
  const held = (await listPointsBalances(tx, mergedId)).filter(({ minor }) => minor !== 0n).map(({ unit }) => unit);
  if (held.length === 0) return;
  const units = await readUnits(tx, held);
  const wallets = await lockWallets(
    tx,
    units.flatMap(({ code: unit }) => [mergedId, intoId].map((partnerId) => ({ partnerId, unit }))),
  );
  const movements = units.flatMap(({ code: unit, zone }): NewMovement[] => {
    const [from, to] = [mergedId, intoId].map((partnerId) => wallets.get(holderKey({ partnerId, unit })));
    const movedOn = localDate(now.getTime(), zone);
    const { minor, given, got } = from && to ? moveAll(from, to, movedOn) : { minor: 0n, given: [], got: [] };
    const about = { unit, correctionId, movedOn, kind: 'transferred' } as const;
    return minor === 0n
      ? []
      : [
          { ...about, partnerId: mergedId, minor: -minor, entries: given },
          { ...about, partnerId: intoId, minor, entries: got },
        ];
  });
  await postMovements(tx, movements, now);
}
