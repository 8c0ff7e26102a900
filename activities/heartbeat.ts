import { asyncLocalStorage } from '@temporalio/activity';

/** How often within the heartbeat time-out that the workflow asks for. */
const BEATS = 4;

// oxlint-disable-next-line typescript/no-explicit-any -- wraps functions of any arguments
type Verbs = Record<string, (...args: any[]) => Promise<unknown>>;

/**
 * Lets every activity tell Temporal, as long as it works, that its process is alive. When a worker is killed another one then
 * takes over within seconds, and need not wait for the time that the longest call may take.
 */
export function keepAlive<T extends Verbs>(activities: T): T {
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
