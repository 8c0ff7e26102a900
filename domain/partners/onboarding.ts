/** The stages of a partner's onboarding, in their order. */
export const STAGES = ['invited', 'accepted_terms', 'method', 'tax_form', 'trained', 'active'] as const;
export type Stage = (typeof STAGES)[number];

/** The stages that a person records. Payment details say by themselves when a partner has a method. */
export const RECORDED_STAGES = ['invited', 'accepted_terms', 'tax_form', 'trained', 'active'] as const;
export type RecordedStage = (typeof RECORDED_STAGES)[number];

/** A stage, with the day on which the partner reached it and the person who did or recorded it. Null if it was not reached. */
export type StageReached = {
  readonly stage: Stage;
  readonly reachedOn: string | null;
  readonly by: string | null;
  readonly note: string | null;
};

/** All stages in their order. The ones that nobody reached or recorded are empty. */
export const allStages = (known: readonly StageReached[]): readonly StageReached[] =>
  STAGES.map((stage) => known.find((one) => one.stage === stage) ?? { stage, reachedOn: null, by: null, note: null });

/** The first stage that was not reached. Null if there is none. */
export const nextStage = (stages: readonly StageReached[]): Stage | null =>
  stages.find(({ reachedOn }) => reachedOn === null)?.stage ?? null;
