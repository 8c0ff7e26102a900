import { canonicalJson, sha256 } from '../canonical.ts';
import type { CurrencyCode } from '../currency.ts';
import type { Method } from '../rails.ts';

/** The facts about one payout that an approver approves. Amounts are minor units. */
export type PayoutContent = {
  readonly id: string;
  readonly partnerId: bigint;
  readonly instrumentVersionId: string;
  readonly method: Method;
  readonly currency: CurrencyCode;
  readonly grossMinor: bigint;
  readonly withheldMinor: bigint;
  readonly feeMinor: bigint;
  readonly netMinor: bigint;
  readonly lineIds: readonly bigint[];
};

/**
 * The SHA-256 of what a run will pay: the canonical JSON of its payouts in order of their ids. An approval names this hash. A
 * difference of one cent, one instrument or one line voids the approval.
 */
export const contentHash = (payouts: readonly PayoutContent[]): Buffer =>
  sha256(
    canonicalJson(
      payouts
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map((payout) => ({ ...payout, lineIds: payout.lineIds.toSorted((a, b) => (a < b ? -1 : 1)) })),
    ),
  );
