import type { MovementKind } from '../earnings/points.ts';
import type { PointsCode } from '../unit.ts';
import type { Account, Entry, Posting } from './postings.ts';

/** The movements of points in double entry. No journal of points has an account of money, and none of money one of points. */

const own = (code: string): Account => ({ code: `points:${code}`, partnerId: null });

/** The account of a partner's points. Where it has a debit balance, the partner owes us points. */
export const pointsOf = (partnerId: bigint): Account => ({ code: `points:partner:${partnerId}`, partnerId });

type PointsPosting = Posting['kind'] & `points_${string}`;

/** The kind of posting and the account on the other side, for each reason. */
const SIDES: Record<MovementKind, { kind: PointsPosting; other: Account }> = {
  earned: { kind: 'points_earned', other: own('issued') },
  corrected: { kind: 'points_earned', other: own('issued') },
  reversed: { kind: 'points_earned', other: own('issued') },
  redeemed: { kind: 'points_redeemed', other: own('redeemed') },
  returned: { kind: 'points_returned', other: own('redeemed') },
  expired: { kind: 'points_expired', other: own('expired') },
  expiry_undone: { kind: 'points_expired', other: own('expired') },
  converted: { kind: 'points_converted', other: own('clearing') },
  transferred: { kind: 'points_transferred', other: own('transferred') },
};

export type Moved = {
  readonly kind: MovementKind;
  /** The thing that moved them: the batch with its unit, the redemption, the conversion, or the movement itself. */
  readonly about: string;
  readonly partnerId: bigint;
  readonly unit: PointsCode;
  readonly minor: bigint;
};

/** The postings of movements, one for each kind and thing that moved them: `issued > partner` for points that were earned. */
export function pointsPostings(moved: readonly Moved[], effectiveAt: Date): Posting[] {
  const groups = Map.groupBy(moved, ({ kind, about }) => `${SIDES[kind].kind}|${about}`);
  return [...groups.values()].flatMap((all): Posting[] => {
    const [first] = all;
    if (!first) return [];
    const { kind, other } = SIDES[first.kind];
    const partners = new Map<bigint, bigint>();
    for (const { partnerId, minor } of all) partners.set(partnerId, (partners.get(partnerId) ?? 0n) + minor);
    const total = all.reduce((sum, { minor }) => sum + minor, 0n);
    const entries: Entry[] = [
      { account: other, minor: total },
      ...[...partners].map(([partnerId, minor]) => ({ account: pointsOf(partnerId), minor: -minor })),
    ].filter(({ minor }) => minor !== 0n);
    return entries.length === 0 ? [] : [{ kind, key: first.about, currency: first.unit, effectiveAt, entries }];
  });
}
