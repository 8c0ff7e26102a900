/** The reasons why a partner is or is not paid in a run. They are tried in this order, and the first that applies is the outcome. */
export const OUTCOMES = [
  'paid',
  'nothing_due',
  'negative_balance',
  'partner_on_hold',
  'no_instrument',
  'instrument_failed',
  'instrument_cooling_off',
  'method_not_offered',
  'below_minimum',
  'excluded',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
