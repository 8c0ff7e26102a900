import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { startChild, untilReady } from '../../scripts/stack/child.ts';
import { claimFolder } from '../../scripts/stack/claim.ts';
import { startGuard } from '../../scripts/stack/guard.ts';
import { keepRunning } from '../../scripts/stack/keep-running.ts';
import { commandOf, findRecorded, recordPid, stopLeftOver } from '../../scripts/stack/pids.ts';
import { choosePorts, freePort, requireFree } from '../../scripts/stack/ports.ts';
import { removePostgres, startPostgres, withClient } from '../../scripts/stack/postgres.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bursar-stack-'));
});
afterEach(async () => {
  await stopLeftOver(folder);
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
});

const sleeper = ['-e', 'setInterval(() => {}, 1000)'];
const startSleeper = (name: string) => startChild({ name, command: process.execPath, args: sleeper, folder });

describe('given a port that another program uses', () => {
  it('then the stack names the port, its purpose and its variable, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ports = choosePorts({ TEMPORAL_PORT: String(port) });
    await expect(requireFree(ports, ['temporal'])).rejects.toThrow(
      `Port ${port} (the Temporal server) is used by another program; nothing was started. ` +
        `Stop that program, or choose another port: TEMPORAL_PORT=${port + 1000}.`,
    );
    other.close();
  });

  it('when a port in the environment is not a number then it is refused by name', () => {
    expect(() => choosePorts({ API_PORT: '44oo' })).toThrow('API_PORT is 44oo');
  });
});

describe('given a server of ours that is kept running', () => {
  const lines: string[] = [];
  const keep = (isStopping: () => boolean) =>
    keepRunning(() => startSleeper('kept'), { isStopping, say: (line) => lines.push(line) });

  it('when it is killed then it is started again, and the stack reports it', async () => {
    let isStopping = false;
    const kept = await keep(() => isStopping);
    const first = kept.pid;
    process.kill(first, 'SIGKILL');
    await vi.waitUntil(() => kept.pid !== first, { timeout: 120_000 });

    expect(lines).toEqual(['kept ended by SIGKILL; it is started again.']);
    expect(await commandOf(kept.pid)).toContain('setInterval');
    isStopping = true;
    await kept.stop();
    expect(await kept.ended).toBe('ended by SIGTERM');
  });

  it('when it exits again and again then the stack gives up', async () => {
    const start = () => startChild({ name: 'broken', command: process.execPath, args: ['-e', ''], folder });
    const kept = await keepRunning(start, { isStopping: () => false, say: () => undefined });
    expect(await kept.ended).toBe('ended with code 0');
  });
});

describe('given a PostgreSQL whose stack was killed', () => {
  it('when the stack starts again then the old server is stopped and its rows are still there', async () => {
    const first = await startPostgres({ folder, port: await freePort(), isDurable: false });
    await withClient(first.url, (client) => client.query('CREATE TABLE kept AS SELECT 42 AS answer'));
    rmSync(join(folder, 'run'), { recursive: true }); // the old server is found by its own pid file, even without its record

    const second = await startPostgres({ folder, port: await freePort(), isDurable: false });

    expect(await first.ended).toBe('ended with code 0');
    const { rows } = await withClient(second.url, (client) => client.query('SELECT answer FROM kept'));
    expect(rows).toEqual([{ answer: 42 }]);
  });
});

describe('given servers that are recorded in a folder', () => {
  it('when the stack is gone then its guard stops them', async () => {
    const servers = [await startSleeper('one'), await startSleeper('two')];
    startGuard(folder).release();
    expect(await Promise.all(servers.map(({ ended }) => ended))).toEqual(['ended by SIGTERM', 'ended by SIGTERM']);
  });

  it('when a live stack holds the folder then a second one is refused and stops nothing', async () => {
    const script = `import { claimFolder } from '${moduleUrl('claim.ts')}';
      await claimFolder('${folder}'); process.stdout.write('claimed'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(owner.stdout, 'data');
    await expect(claimFolder(folder)).rejects.toThrow(`is already running (process ${owner.pid}); nothing was started`);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await expect(claimFolder(folder)).resolves.toEqual({ stopped: [] });
  });

  it('when the process id now belongs to another program then that program is left alone', async () => {
    const server = await startSleeper('one');
    const record = await findRecorded(folder, 'one');
    expect(record?.pid).toBe(server.pid);
    await recordPid(folder, 'one', { ...record!, command: 'postgres -D /somewhere/else' });
    expect(await stopLeftOver(folder)).toEqual([]);
    expect(await commandOf(server.pid)).toBe(record?.command);
    await server.stop();
  });
});

describe('given a server that exits before it is ready', () => {
  it('then the error names the server and shows its last lines', async () => {
    const args = ['-e', 'console.error("no such table"); process.exit(3)'];
    const child = await startChild({ name: 'api', command: process.execPath, args, folder });
    await expect(untilReady(child, async () => false)).rejects.toThrow(
      'api ended with code 3 before it was ready. Its last lines:\nno such table',
    );
  });
});

const moduleUrl = (name: string) => new URL(`../../scripts/stack/${name}`, import.meta.url).href;
