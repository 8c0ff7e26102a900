import type { SaveStep } from '../gateway.ts';

/**
 * How far asking for a payment or a batch got, as it is stored in its step. The first certain reply counts. A call that PayPal certainly
 * did not process does not count, so the reply to the next one counts as the first.
 */
export const ASKED = {
  /** PayPal certainly processed no call so far. */
  untouched: 'untouched',
  /** A call is under way, or its outcome is unclear. */
  asked: 'asked',
  /** PayPal refused a repeat by name after an unclear call. Nothing is sent again, because people now find out what happened. */
  refused: 'refused',
} as const;

/**
 * Makes a call. If it throws, PayPal certainly did not process it, and this is noted, unless an earlier call is unclear or the time of this
 * caller is over.
 */
export async function askPayPal<T>(
  call: () => Promise<T>,
  { isRepeat, save, signal }: { isRepeat: boolean; save: SaveStep; signal: AbortSignal },
): Promise<T> {
  try {
    return await call();
  } catch (failure) {
    if (!isRepeat && !signal.aborted) await save(ASKED.untouched, null);
    throw failure;
  }
}
