import type { Words } from '../answers.ts';

/**
 * Transfer states (https://docs.wise.com/api-docs/features/send-money/tracking-transfers). They go backwards: what bounced may be
 * redelivered. `cancelled` is not here alone: whether money had been taken decides, see `wordAnswer`.
 */
export const WISE_WORDS: Words = {
  incoming_payment_waiting: { state: null },
  incoming_payment_initiated: { state: 'accepted' },
  waiting_recipient_input_to_proceed: { state: 'unclaimed' },
  processing: { state: 'accepted' },
  funds_converted: { state: 'accepted' },
  outgoing_payment_sent: { state: 'sent' },
  bounced_back: { state: 'on_hold' },
  cancelled: { state: 'on_hold' },
  funds_refunded: { state: 'returned' },
  charged_back: {
    state: 'needs_person',
    alarm: 'Wise charged this transfer back. Ask Wise why, then say by hand what became of the money.',
  },
  unknown: {
    state: 'needs_person',
    alarm: 'Wise itself calls the state of this transfer unknown. Ask Wise, then say by hand what became of the money.',
  },
};
