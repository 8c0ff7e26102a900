import { existsSync, statSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

/** The modules that Node loads for a file. Types are erased before the file runs. */
const LOADS = [
  /^(?:import|export) (?!type\b)(?:[^;']*? from )?'([^']+)'/gm,
  /\bimport\('([^']+)'\)/g,
  /\.resolve\('([^']+)'\)/g,
];

const loadsOf = (text: string): string[] =>
  LOADS.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, name]) => name ?? ''));

const isRelative = (name: string): boolean => name.startsWith('.');

/** The package of `hono/html` is `hono`, that of `@scope/name/part` is `@scope/name`. */
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

/** The TypeScript files in the image. `.dockerignore` admits no others. */
async function filesOfImage(): Promise<string[]> {
  const lines = (await read('.dockerignore')).split('\n').filter((line) => line.startsWith('!'));
  const paths = lines.map((line) => line.slice(1)).filter((path) => existsSync(join(ROOT, path)));
  const patterns = paths.map((path) => (statSync(join(ROOT, path)).isDirectory() ? `${path}/**/*.ts` : path));
  return (await Array.fromAsync(glob(patterns, { cwd: ROOT }))).filter((path) => path.endsWith('.ts'));
}

describe('given the image that runs in production', () => {
  let files: Map<string, string[]>;
  let dependencies: string[];
  beforeAll(async () => {
    const names = await filesOfImage();
    files = new Map(await Promise.all(names.map(async (name) => [name, loadsOf(await read(name))] as const)));
    ({ dependencies } = JSON.parse(await read('package.json'), (key, value) =>
      key === 'dependencies' ? Object.keys(value as object) : value,
    ) as { dependencies: string[] });
  });

  const packages = () =>
    [...files].flatMap(([file, loads]) =>
      loads
        .filter((name) => !isRelative(name) && !name.startsWith('node:'))
        .map((name) => ({ file, name: packageOf(name) })),
    );

  it('then the packages that its files load are installed in it', () => {
    expect(files.size).toBeGreaterThan(100);
    const missing = packages().filter(({ name }) => !dependencies.includes(name));
    expect(missing, 'move these packages to "dependencies" in package.json').toEqual([]);
  });

  it('then a package that none of its files loads is not installed in it', () => {
    const loaded = new Set(packages().map(({ name }) => name));
    const idle = dependencies.filter((name) => !loaded.has(name));
    expect(idle, 'move these packages to "devDependencies" in package.json').toEqual([]);
  });

  it('then the files that its files load are in it', () => {
    const missing = [...files].flatMap(([file, loads]) =>
      loads
        .filter(isRelative)
        .map((name) => normalize(join(dirname(file), name)))
        .filter((path) => !files.has(path))
        .map((path) => `${file} loads ${path}`),
    );
    expect(missing, 'name these files in .dockerignore').toEqual([]);
  });
});
