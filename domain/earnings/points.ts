import { addDays, addMonths } from '../calendar.ts';
import { earn, type LotEntry, lotKey, type LotName, NEVER, takeBack, type Wallet } from './lots.ts';

/** The reasons for which the points of a partner change. */
export const MOVEMENT_KINDS = [
  'earned',
  'corrected',
  'reversed',
  'redeemed',
  'returned',
  'expired',
  'expiry_undone',
  'converted',
  'transferred',
] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

/** A change of the points of a partner, in minor units. The part of it that no lot gave or got changed the debt. */
export type Movement = {
  readonly kind: MovementKind;
  readonly minor: bigint;
  readonly entries: readonly LotEntry[];
};

/** The least number of days between the booking of points and their expiry, so that their partner can be told before. */
export const NOTICE_DAYS = 30;

/**
 * The local date from which points can no longer be used: some months after the day on which they were earned. Points of an event that
 * came late live for the days of the notice at least.
 */
export function expiryOf(earnedOn: string, bookedOn: string, months: number | null): string {
  if (months === null) return NEVER;
  const [regular, least] = [addMonths(earnedOn, months), addDays(bookedOn, NOTICE_DAYS)];
  return regular < least ? least : regular;
}

/** Points that the events of a batch earned or lost, by the lot to which they belong. */
export type EarnedPoints = LotName & {
  readonly kind: 'earned' | 'corrected' | 'reversed';
  readonly minor: bigint;
};

const KIND_ORDER = ['earned', 'corrected', 'reversed'] as const;

/** Books what a batch earned for a partner. Gains come before losses, so that a sale and its refund in one batch net out. */
export function bookEarned(wallet: Wallet, parts: readonly EarnedPoints[]): Movement[] {
  const sums = new Map<string, EarnedPoints>();
  for (const part of parts) {
    const key = `${part.kind}|${lotKey(part)}`;
    sums.set(key, { ...part, minor: (sums.get(key)?.minor ?? 0n) + part.minor });
  }
  const all = [...sums.values()].toSorted(
    (one, other) => KIND_ORDER.indexOf(one.kind) - KIND_ORDER.indexOf(other.kind),
  );
  const gains = all
    .filter(({ minor }) => minor > 0n)
    .map(({ kind, minor, ...name }) => ({ kind, minor, entries: earn(wallet, name, minor) }));
  const losses = all
    .filter(({ minor }) => minor < 0n)
    .flatMap(({ kind, minor, ...name }): Movement[] => {
      const { entries, undone } = takeBack(wallet, name, -minor);
      const back = undone.reduce((total, entry) => total + entry.minor, 0n);
      return [
        ...(back > 0n ? [{ kind: 'expiry_undone' as const, minor: back, entries: undone }] : []),
        { kind, minor, entries },
      ];
    });
  return merged([...gains, ...losses]);
}

/** One movement for each kind and direction. */
function merged(movements: readonly Movement[]): Movement[] {
  const groups = Map.groupBy(movements, ({ kind, minor }) => `${kind}${minor > 0n}`);
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const minor = all.reduce((total, movement) => total + movement.minor, 0n);
    return [{ kind: first.kind, minor, entries: mergedEntries(all.flatMap(({ entries }) => entries)) }];
  });
}

function mergedEntries(entries: readonly LotEntry[]): LotEntry[] {
  const lots = new Map<string, LotEntry>();
  for (const entry of entries)
    lots.set(lotKey(entry), { ...entry, minor: (lots.get(lotKey(entry))?.minor ?? 0n) + entry.minor });
  return [...lots.values()].filter(({ minor }) => minor !== 0n);
}
