import type { CurrencyCode } from '../currency.ts';
import { formatMoney, money } from '../money.ts';
import type { AfterApproval } from './outcome.ts';
import type { Reason } from './payability.ts';

/** A payout that was approved and is not asked for yet. */
export type Approved = {
  readonly currency: CurrencyCode;
  readonly gross: bigint;
  readonly gateway: string;
  readonly instrumentVersionId: string;
  /** The reason that a person gave for taking it out, while it waits for that in a batch. */
  readonly cutReason: string | null;
};

/** The answer of payability about its partner now. */
export type Now = {
  readonly payableMinor: bigint;
  readonly gateway: string | null;
  readonly instrumentVersionId: string | null;
  readonly reasons: readonly Reason[];
};

/** Why a payout leaves its run, for the people who prepare and approve payments. */
export type Cut = { readonly outcome: AfterApproval; readonly reason: string };

/**
 * The reason why an approved payout may no longer be paid, or undefined. After the approval nothing rises: if the partner is owed more
 * by now, the approved amount is paid and the rest waits for the next run. Less is not paid in its place, because nobody approved it.
 */
export function whyCut(
  { currency, gross, gateway, instrumentVersionId, cutReason }: Approved,
  now: Now | undefined,
): Cut | undefined {
  if (cutReason !== null) return { outcome: 'cut_after_approval', reason: cutReason };
  const owed = now?.payableMinor ?? 0n;
  if (now?.reasons.some(({ reason }) => reason === 'partner_on_hold'))
    return { outcome: 'held_after_approval', reason: 'The partner was put on hold after the approval.' };
  if (owed < gross)
    return changed(
      `The partner is owed ${formatMoney(money(owed, currency))} now, which is less than the approved ${formatMoney(money(gross, currency))}.`,
    );
  if (now?.instrumentVersionId !== instrumentVersionId || now.gateway !== gateway)
    return changed('The payment details of the partner changed after the approval.');
  const against = now.reasons.find(({ reason }) => reason !== 'below_minimum'); // a minimum that rose later does not undo an approval
  return against && changed(`The partner cannot be paid now: ${against.reason}.`);
}

const changed = (reason: string): Cut => ({ outcome: 'changed_after_approval', reason });
