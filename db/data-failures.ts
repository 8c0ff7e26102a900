import { SchemaValidationError, SlonikError } from 'slonik';

/** Why work on many rows failed: because of the data of some of them, or because of something that waiting or an operator fixes for all. */

const REASON_CHARS_MAX = 300;
/** Classes of SQLSTATE: values that do not fit, violated constraints, and exceptions that our triggers raise. */
const DATA_CLASSES = ['22', '23', 'P0'];
const SQLSTATE = /^[0-9A-Z]{5}$/;

const innermost = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? innermost(error.cause) : error;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Whether the data are the reason of a failure, and not the database, a lock, a right or a time limit. */
export function isOfData(error: unknown): boolean {
  if (error instanceof SchemaValidationError) return true;
  const code = codeOf(innermost(error));
  if (code !== undefined) return SQLSTATE.test(code) && DATA_CLASSES.includes(code.slice(0, 2));
  return error instanceof Error && !(error instanceof SlonikError);
}

/** The reason of a failure for a person. */
export function reasonOf(error: unknown): string {
  const cause = innermost(error);
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, REASON_CHARS_MAX);
}
