import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const BENCH = fileURLToPath(new URL('../../bench/', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bursar-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('given a benchmark whose figures we publish', () => {
  it.each([
    {
      script: 'accrual.ts',
      size: ['--events', '50', '--rounds', '2', '--partners', '5'],
      says: /accrual: .* a second/,
    },
    { script: 'intake.ts', size: ['--events', '20', '--rounds', '2', '--partners', '5'], says: /intake: .* a second/ },
    { script: 'batch.ts', size: ['--payouts', '10'], says: /name: every page, every payment/ },
    { script: 'run.ts', size: ['--partners', '20'], says: /^ +20( +\d+\.\d\d){9}$/m },
    {
      script: 'import.ts',
      size: ['--rows', '50', '--rounds', '1', '--partners', '5'],
      says: /^ratio \d\.\d+; \d+ µs/m,
    },
    { script: 'books.ts', size: ['--payouts', '200'], says: /all \d+ invariants/ },
    {
      script: 'pages.ts',
      size: ['--payouts', '200', '--rounds', '1', '--ms', '60000', '--only', '/reports'],
      says: /^\d+ pages, 0 over a ceiling$/m,
    },
  ])(
    'when anybody runs $script, as small as it may be, then it measures to its end',
    async ({ script, size, says }) => {
      const env = {
        ...process.env,
        BENCH_SERVER: inject('databaseServer'),
        BENCH_TEMPLATE: inject('databaseTemplate'),
      };
      const { stdout } = await promisify(execFile)(process.execPath, [join(BENCH, script), ...size], {
        cwd: folder,
        env,
      });
      expect(stdout).toMatch(says);
    },
  );
});
