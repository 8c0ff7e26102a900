import type { StatusTable } from '../replies.ts';

/**
 * Lob's statuses of a check: first the rendering, then the mail (https://docs.lob.com/#tag/Tracking-Events). None of them tells whether
 * the check was cashed. A check that comes back can still be cashed by anybody who holds it, until the bank confirms a stop.
 */
export const LOB_STATUSES: StatusTable = {
  processed: { state: 'accepted' },
  rendered: { state: 'accepted' },
  mailed: { state: 'sent' },
  in_transit: { state: 'sent' },
  in_local_area: { state: 'sent' },
  processed_for_delivery: { state: 'sent' },
  're-routed': { state: 'sent' },
  international_exit: { state: 'sent' },
  delivered: { state: 'sent' },
  returned_to_sender: { state: 'sent' },
  deleted: { state: 'failed' },
  failed: { state: 'failed' },
  rejected: { state: 'failed' },
};
