import { z } from 'zod';

/**
 * How far issuing a check came, as its attempt keeps it (`payout_attempt.step`) between one call and the next. `db/checks/checks.ts` reads
 * `acknowledgedAt` from it.
 */
const CheckProgress = z.object({
  /** When the bank acknowledged the row that issues the check. Before it nobody may print or mail one. */
  acknowledgedAt: z.string().nullable(),
  /** The bank's own id of the file that row was in. */
  file: z.string().nullable(),
  /** Since when whoever mails the check may have been asked. Before it, certainly nobody was. */
  askedAt: z.string().nullable(),
  /** The code with which it was refused for certain: the check never was, and its number must be voided. */
  refused: z.string().nullable(),
});
export type CheckProgress = z.infer<typeof CheckProgress>;

const NOTHING_YET: CheckProgress = { acknowledgedAt: null, file: null, askedAt: null, refused: null };

export const readProgress = (step: string | null): CheckProgress =>
  step === null ? NOTHING_YET : CheckProgress.parse(JSON.parse(step));

export const writeProgress = (progress: CheckProgress): string => JSON.stringify(progress);
