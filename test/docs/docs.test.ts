import { existsSync } from 'node:fs';
import { glob, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ATTEMPT_NEXT, ATTEMPT_STATES } from '../../domain/payouts/attempt.ts';
import { BATCH_NEXT } from '../../domain/payouts/batch.ts';
import { GATEWAYS } from '../../domain/rails.ts';
import { PAYOUT_NEXT } from '../../domain/payouts/payout.ts';
import { RUN_NEXT } from '../../domain/runs/run.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = await Array.fromAsync(glob(['*.md', 'docs/**/*.md'], { cwd: ROOT }));
const read = (page: string): Promise<string> => readFile(join(ROOT, page), 'utf8');
const firstGroups = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, group]) => group ?? '');

/** What a checkout has; all else is made by running it. */
const folders = async (): Promise<string[]> =>
  (await readdir(ROOT, { withFileTypes: true }))
    .filter(
      (entry) =>
        entry.isDirectory() && !entry.name.startsWith('.') && !['node_modules', 'coverage'].includes(entry.name),
    )
    .map(({ name }) => name)
    .toSorted();

describe.each(PAGES)('given %s', (page) => {
  it('then its links lead to files that are there', async () => {
    const targets = firstGroups(await read(page), /\]\(([^)\s]+)\)/g).filter(
      (target) => !/^(https?:|mailto:|#)/.test(target),
    );
    const missing = targets.filter((target) => !existsSync(resolve(ROOT, dirname(page), target.replace(/#.*$/, ''))));
    expect(missing).toEqual([]);
  });

  it('then the files that it names are there', async () => {
    const named = firstGroups(await read(page), /`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|mjs|sql|md|json|yml))`/g);
    const isOurs = (path: string) => existsSync(join(ROOT, path.split('/')[0] ?? ''));
    expect(named.filter((path) => isOurs(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('then every npm script that it names is in package.json', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const named = firstGroups(await read(page), /\bnpm (?:run )?((?!run\b|ci\b|install\b|package)[a-z][\w:-]*)/g);
    expect(named.filter((name) => !isScript(scripts, name))).toEqual([]);
  });
});

/** In prose "npm scripts" and "npm packages" name no script. */
const isScript = (scripts: Record<string, string>, name: string): boolean =>
  Object.hasOwn(scripts, name) || ['script', 'scripts', 'packages'].includes(name);

describe('given the folders of a checkout', () => {
  it('then the table of the README lists each once and no other', async () => {
    const listed = firstGroups(await read('README.md'), /^\| `([a-z]+)\/` /gm);
    expect(listed.toSorted()).toEqual(await folders());
  });
});

describe('given the diagrams of docs/architecture.md', () => {
  type Edge = { from: string; to: string };
  const edgesOf = async (name: string): Promise<Edge[]> => {
    const [, body = ''] =
      new RegExp(`title: ${name}\n---\nstateDiagram-v2\n([^\`]*)`).exec(await read('docs/architecture.md')) ?? [];
    return Array.from(body.matchAll(/^ *(\w+) --> (\w+)/gm), ([, from = '', to = '']) => ({ from, to }));
  };
  const sorted = (edges: readonly Edge[]): string[] => edges.map(({ from, to }) => `${from} to ${to}`).toSorted();

  it.each([
    { name: 'Run', next: RUN_NEXT },
    { name: 'Payout', next: PAYOUT_NEXT },
    { name: 'Batch', next: BATCH_NEXT },
  ])('then the one of a $name shows every step that the code allows and no other', async ({ name, next }) => {
    const allowed = Object.entries<readonly string[]>(next).flatMap(([from, all]) => all.map((to) => ({ from, to })));
    expect(sorted(await edgesOf(name))).toEqual(sorted(allowed));
  });

  it('then the one of an Attempt shows every state, and no step that the code forbids', async () => {
    const edges = await edgesOf('Attempt');
    const states = new Set(edges.flatMap(({ from, to }) => [from, to]));
    expect([...states].toSorted()).toEqual(ATTEMPT_STATES.toSorted());
    const allowed = ATTEMPT_STATES.flatMap((from) => ATTEMPT_NEXT[from].map((to) => `${from} to ${to}`));
    expect(sorted(edges).filter((edge) => !allowed.includes(edge))).toEqual([]);
  });
});

describe('given the folders docs/adr, docs/how-to and docs/runbooks', () => {
  it.each(['docs/adr', 'docs/how-to', 'docs/runbooks'])(
    'then the index of %s links every page of it',
    async (folder) => {
      const linked = firstGroups(await read(`${folder}/README.md`), /\]\(([\w.-]+\.md)\)/g);
      const there = PAGES.filter((page) => dirname(page) === folder && page !== `${folder}/README.md`);
      expect(linked.toSorted()).toEqual(there.map((page) => relative(folder, page)).toSorted());
    },
  );
});

describe('given the glossary', () => {
  it('then every gateway is in it', async () => {
    const glossary = await read('docs/glossary.md');
    expect(GATEWAYS.filter((gateway) => !glossary.includes(`\`${gateway}\``))).toEqual([]);
  });
});
