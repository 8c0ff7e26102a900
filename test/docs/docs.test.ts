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

/** The folders of a checkout; running the product creates all others. */
const folders = async (): Promise<string[]> =>
  (await readdir(ROOT, { withFileTypes: true }))
    .filter(
      (entry) =>
        entry.isDirectory() && !entry.name.startsWith('.') && !['node_modules', 'coverage'].includes(entry.name),
    )
    .map(({ name }) => name)
    .toSorted();

describe.each(PAGES)('given %s', (page) => {
  it('then every file that it links exists', async () => {
    const targets = firstGroups(await read(page), /\]\(([^)\s]+)\)/g).filter(
      (target) => !/^(https?:|mailto:|#)/.test(target),
    );
    const missing = targets.filter((target) => !existsSync(resolve(ROOT, dirname(page), target.replace(/#.*$/, ''))));
    expect(missing).toEqual([]);
  });

  it('then every file that it names exists', async () => {
    const named = firstGroups(await read(page), /`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|mjs|sql|md|json|yml))`/g);
    const isOurs = (path: string) => existsSync(join(ROOT, path.split('/')[0] ?? ''));
    expect(named.filter((path) => isOurs(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('then package.json has every npm script that it names', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    const named = firstGroups(await read(page), /\bnpm (?:run )?((?!run\b|ci\b|install\b|package)[a-z][\w:-]*)/g);
    expect(named.filter((name) => !isScript(scripts, name))).toEqual([]);
  });
});

/** In prose, "npm scripts" and "npm packages" are not names of scripts. */
const isScript = (scripts: Record<string, string>, name: string): boolean =>
  Object.hasOwn(scripts, name) || ['script', 'scripts', 'packages'].includes(name);

describe('given the folders of a checkout', () => {
  it('then the table of the README lists exactly these folders, each once', async () => {
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
  ])('then the diagram of $name shows exactly the steps that the code allows', async ({ name, next }) => {
    const allowed = Object.entries<readonly string[]>(next).flatMap(([from, all]) => all.map((to) => ({ from, to })));
    expect(sorted(await edgesOf(name))).toEqual(sorted(allowed));
  });

  it('then the diagram of Attempt shows every state, and no step that the code forbids', async () => {
    const edges = await edgesOf('Attempt');
    const states = new Set(edges.flatMap(({ from, to }) => [from, to]));
    expect([...states].toSorted()).toEqual(ATTEMPT_STATES.toSorted());
    const allowed = ATTEMPT_STATES.flatMap((from) => ATTEMPT_NEXT[from].map((to) => `${from} to ${to}`));
    expect(sorted(edges).filter((edge) => !allowed.includes(edge))).toEqual([]);
  });
});

describe('given the folders of docs/ that have an index', () => {
  it.each(['docs/adr', 'docs/earning', 'docs/guides', 'docs/how-to', 'docs/runbooks'])(
    'then the index of %s links every page in the folder',
    async (folder) => {
      const linked = firstGroups(await read(`${folder}/README.md`), /\]\(([\w.-]+\.md)\)/g);
      const there = PAGES.filter((page) => dirname(page) === folder && page !== `${folder}/README.md`);
      expect(linked.toSorted()).toEqual(there.map((page) => relative(folder, page)).toSorted());
    },
  );
});

describe('given the glossary', () => {
  it('then it contains every gateway', async () => {
    const glossary = await read('docs/glossary.md');
    expect(GATEWAYS.filter((gateway) => !glossary.includes(`\`${gateway}\``))).toEqual([]);
  });
});
