import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const DOCUMENT = 'docs/openapi.json';
const STAMP = join(HERE, 'node_modules', '.bursar-setup');
const CLI = join(HERE, 'node_modules/openapi-typescript/bin/cli.js');

const FLAGS = ['--default-non-nullable', 'false', '--root-types', '--root-types-no-schema-prefix'];

/** The file that holds the types; scripts/client.ts reads it. */
export const TYPES = relative(ROOT, join(HERE, 'api.d.ts'));

/**
 * Writes the types of the API from docs/openapi.json, or only verifies that they are up to date. Returns whether they are.
 * openapi-typescript needs TypeScript 5, so it is installed in this folder, at the first call.
 */
export function writeTypes({ isCheck }: { isCheck: boolean }): boolean {
  installPackages();
  const flags = [...FLAGS, '--output', TYPES, ...(isCheck ? ['--check'] : [])];
  const isDone = run(process.execPath, [CLI, DOCUMENT, ...flags], ROOT);
  if (!isDone && !isCheck) throw new Error(`${TYPES} could not be written; the reason is above.`);
  return isDone;
}

function installPackages(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(HERE, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  if (!run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], HERE))
    throw new Error(`The packages of ${relative(ROOT, HERE)} could not be installed; the reason is above.`);
  writeFileSync(STAMP, wanted);
}

/** Runs a program, and prints its output only when it fails. */
function run(command: string, args: readonly string[], cwd: string): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return true;
  console.error([stdout, stderr, error?.message].filter(Boolean).join('\n').trim());
  return false;
}
