import { asyncLocalStorage } from '@temporalio/activity';

/** How many heartbeats are sent within the heartbeat time-out that the workflow sets. */
const BEATS = 4;

// oxlint-disable-next-line typescript/no-explicit-any -- wraps functions of any arguments
type Verbs = Record<string, (...args: any[]) => Promise<unknown>>;

/**
 * Makes every activity send heartbeats to Temporal while it works. When a worker is killed, another one then takes over within
 * seconds, instead of after the longest time that a call may take.
 */
export function sendHeartbeats<T extends Verbs>(activities: T): T {
  const beating = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: unknown[]) => {
      const context = asyncLocalStorage.getStore();
      const timeoutMs = context?.info.heartbeatTimeoutMs;
      const beat = timeoutMs && setInterval(() => context.heartbeat(), timeoutMs / BEATS);
      try {
        return await activity(...args);
      } finally {
        if (beat) clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(beating) as T;
}
