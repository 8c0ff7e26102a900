/**
 * A step that one call took for a payout or a batch, with its time. Temporal's page shows the steps to operators, so they hold ids
 * and the provider's statuses, and never an amount, a name or a payment detail.
 */
export type Step = { at: string; what: string };

/** Notes that a step was taken just now. */
export type NoteStep = (what: string) => void;

/** An empty list of steps, and the function that adds to it. */
export function openSteps(): { steps: readonly Step[]; note: NoteStep } {
  const steps: Step[] = [];
  return { steps, note: (what) => void steps.push({ at: new Date().toISOString(), what }) };
}
