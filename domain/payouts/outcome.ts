/** Why a partner is or is not paid in a run, in the order in which they are asked; the first that applies is the outcome. */
export const OUTCOMES = [
  'paid',
  'nothing_due',
  'negative_balance',
  'partner_on_hold',
  'no_instrument',
  'instrument_cooling_off',
  'method_not_offered',
  'below_minimum',
  'excluded',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
