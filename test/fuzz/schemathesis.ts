import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Schemathesis reads the published document, and asks the API what the document allows and what it forbids. */

const VERSION = '4.32.5';
const PYTHON_OLDEST = { major: 3, minor: 10 };
/** The virtual environment stays here, and the reports of the last run. */
export const FOLDER = resolve('.data/schemathesis');
const VENV = join(FOLDER, `venv-${VERSION}`);
const PROGRAM = join(VENV, 'bin', 'schemathesis');
const DOCUMENT = resolve('docs/openapi.json');
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** How much is shown of a report that has no summary. */
const LINES_OF_FAILURE = 10;

const run = promisify(execFile);

/** Whether `python3` is there and recent enough. */
export async function hasPython(): Promise<boolean> {
  const asked = await run('python3', ['-c', 'import sys; print(*sys.version_info[:2])']).catch(() => null);
  const [major = 0, minor = 0] = (asked?.stdout ?? '').split(' ').map(Number);
  return major === PYTHON_OLDEST.major && minor >= PYTHON_OLDEST.minor;
}

/** Installs Schemathesis where it does not run yet. An installation that was broken off is made again. */
export async function installSchemathesis(): Promise<void> {
  if (await run(PROGRAM, ['--version']).catch(() => null)) return;
  console.log(`Installing Schemathesis ${VERSION} into ${VENV}`);
  await rm(VENV, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await run('python3', ['-m', 'venv', VENV]);
  const flags = ['--quiet', '--disable-pip-version-check'];
  await run(join(VENV, 'bin', 'pip'), ['install', ...flags, `schemathesis==${VERSION}`]);
}

export type Wish = { examples: number; seed: number; phases: string; path: string };

/** Asks the API as one caller. Returns whether every answer was as the document says, with the file of the whole report. */
export async function fuzz(
  { url, key }: { url: string; key: string | undefined },
  { examples, seed, phases, path }: Wish,
  name: string,
): Promise<{ isGood: boolean; report: string; summary: string[] }> {
  const report = join(FOLDER, `${name}.txt`);
  const out = createWriteStream(report);
  const child = spawn(
    PROGRAM,
    [
      'run',
      DOCUMENT,
      ...flagsOf({
        url,
        seed: String(seed),
        phases,
        checks: CHECKS.join(','),
        'max-examples': String(examples),
        'generation-database': 'none',
        'generation-with-security-parameters': 'false',
        'suppress-health-check': 'all',
        warnings: 'off',
        ...(key !== undefined && { header: `Authorization: Bearer ${key}` }),
        ...(path && { 'include-path-regex': path }),
      }),
      '--continue-on-failure',
      '--no-color',
    ],
    {
      cwd: FOLDER,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PYTHONPATH: import.meta.dirname,
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: 'lines',
      },
    },
  );
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });
  const [code] = (await once(child, 'close')) as [number | null];
  await new Promise<void>((done) => void out.end(done));
  return { isGood: code === 0, report, summary: await summarize(report) };
}

/** The lines of the summary that a reader needs: how many requests were made, and how often each fault was found. */
async function summarize(report: string): Promise<string[]> {
  const text = await readFile(report, 'utf8');
  const [, summary] = text.split(/^=+ SUMMARY =+$/m);
  const lines = (summary ?? text).split('\n').map((line) => line.trim());
  return summary === undefined
    ? lines.slice(-LINES_OF_FAILURE)
    : lines.filter((line) => /^❌|^🚫|generated/u.test(line));
}

const flagsOf = (flags: Record<string, string>): string[] =>
  Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
