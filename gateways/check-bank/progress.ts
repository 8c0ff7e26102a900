import { z } from 'zod';

/**
 * How far issuing a check got. The attempt stores it between two calls (`payout_attempt.step`), and the queries on checks read
 * `acknowledgedAt` from it.
 */
const CheckProgress = z.object({
  /** When the bank acknowledged the row that issues the check. Nobody may print or mail the check before that. */
  acknowledgedAt: z.string().nullable(),
  /** Whether the bank certainly processed no call that filed the row, so that its reply to the next one counts as the first. */
  isUntouched: z.boolean().default(false),
  /** The bank's own id of the file that contained the row. */
  file: z.string().nullable(),
  /** The earliest time at which the company that mails the check may have been asked. Null: it was certainly not asked. */
  askedAt: z.string().nullable(),
  /** The code of a definite refusal: the check never existed, and its number must be voided. */
  refused: z.string().nullable(),
});
export type CheckProgress = z.infer<typeof CheckProgress>;

const NOTHING_YET: CheckProgress = {
  acknowledgedAt: null,
  isUntouched: false,
  file: null,
  askedAt: null,
  refused: null,
};

export const readProgress = (step: string | null): CheckProgress =>
  step === null ? NOTHING_YET : CheckProgress.parse(JSON.parse(step));

export const writeProgress = (progress: CheckProgress): string => JSON.stringify(progress);
