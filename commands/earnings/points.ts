import { lockAccounts, postJournals } from '../../db/books/ledger.ts';
import type { Database } from '../../db/database.ts';
import type { NewEarning } from '../../db/earnings/earnings.ts';
import { insertMovements, type NewMovement, type PointsHolder, readLots } from '../../db/earnings/lots.ts';
import { readUnits } from '../../db/programs/units.ts';
import { pointsOf, pointsPostings } from '../../domain/books/points-postings.ts';
import { addDays, localDate } from '../../domain/calendar.ts';
import { openWallet, type Wallet } from '../../domain/earnings/lots.ts';
import { bookEarned, type EarnedPoints, expiryOf } from '../../domain/earnings/points.ts';
import { isPoints, type PointsCode } from '../../domain/unit.ts';

export type Batch = { readonly batchId: bigint; readonly bookedAt: Date };

type PointsEarning = NewEarning & { readonly currency: PointsCode };
const isInPoints = (earning: NewEarning): earning is PointsEarning => isPoints(earning.currency);

export const holderKey = ({ partnerId, unit }: PointsHolder): string => `${partnerId}|${unit}`;

/**
 * Books the points that a batch of events earned or lost, into lots and the ledger. `holdDaysOf` says how many days before its release
 * an earning was earned. Call it before money is booked: accounts of points are locked first.
 */
export async function bookEarnedPoints(
  db: Database,
  { batchId, bookedAt }: Batch,
  earnings: readonly NewEarning[],
  holdDaysOf: (versionId: number) => number,
): Promise<void> {
  const inPoints = earnings.filter(isInPoints).filter(({ minor }) => minor !== 0n);
  if (inPoints.length === 0) return;
  const units = new Map(
    (await readUnits(db, [...new Set(inPoints.map(({ currency }) => currency))])).map((unit) => [unit.code, unit]),
  );
  const parts = inPoints.map((earning): EarnedPoints & PointsHolder => {
    const { partnerId, currency: unit, kind, minor, availableOn, versionId } = earning;
    const { zone = 'UTC', expiryMonths = null } = units.get(unit) ?? {};
    const earnedOn = addDays(availableOn, -holdDaysOf(versionId));
    const expiresOn = expiryOf(earnedOn, localDate(bookedAt.getTime(), zone), expiryMonths);
    return { partnerId, unit, kind, minor, earnedOn, availableOn, expiresOn };
  });
  const losses = parts.filter(({ minor }) => minor < 0n);
  const wallets = await lockWallets(db, parts, losses, losses);
  const movements = [...Map.groupBy(parts, holderKey)].flatMap(([key, all]): NewMovement[] => {
    const [first] = all;
    const wallet = wallets.get(key);
    if (!first || !wallet) return [];
    const { partnerId, unit } = first;
    const movedOn = localDate(bookedAt.getTime(), units.get(unit)?.zone ?? 'UTC');
    return bookEarned(wallet, all).map((movement) => ({ ...movement, partnerId, unit, batchId, movedOn }));
  });
  await postMovements(db, movements, bookedAt);
}

/**
 * Locks the points of partners until the transaction ends, and reads them. Only for the holders that lose points, their lots are read:
 * those that are not used up, and those of the named days.
 */
export async function lockWallets(
  db: Database,
  holders: readonly PointsHolder[],
  losing: readonly PointsHolder[] = holders,
  days: readonly (PointsHolder & Pick<EarnedPoints, 'earnedOn' | 'availableOn'>)[] = [],
): Promise<Map<string, Wallet>> {
  const wanted = [...new Map(holders.map((holder) => [holderKey(holder), holder])).values()];
  const accounts = await lockAccounts(
    db,
    wanted.map(({ partnerId, unit }) => ({ account: pointsOf(partnerId), currency: unit })),
  );
  const isLosing = new Set(losing.map(holderKey));
  const read = await readLots(
    db,
    wanted.filter((holder) => isLosing.has(holderKey(holder))),
    days,
  );
  const lots = Map.groupBy(read, holderKey);
  return new Map(
    accounts.flatMap(({ partnerId, currency: unit, minor }) => {
      if (!isPoints(unit)) return [];
      const key = holderKey({ partnerId, unit });
      return [[key, openWallet(lots.get(key) ?? [], minor < 0n ? -minor : 0n)] as const];
    }),
  );
}

/** Locks the points of one partner until the transaction ends, and reads them. */
export async function lockWallet(db: Database, holder: PointsHolder): Promise<Wallet> {
  const wallets = await lockWallets(db, [holder]);
  return wallets.get(holderKey(holder)) ?? openWallet([], 0n);
}

/** Writes movements of locked points, with their journals. */
export async function postMovements(db: Database, movements: readonly NewMovement[], at: Date): Promise<void> {
  const ids = await insertMovements(db, movements);
  const moved = movements.map((movement, index) => ({ ...movement, about: aboutOf(movement, ids[index] ?? 0n) }));
  await postJournals(db, pointsPostings(moved, at));
}

function aboutOf({ batchId, redemptionId, conversionId, unit }: NewMovement, id: bigint): string {
  if (batchId !== undefined) return `batch/${batchId}/${unit}`;
  return redemptionId ?? conversionId ?? `movement/${id}`;
}
