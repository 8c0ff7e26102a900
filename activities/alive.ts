import { asyncLocalStorage } from '@temporalio/activity';

/** Well within the heartbeat time-out that the workflows ask for. */
const BEAT_MS = 5_000;

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
      const beat = setInterval(() => asyncLocalStorage.getStore()?.heartbeat(), BEAT_MS);
      try {
        return await activity(...args);
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(beating) as T;
}
