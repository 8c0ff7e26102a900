import type { Words } from '../answers.ts';

/**
 * What Lob says of a check: how far rendering is, then the mail (https://docs.lob.com/#tag/Tracking-Events). None of it says whether
 * the check was cashed. A check that comes back can still be cashed by whoever holds it, until the bank confirms a stop.
 */
export const LOB_WORDS: Words = {
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
