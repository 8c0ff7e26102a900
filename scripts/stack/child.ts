import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { forgetPid, recordPid, stopRunning } from './pids.ts';

/** A server of the stack, which is a separate process. */
export type Child = {
  name: string;
  pid: number;
  /** Resolves with the way the process ended, no matter who ended it. Never rejects. */
  ended: Promise<string>;
  /** Asks the process to end and waits for it. Kills it after a grace period. */
  stop: () => Promise<void>;
  /** Ends the process at once, for the second Ctrl-C and for tests of crashes. */
  kill: () => void;
  lastLines: () => string;
};

export type ChildOptions = {
  name: string;
  command: string;
  args: readonly string[];
  /** The folder with `logs/` and `run/`. */
  folder: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The account under which it runs, if not our own. */
  user?: { uid: number; gid: number } | undefined;
  stopSignal?: NodeJS.Signals;
  killSignal?: NodeJS.Signals;
};

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 100;
const LAST_LINES = 15;

/**
 * Starts a server with its output in `logs/<name>.log`. It leads a process group, so that a Ctrl-C in the terminal
 * reaches only the stack, which then stops its servers in order.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args, folder, stopSignal = 'SIGTERM', killSignal = 'SIGKILL' } = options;
  const logFile = join(folder, 'logs', `${name}.log`);
  const log = openLog(logFile);
  const spawned = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: true,
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...options.user,
  });
  closeSync(log);
  const ended = endOf(spawned);
  if (!spawned.pid) throw new Error(`${name} could not be started: ${await ended}.`);
  const running = { pid: spawned.pid, command: [command, ...args].join(' '), stopSignal, killSignal };
  await recordPid(folder, name, running);

  return {
    name,
    pid: spawned.pid,
    ended: ended.finally(() => forgetPid(folder, name)),
    stop: async () => {
      await stopRunning(running);
      await forgetPid(folder, name);
    },
    kill: () => void spawned.kill(killSignal),
    lastLines: () => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
  };
}

/** The log of the last start is kept next to the new one, because it is the one to read after a crash. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) renameSync(file, file.replace(/\.log$/, '.previous.log'));
  return openSync(file, 'w');
}

async function endOf(spawned: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(spawned, 'exit');
    return signal ? `ended by ${signal}` : `ended with code ${code}`;
  } catch (error) {
    return String(error);
  }
}

/** Asks until the server is ready. If it exits, or is not ready within a minute, throws an error with its last lines. */
export async function untilReady(child: Child, isReady: () => Promise<boolean>): Promise<void> {
  let end: string | undefined;
  void child.ended.then((how) => (end = how));
  const givesUpAt = Date.now() + READY_WITHIN_MS;
  while (!(await isReady().catch(() => false))) {
    if (end) throw new Error(`${child.name} ${end} before it was ready. Its last lines:\n${child.lastLines()}`);
    if (Date.now() > givesUpAt) {
      await child.stop();
      throw new Error(`${child.name} was not ready within a minute. Its last lines:\n${child.lastLines()}`);
    }
    await sleep(READY_POLL_MS);
  }
}

export const answersOk = (url: string) => async (): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(READY_POLL_MS * 20) })).ok;
