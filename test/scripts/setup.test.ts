import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A checkout without packages, so that nothing is downloaded, and a Temporal CLI that only prints its version. */
let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'bursar-setup-'));
  mkdirSync(join(checkout, 'scripts'));
  cpSync('scripts/setup.mjs', join(checkout, 'scripts', 'setup.mjs'));
  const project = { name: 'bare', version: '1.0.0' };
  const lock = { ...project, lockfileVersion: 3, requires: true, packages: { '': project } };
  writeFileSync(join(checkout, 'package.json'), JSON.stringify(project));
  writeFileSync(join(checkout, 'package-lock.json'), JSON.stringify(lock));
  mkdirSync(join(checkout, 'node_modules'));
  writeCli('temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)');
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

const cli = () => join(checkout, 'cli');

function writeCli(answer: string): void {
  writeFileSync(cli(), `#!/bin/sh\necho "${answer}"\n`);
  chmodSync(cli(), 0o755);
}

const setUp = () =>
  promisify(execFile)(process.execPath, [join(checkout, 'scripts', 'setup.mjs')], {
    env: { ...process.env, TEMPORAL_CLI: cli() },
  });

describe('given a fresh checkout', () => {
  it('when two set-ups run at once then both succeed and no lock is left', async () => {
    await Promise.all([setUp(), setUp()]);
    expect(existsSync(join(checkout, '.data', 'setup.lock'))).toBe(false);
    expect(readFileSync(join(checkout, '.data', 'bin', 'temporal'), 'utf8')).toContain('1.9.1');
  });

  it('when it was set up before then it prints nothing', async () => {
    await setUp();
    expect((await setUp()).stdout).toBe('');
  });

  it('when an earlier set-up was killed then its lock is taken over', async () => {
    mkdirSync(join(checkout, '.data'));
    writeFileSync(join(checkout, '.data', 'setup.lock'), '4194305'); // above the largest process id
    expect((await setUp()).stdout).toContain('set-up: ready');
  });

  it('when the package of Node could run no script then its program is linked', async () => {
    const program = join(checkout, 'node_modules', 'node', 'bin', 'node');
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, '#!/bin/sh\necho v24.0.0\n', { mode: 0o755 });
    mkdirSync(join(checkout, 'node_modules', '.bin'));
    await setUp();
    expect(realpathSync(join(checkout, 'node_modules', '.bin', 'node'))).toBe(realpathSync(program));
  });

  it('when TEMPORAL_CLI names another program then one sentence explains it, without a stack trace', async () => {
    writeCli('hello');
    await expect(setUp()).rejects.toMatchObject({
      code: 1,
      stderr: `set-up failed: ${cli()} does not answer as a Temporal CLI 1.4 or later. Check TEMPORAL_CLI.\n`,
    });
  });
});
