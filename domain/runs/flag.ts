/** Things that an approver should look at before a payout is approved. A flag refuses nothing. */
export const PAYOUT_FLAGS = [
  /** The partner was never paid before. */
  'first_payment',
  /** It goes to another account than the last payout that the partner got. */
  'changed_details',
  /** Its details were added within 60 days after the e-mail address of the partner changed. */
  'changed_contact',
  /** Another partner gave the same account. */
  'shared_account',
] as const;
export type PayoutFlag = (typeof PAYOUT_FLAGS)[number];
