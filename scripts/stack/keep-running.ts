import type { Child } from './child.ts';

type Keeping = {
  /** While the stack is stopping, the end of a server is expected. */
  isStopping: () => boolean;
  say: (line: string) => void;
};

const RESTARTS_MAX = 5;
const RESTARTS_WITHIN_MS = 60_000;

/**
 * Keeps one of our own servers running. If it exits by itself or is killed, it is started again, because it resumes from its rows.
 * If it exits again and again, a restart does not fix the cause, and the server counts as ended.
 */
export async function keepRunning(start: () => Promise<Child>, { isStopping, say }: Keeping): Promise<Child> {
  let child = await start();
  const restarts: number[] = [];
  const watch = async (): Promise<string> => {
    for (;;) {
      const how = await child.ended;
      if (isStopping()) return how;
      restarts.push(Date.now());
      if (restarts.filter((at) => at > Date.now() - RESTARTS_WITHIN_MS).length > RESTARTS_MAX) return how;
      say(`${child.name} ${how}; it is started again.`);
      try {
        child = await start();
      } catch (error) {
        return `${how} and could not be started again: ${String(error)}`;
      }
      if (isStopping()) await child.stop();
    }
  };
  return {
    name: child.name,
    get pid() {
      return child.pid;
    },
    ended: watch(),
    stop: () => child.stop(),
    kill: () => child.kill(),
    lastLines: () => child.lastLines(),
  };
}
