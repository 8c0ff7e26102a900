import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FOLDERS, type Layer, LAYERS, ROOMS } from '../../layers.ts';
import { plant } from '../tidy/plant.ts';
import { folderOf, importsOf, isCode, readSources } from '../tidy/sources.ts';

const ROOT = join(import.meta.dirname, '../..');

const read = (page: string): Promise<string> => readFile(join(ROOT, page), 'utf8');

/** The section of a page under a heading. */
const sectionOf = async (page: string, heading: string): Promise<string> =>
  (await read(page)).split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';

/** The arrows between the folders of a tree: solid for values, dashed where only types are imported. Tests import everything. */
async function arrowsIn(root: string): Promise<string[]> {
  const imports = (await readSources(root))
    .filter((source) => isCode(source) && source.path.includes('/') && folderOf(source.path) !== 'test')
    .flatMap(importsOf)
    .map(({ from, to, isType }) => ({ from: folderOf(from), to: folderOf(to), isType }))
    .filter(({ from, to }) => from !== to && !to.endsWith('.ts'));
  const byPair = Map.groupBy(imports, ({ from, to }) => `${from} ${to}`);
  return [...byPair].map(([pair, all]) => pair.replace(' ', all.every(({ isType }) => isType) ? ' -.-> ' : ' --> '));
}

/** The differences between a page and the code, each with what to do about it. */
function differencesBetween(drawn: readonly string[], found: readonly string[]): string[] {
  const missing = found.filter((arrow) => !drawn.includes(arrow));
  const wrong = drawn.filter((arrow, index) => !found.includes(arrow) || drawn.indexOf(arrow) < index);
  return [
    ...missing.map((arrow) => `docs/architecture.md lacks "${arrow}": add it`),
    ...wrong.map((arrow) => `docs/architecture.md has "${arrow}", which the code has not, or twice: remove it`),
  ].toSorted();
}

describe('given the pictures of the folders in docs/architecture.md', () => {
  const drawn = async (): Promise<string[]> =>
    (await sectionOf('docs/architecture.md', 'Which folder imports which')).match(/\w+ (?:-->|-\.->) \w+/g) ?? [];

  it('then their arrows are exactly the imports between the folders of the code', async () => {
    expect(differencesBetween(await drawn(), await arrowsIn(ROOT))).toEqual([]);
  });

  it('then layers.ts allows every arrow', async () => {
    const allows = (arrow: string): boolean => {
      const [from = '', line, to = ''] = arrow.split(' ');
      const { mayImport, typesOnly = [], exceptions = [] }: Layer = LAYERS[from as keyof typeof LAYERS];
      const isExcepted = exceptions.some((file) => folderOf(file) === to);
      return mayImport.includes(to) || (typesOnly.includes(to) && (line === '-.->' || isExcepted));
    };
    expect((await drawn()).filter((arrow) => !allows(arrow))).toEqual([]);
  });

  it('then the rooms stand in the order of layers.ts', async () => {
    const section = await sectionOf('docs/architecture.md', 'Which folder imports which');
    expect(section).toContain(ROOMS.map((room) => `\`${room}\``).join(' → '));
  });
});

describe('given the folders that hold code', () => {
  it('then layers.ts has a layer for each of them, so that the linter knows what it may import', async () => {
    const code = (await readSources(ROOT)).filter((source) => isCode(source) && source.path.includes('/'));
    const folders = new Set(code.map(({ path }) => folderOf(path)));
    expect([...folders].toSorted()).toEqual(FOLDERS.toSorted());
  });
});

describe('given a tree whose imports differ from its picture', () => {
  it('then the differences say which arrow to add and which to remove', async () => {
    const root = await plant({
      'activities/runs/open.ts':
        "import type { Run } from '../../db/runs.ts';\nimport { run } from '../../domain/run.ts';\n",
      'workflows/run.ts': "import type { Activities } from '../activities/index.ts';\n",
      'workflows/payout.ts':
        "import type {\n  Activities,\n} from '../activities/index.ts';\nexport { run } from './run.ts';\n",
      'test/run.test.ts': "import { run } from '../domain/run.ts';\n",
    });
    const found = await arrowsIn(root);
    expect(found.toSorted()).toEqual(['activities --> domain', 'activities -.-> db', 'workflows -.-> activities']);
    expect(
      differencesBetween(['activities --> domain', 'workflows --> activities', 'activities -.-> db'], found),
    ).toEqual([
      'docs/architecture.md has "workflows --> activities", which the code has not, or twice: remove it',
      'docs/architecture.md lacks "workflows -.-> activities": add it',
    ]);
  });
});

describe('given the feature that CONTRIBUTING.md follows by its name', () => {
  it('then each layer with rooms has its file in the same room', async () => {
    const section = await sectionOf('CONTRIBUTING.md', 'Follow a feature by its name');
    const files = Array.from(section.matchAll(/^\|[^|]*\| `([^`]+)`/gm), ([, file = '']) => file);
    const sources = (await readSources(ROOT)).map(({ path }) => path);
    const places = Object.values<Layer>(LAYERS).flatMap(({ rooms }) => rooms ?? []);
    expect(files.filter((file) => !sources.includes(file))).toEqual([]);
    expect(files.map((file) => file.replace(/\/runs\/[\w-]+\.ts$/, '')).toSorted()).toEqual(places.toSorted());
  });
});
