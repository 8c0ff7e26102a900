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
 * What may follow what; the database holds the same table. `unknown` is left only by what the provider says, or when
 * two people have said what became of each of its payments. `accepted` and
 * `refused` are the provider's word, of which every payout has still to learn: they become `done` and `failed` when all have.
 */
export const BATCH_NEXT: Record<BatchState, readonly BatchState[]> = {
  prepared: ['submitted'],
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

/** Its provider has not been asked, or has not answered. */
export const isBatchUnanswered = (state: BatchState): boolean =>
  state === 'prepared' || state === 'submitted' || state === 'unknown';
