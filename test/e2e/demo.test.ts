import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, inject, it } from 'vitest';

import { freePort, PORTS } from '../../scripts/stack/ports.ts';
import { removePostgres } from '../../scripts/stack/postgres.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const DEMO_TIMEOUT_MS = 280_000;
const TRIES = 3;

type Ended = { code: number; output: string };

/** Runs the demo as a user would, on free ports. Returns its exit code and output. Somebody may take a port first, so it tries again. */
async function runDemo(args: readonly string[], settings: NodeJS.ProcessEnv = {}, triesLeft = TRIES): Promise<Ended> {
  const ended = await runOnFreePorts(args, settings);
  return ended.output.includes('EADDRINUSE') && triesLeft > 1 ? runDemo(args, settings, triesLeft - 1) : ended;
}

async function runOnFreePorts(args: readonly string[], settings: NodeJS.ProcessEnv): Promise<Ended> {
  const ports = await Promise.all(
    Object.values(PORTS).map(async ({ variable }) => [variable, String(await freePort())] as const),
  );
  const env = { ...process.env, ...settings, ...Object.fromEntries(ports) };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env, timeout: DEMO_TIMEOUT_MS }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    );
  });
}

describe('given the demo', () => {
  it('when it pays a small month then every difference is zero, every invariant holds, and it exits with 0', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bursar-demo-'));
    try {
      const { code, output } = await runDemo(['--events', '500', '--partners', '20', '--folder', folder, '--exit']);
      expect(output).toContain('403 approver_is_preparer');
      expect(output).toMatch(/Invariants: all hold/);
      expect(output).toMatch(/^ {2}wise +USD +\d+\.\d\d +\d+\.\d\d +0\.00$/m);
      expect(output).toMatch(/unclaimed .*sent \(attempt unclaimed/);
      expect(output).toMatch(/transfer bounces .*returned/);
      expect(output).toContain('answer was lost, payment was found by its key');
      expect(code).toBe(0);
    } finally {
      removePostgres(folder);
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('when it plays the example of an industry then each partner earns the golden results and is paid', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bursar-demo-'));
    try {
      const built = { WORKFLOW_BUNDLE: inject('workflowBundle') }; // the first demo builds its own
      const { code, output } = await runDemo(['--example', 'retail', '--folder', folder, '--exit'], built);
      expect(output).toMatch(/^ {2}kumo-foods +store-share +JPY +29068 +29068$/m);
      expect(output).toContain('2026-04: paid and reconciled');
      expect(output).toMatch(/Invariants: all hold/);
      expect(code).toBe(0);
    } finally {
      removePostgres(folder);
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    { args: ['--colour', 'red'], says: "Unknown option '--colour'", because: 'the flag does not exist' },
    { args: ['--events'], says: "'--events <value>' argument missing", because: 'the value is missing' },
    { args: ['--events', 'many'], says: '--events is "many"', because: 'it is not a number' },
    { args: ['--months', '2018-07'], says: 'add --example', because: 'the invented data has only one month' },
    { args: ['--folder', 'docs'], says: 'does not come from a demo', because: 'a demo would delete the content' },
    { args: ['--example', 'olist'], says: '--data FOLDER', because: 'the rows are not in the repository' },
    { args: ['--example', 'retail', '--data', '.'], says: 'leave --data out', because: 'it has its own events' },
    { args: ['--example', 'nowhere', '--data', '.'], says: 'There is no', because: 'that example does not exist' },
    { args: ['--example', 'olist', '--data', '.'], says: 'There is no sellers.csv', because: 'the rows are missing' },
  ])(
    'when it is called with $args then it explains the error in a sentence and starts nothing: $because',
    async ({ args, says }) => {
      const { code, output } = await runDemo(args);
      expect(output).toContain(says);
      expect(output).toContain('Nothing was started');
      expect(code).toBe(2);
    },
  );
});
