import type { StatusTable } from '../replies.ts';

/**
 * Statuses of a transfer (https://docs.wise.com/api-docs/features/send-money/tracking-transfers). They may go backwards, because a transfer
 * that bounced may be redelivered. For `cancelled` it also matters whether money had been taken; see `statusReply`.
 */
export const WISE_STATUSES: StatusTable = {
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
    alarm: 'Wise charged this transfer back. Ask Wise why, then record the outcome by hand.',
  },
  unknown: {
    state: 'needs_person',
    alarm: 'Wise itself reports the status of this transfer as unknown. Ask Wise, then record the outcome by hand.',
  },
};
