import type { MovementKind } from '../../db/books/partner-statement.ts';
import type { Stage } from '../../domain/partners/onboarding.ts';
import type { Outcome } from '../../domain/payouts/outcome.ts';
import type { PayoutStatus } from '../../domain/payouts/payout.ts';
import type { Tone } from './words.ts';

/** The words of the portal, which speak to the partner. The sentences of a reason come from the function that decides about payments. */

type Advice = { label: string; tone: Tone; todo: string; place?: '/details' | '/payouts' };
const WAIT = 'You need to do nothing.';
const NEXT_RUN = 'You need to do nothing. The next run looks at it again.';

export const YOUR_OUTCOME: Record<Outcome, Advice> = {
  paid: { label: 'will be paid', tone: 'good', todo: WAIT },
  nothing_due: { label: 'nothing is due now', tone: 'plain', todo: WAIT },
  partner_merged: { label: 'merged', tone: 'plain', todo: 'Open the account that goes on.' },
  negative_balance: { label: 'balance below zero', tone: 'watch', todo: WAIT },
  partner_on_hold: { label: 'on hold', tone: 'alert', todo: 'Ask the people who look after you what ends the hold.' },
  no_instrument: { label: 'no payout details', tone: 'alert', todo: 'Add payout details.', place: '/details' },
  instrument_failed: { label: 'details failed', tone: 'alert', todo: 'Give other payout details.', place: '/details' },
  instrument_cooling_off: {
    label: 'new details wait',
    tone: 'watch',
    todo: 'You need to do nothing if you changed them. If you did not, withdraw them and tell us today.',
    place: '/details',
  },
  instrument_not_confirmed: {
    label: 'new details wait for a call',
    tone: 'watch',
    todo: 'We call you. If you did not change your details, withdraw them and tell us today.',
    place: '/details',
  },
  method_not_offered: {
    label: 'method not offered',
    tone: 'alert',
    todo: 'Add details for another method.',
    place: '/details',
  },
  below_minimum: { label: 'below the smallest payout', tone: 'watch', todo: WAIT },
  excluded: { label: 'taken out', tone: 'watch', todo: NEXT_RUN },
  changed_after_approval: { label: 'changed', tone: 'watch', todo: NEXT_RUN },
  held_after_approval: { label: 'held', tone: 'watch', todo: 'Ask the people who look after you what ends the hold.' },
  cut_after_approval: { label: 'taken out', tone: 'watch', todo: NEXT_RUN },
};

export const YOUR_PAYOUT: Record<PayoutStatus, { label: string; tone: Tone; step: string }> = {
  draft: { label: 'being prepared', tone: 'plain', step: 'We prepared it.' },
  approved: { label: 'approved', tone: 'plain', step: 'We approved it.' },
  executing: { label: 'being sent', tone: 'watch', step: 'We began to send it.' },
  sent: { label: 'sent', tone: 'watch', step: 'The money was sent. It is not final yet.' },
  settled: { label: 'settled', tone: 'good', step: 'The payment is final.' },
  failed: { label: 'failed', tone: 'alert', step: 'It could not be paid. The amount is in your balance again.' },
  returned: { label: 'came back', tone: 'alert', step: 'The money came back. The amount is in your balance again.' },
  cancelled: { label: 'not paid', tone: 'plain', step: 'It was taken out. The amount is in your balance again.' },
};

/** A stage that nobody has recorded, and what it holds back. */
export const YOUR_STAGE: Record<Stage, { label: string; missing: string }> = {
  invited: { label: 'invited', missing: 'You were not invited yet.' },
  accepted_terms: { label: 'terms accepted', missing: 'Send us the accepted terms. They hold back no payment.' },
  method: { label: 'payout details', missing: 'Add payout details. We cannot pay you without them.' },
  tax_form: { label: 'tax form', missing: 'Send us your tax form. It holds back no payment.' },
  trained: { label: 'training', missing: 'Finish the training. It holds back no payment.' },
  active: { label: 'active', missing: 'We make you active when the rest is done. This holds back no payment.' },
};

/** The movements of a partner's balance in the ledger. */
export const MOVEMENT: Record<MovementKind, string> = {
  accrual: 'Earnings',
  send: 'Payout',
  fail: 'Payout that failed',
  return: 'Payout that came back',
  suspense: 'Part of a payout that came back',
  adjustment: 'Correction',
  transfer: 'Transfer between partners',
  write_off: 'Balance written off',
  conversion: 'Points that became money',
};
