/**
 * The reasons why a partner is or is not paid in a run. They are tried in this order, and the first that applies is the outcome. The
 * last ones are given to a payout that was drafted and then taken out of its run.
 */
export const OUTCOMES = [
  'paid',
  'nothing_due',
  'partner_merged',
  'negative_balance',
  'partner_on_hold',
  'no_instrument',
  'instrument_failed',
  'instrument_cooling_off',
  'instrument_not_confirmed',
  'method_not_offered',
  'below_minimum',
  'excluded',
  'changed_after_approval',
  'held_after_approval',
  'cut_after_approval',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A payout that was approved and then taken out of its run. The approval still covers the others. */
export type AfterApproval = Extract<Outcome, `${string}_after_approval`>;
