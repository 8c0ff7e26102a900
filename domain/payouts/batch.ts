export const BATCH_STATES = [
  'prepared',
  'submitted',
  'unknown',
  'needs_person',
  'accepted',
  'refused',
  'done',
  'failed',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/**
 * The states that may follow each state. The database has the same table. A batch leaves `unknown` only when the provider replies, or
 * when two people have said what happened to each of its payments. `accepted` and `refused` are the provider's replies, which every
 * payout has yet to record. They become `done` and `failed` when all payouts have recorded them. A batch that was frozen and never
 * asked for is `failed` as a whole when one of its payouts may no longer be paid, and the others go into a new batch.
 */
export const BATCH_NEXT: Record<BatchState, readonly BatchState[]> = {
  prepared: ['submitted', 'failed'],
  submitted: ['unknown', 'needs_person', 'accepted', 'refused'],
  unknown: ['needs_person', 'accepted', 'refused', 'done'],
  needs_person: ['accepted'],
  accepted: ['done'],
  refused: ['failed'],
  done: [],
  failed: [],
};

export const canBatchBecome = (from: BatchState, to: BatchState): boolean => BATCH_NEXT[from].includes(to);
export const isBatchOver = (state: BatchState): boolean => BATCH_NEXT[state].length === 0;

/** Its provider has not been asked, or has not replied. */
export const isBatchUnanswered = (state: BatchState): boolean =>
  state === 'prepared' || state === 'submitted' || state === 'unknown';
