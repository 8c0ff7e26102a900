import type { ApiDeps } from './deps.ts';

const WAKE_WAIT_MS = 2000;

/**
 * Starts or wakes a workflow for what is in the database already. A failure is only logged, with `what` it was about: the sweep
 * finds the row and does it again.
 */
export async function wakeQuietly(
  { temporal, log }: Pick<ApiDeps, 'temporal' | 'log'>,
  what: Readonly<Record<string, string>>,
  wake: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await temporal.withDeadline(Date.now() + WAKE_WAIT_MS, wake);
    return true;
  } catch (error) {
    log.warn({ ...what, reason: String(error) }, 'a workflow was not woken; the sweep will do it');
    return false;
  }
}
