/** A draft of terms that is replayed over past events, besides what the plan in force earned for them. */

export const OUTCOMES_OF_DRAFT = ['same', 'gains', 'loses', 'first_time', 'no_longer'] as const;
export type OutcomeOfDraft = (typeof OUTCOMES_OF_DRAFT)[number];

/** How a partner does by a draft, given what they earned and what they would have earned in minor units. */
export function outcomeOf(oldMinor: bigint, newMinor: bigint): OutcomeOfDraft {
  if (oldMinor === newMinor) return 'same';
  if (oldMinor === 0n) return 'first_time';
  if (newMinor === 0n) return 'no_longer';
  return newMinor > oldMinor ? 'gains' : 'loses';
}
