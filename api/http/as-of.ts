import { z } from '@hono/zod-openapi';

import { type AsOf, whyNotLookBack } from '../../domain/as-of.ts';
import { Failure } from '../../domain/errors.ts';
import { LocalDate, Instant } from './schemas.ts';

const CHARS_OF_DATE = '2026-03-01'.length;

/** The query parameter by which somebody looks back. */
export const AsOfQuery = z
  .string()
  .max(40)
  .transform((text, context): AsOf => {
    const isDay = text.length === CHARS_OF_DATE;
    const read = (isDay ? LocalDate : Instant).safeParse(text);
    if (read.success) return isDay ? { at: null, day: read.data } : { at: read.data, day: null };
    context.addIssue({
      code: 'custom',
      message: 'is neither a date such as 2026-03-01 nor an instant such as 2026-03-01T09:30:00Z',
    });
    return z.NEVER;
  })
  .optional()
  .openapi({
    type: 'string',
    description:
      'Answers as it was known at an instant at least ten minutes ago, or at the end of a local date in the zone of the pay schedule; now by default',
    examples: ['2026-03-01'],
  });

type About = { zones: readonly string[]; since: Date; what: string };

/** Refuses a look into the future, or to the last minutes, or to a time before its subject was added. */
export function refuseLookAhead(asOf: AsOf | undefined, { zones, since, what }: About): void {
  if (asOf === undefined) return;
  const reason = whyNotLookBack(asOf, { zones, sinceMs: since.getTime(), nowMs: Date.now(), what });
  if (reason === undefined) return;
  throw new Failure('invalid_input', `asOf ${reason}. Nothing was read. Choose another instant.`, {
    details: [{ field: 'asOf', reason }],
  });
}
