import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { commandOf, isRunning, type Running, stopLeftOver } from './pids.ts';

const claimFile = (folder: string) => join(folder, 'stack.json');

/** Claims a data folder for this process. Stops the servers that a killed stack left running in it, and leaves a live stack alone. */
export async function claimFolder(folder: string): Promise<{ stopped: string[] }> {
  mkdirSync(folder, { recursive: true });
  const file = claimFile(folder);
  const owner = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Running) : undefined;
  if (owner && owner.pid !== process.pid && (await isRunning(owner)))
    throw new Error(
      `A stack of ${folder} is already running (process ${owner.pid}); nothing was started. ` +
        `Stop it with Ctrl-C in its terminal, or with: kill ${owner.pid}.`,
    );
  const stopped = await stopLeftOver(folder);
  const own: Running = {
    pid: process.pid,
    command: (await commandOf(process.pid)) ?? '',
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
  };
  writeFileSync(file, JSON.stringify(own));
  return { stopped };
}

export const releaseFolder = (folder: string) => rmSync(claimFile(folder), { force: true });
