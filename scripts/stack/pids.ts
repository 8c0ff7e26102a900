import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Records the servers of a stack as files in its `run/` folder. A killed stack leaves these files behind, and the next stack finds
 * the servers by them. A number alone proves nothing, because systems reuse process ids. Only a process with the recorded command
 * line is ever signalled.
 */
export type Running = {
  pid: number;
  command: string;
  stopSignal: NodeJS.Signals;
  /** The signal for a server that does not stop in time. */
  killSignal: NodeJS.Signals;
};

const STOP_GRACE_MS = 10_000;
const POLL_MS = 50;

const runFolder = (folder: string) => join(folder, 'run');
const pidFile = (folder: string, name: string) => join(runFolder(folder), `${name}.json`);

/** The command line of a live process; undefined if there is none, or if it ended and its status was not collected. */
export async function commandOf(pid: number): Promise<string | undefined> {
  const read = process.platform === 'linux' ? readCommandLine(pid) : askPs(pid);
  return (await read.catch(() => '')).trim() || undefined;
}

const readCommandLine = async (pid: number) => (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');

const askPs = async (pid: number) =>
  (await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)])).stdout;

export const isRunning = async ({ pid, command }: Running) => (await commandOf(pid)) === command;

export async function recordPid(folder: string, name: string, running: Running): Promise<void> {
  await mkdir(runFolder(folder), { recursive: true });
  await writeFile(pidFile(folder, name), JSON.stringify(running));
}

export const forgetPid = (folder: string, name: string) => rm(pidFile(folder, name), { force: true });

export async function findRecorded(folder: string, name: string): Promise<Running | undefined> {
  const text = await readFile(pidFile(folder, name), 'utf8').catch(() => undefined);
  return text ? (JSON.parse(text) as Running) : undefined;
}

/** Stops the servers that an earlier stack left running, the last started first. Returns the names of those that were still alive. */
export async function stopLeftOver(folder: string): Promise<string[]> {
  const stopped: string[] = [];
  for (const name of await recordedNames(folder)) {
    const running = await findRecorded(folder, name);
    if (running && (await isRunning(running))) {
      await stopRunning(running);
      stopped.push(name);
    }
    await forgetPid(folder, name);
  }
  return stopped;
}

async function recordedNames(folder: string): Promise<string[]> {
  const files = await readdir(runFolder(folder)).catch(() => []);
  const dated = await Promise.all(
    files.map(async (file) => ({
      name: file.replace(/\.json$/, ''),
      at: (await stat(join(runFolder(folder), file))).mtimeMs,
    })),
  );
  return dated.toSorted((a, b) => b.at - a.at).map(({ name }) => name);
}

/** Ends every recorded server at once, without waiting, for a second Ctrl-C. */
export async function killRecorded(folder: string): Promise<void> {
  for (const name of await recordedNames(folder)) {
    const running = await findRecorded(folder, name);
    if (running && (await isRunning(running))) signal(running.pid, running.killSignal);
  }
}

/** Stops a process that may not be our child, so that only polling shows its end. Kills it after a grace period. */
export async function stopRunning(running: Running): Promise<void> {
  signal(running.pid, running.stopSignal);
  const givesUpAt = Date.now() + STOP_GRACE_MS;
  while (await isRunning(running)) {
    if (Date.now() > givesUpAt) signal(running.pid, running.killSignal);
    await sleep(POLL_MS);
  }
}

/** The process may have ended since the last look, which was the purpose of the signal. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
