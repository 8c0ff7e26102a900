import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { stopLeftOver } from './pids.ts';

/**
 * A small process that outlives its stack by a moment. It holds the other end of a pipe. When the stack is gone, even after
 * `kill -9`, the pipe ends and the guard stops every server that is still recorded.
 */
export function startGuard(folder: string, { removesFolder = false } = {}): { release: () => void } {
  const args = [fileURLToPath(import.meta.url), '--folder', folder, ...(removesFolder ? ['--remove'] : [])];
  const guard = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  return { release: () => void guard.stdin.end() };
}

async function watch(folder: string, removesFolder: boolean): Promise<void> {
  for await (const _ of process.stdin);
  await stopLeftOver(folder);
  if (removesFolder) await rm(folder, { recursive: true, force: true });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, remove: { type: 'boolean', default: false } },
  });
  if (!values.folder) throw new Error('the folder to guard is missing: --folder');
  await watch(values.folder, values.remove);
}
