import type { NextPayment } from '../../../../commands/payouts/payability.ts';
import type { DetailsHistory } from '../../../../db/partners/details-history.ts';
import type { Instrument } from '../../../../db/partners/instruments.ts';
import type { HoldHands, Partner } from '../../../../db/partners/partners.ts';
import type { Outcome } from '../../../../domain/payouts/outcome.ts';
import { METHOD_NAMES } from '../../../../domain/rails.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { METHOD, OUTCOME } from '../../words.ts';
import { ZONE } from './address.ts';

export type Known = {
  partner: Partner;
  hands: HoldHands;
  payments: readonly NextPayment[];
  /** In the partner's order. */
  instruments: readonly Instrument[];
  history: readonly DetailsHistory[];
};

const heldSentence = ({ partner, hands }: Known): string =>
  `${hands.heldBy ?? 'Somebody'} put this partner on hold${hands.heldAt ? ` on ${formatInstant(hands.heldAt, ZONE)}` : ''}: ${partner.onHoldReason}`;

/** The new details that still wait, and whose hands gave them. */
function waitSentence({ instruments, history }: Known): string {
  const waits = instruments.find(({ usableFrom }) => usableFrom.getTime() > Date.now());
  if (!waits) return OUTCOME.instrument_cooling_off;
  const by = history.find(({ instrumentId }) => instrumentId === waits.id)?.addedBy ?? 'somebody';
  const whose = waits.givenBy === 'partner' ? 'for the partner' : 'for us';
  return `${by} added other details ${whose} (${METHOD[waits.method]} ${waits.last4}), which are used from ${formatInstant(waits.usableFrom, ZONE)} on.`;
}

const SENTENCES: Partial<Record<Outcome, (known: Known, payment: NextPayment) => string>> = {
  partner_on_hold: heldSentence,
  no_instrument: () => 'The partner gave no payout details, and must add them.',
  instrument_failed: (_known, { reasons }) =>
    `The provider refused the payout details. ${reasons.find(({ reason }) => reason === 'instrument_failed')?.detail ?? ''}`.trim(),
  instrument_cooling_off: waitSentence,
  instrument_not_confirmed: () =>
    'Somebody changed the payout details, and a second person must call the partner back first.',
  method_not_offered: (_known, { method, schedule }) =>
    `The payer of ${schedule} does not pay by ${method ? METHOD_NAMES[method] : 'this method'}.`,
  below_minimum: (_known, { minimum }) => `The smallest payout is ${sayAmount(minimum)}.`,
  nothing_due: (_known, { reasons }) =>
    reasons.find(({ reason }) => reason === 'nothing_due')?.words ?? OUTCOME.nothing_due,
};

/** Why one payment is made or not, and by whom it is held, in one sentence for finance. */
function paymentSentence(known: Known, payment: NextPayment): string {
  const { payable, payOn, method, outcome, schedule } = payment;
  if (outcome === 'paid')
    return `Payable: ${sayAmount(payable)} is paid on ${formatDay(payOn)}${method ? ` by ${METHOD_NAMES[method]}` : ''} (schedule ${schedule}).`;
  const why = SENTENCES[outcome]?.(known, payment) ?? OUTCOME[outcome];
  return payable.minor > 0n ? `Held: ${sayAmount(payable)} is not paid. ${why}` : why;
}

/** Why a partner is payable or held, and by whom. A partner with several schedules or currencies has a sentence for each. */
export function whyOf(known: Known): readonly string[] {
  const { partner, payments } = known;
  const sentences = [...new Set(payments.map((payment) => paymentSentence(known, payment)))];
  const saysHold = payments.some(({ outcome }) => outcome === 'partner_on_hold');
  if (partner.onHoldReason !== null && !saysHold) return [`Held: ${heldSentence(known)}`, ...sentences];
  return sentences.length > 0 ? sentences : ['Nothing is due: this partner is in no program that pays.'];
}
