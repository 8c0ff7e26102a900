import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { commandsOf, PAGES } from '../api/examples.ts';

const ROOT = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Programs that every reader has. `send` is the function of the README. */
const KNOWN = new Set(['curl', 'cp', 'docker', 'export', 'send', 'send()']);
/** Programs of Temporal and PostgreSQL that no set-up puts on the reader's PATH. */
const NOT_THERE = /`((?:\.data\/bin\/)?(?:temporal|psql|pg_dump|pg_ctl) [^`]+)`/g;

function isThere([program = '', ...words]: readonly string[]): boolean {
  if (program === 'npm') return Object.hasOwn(scripts, words.find((word) => !['run', '-s'].includes(word)) ?? '');
  if (program === 'npx' && words[0] === 'node')
    return words[1] === '-e' ? true : existsSync(join(ROOT, words[1] ?? ''));
  return KNOWN.has(program) || /^\w+=/.test(program);
}

describe.each(PAGES)('given the commands of %s', (page) => {
  it('then a reader can run each with what set-up installs', async () => {
    const missing = (await commandsOf(page)).filter((words) => !isThere(words)).map((words) => words.join(' '));
    const named = Array.from((await readFile(join(ROOT, page), 'utf8')).matchAll(NOT_THERE), ([, command]) => command);
    expect([...missing, ...named]).toEqual([]);
  });
});
