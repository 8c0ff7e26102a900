import { ApplicationFailure } from '@temporalio/activity';

import { Failure, FAILURES } from '../domain/errors.ts';

/** Turns our failures into Temporal's, whose type is the code. Any other error is a bug: it is retried, and its message is shortened. */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof Failure)
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !FAILURES[error.code].retryable,
    });
  return ApplicationFailure.create({ message: describe(error), type: 'bug', nonRetryable: false });
}

/** The database's message names the rule that was broken. It could also quote a row, so only its first line is kept. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'an activity threw something that is not an error';
  return `${error.name}: ${error.message.split('\n', 1)[0]?.slice(0, 300) ?? ''}`;
}

// oxlint-disable-next-line typescript/no-explicit-any -- the one place that wraps functions of any arguments
type Verbs = Record<string, (...args: any[]) => Promise<unknown>>;

/** Makes every activity fail in Temporal's terms. */
export function translateFailures<T extends Verbs>(activities: T): T {
  const translated = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toApplicationFailure(error);
      }
    },
  ]);
  return Object.fromEntries(translated) as T;
}
