import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path/posix';

/** A file of a checkout. The path begins at the root of the checkout. */
export type Source = { readonly path: string; readonly text: string };

export type Import = { readonly from: string; readonly to: string; readonly isType: boolean };

const PACKAGES = ['node_modules', 'coverage'];
const READABLE = ['.ts', '.mjs', '.sql', '.md', '.yml'];

/** `npm run openapi` writes the first file from the routes, and `npm run reliability` the second from recorded results. */
const GENERATED = ['scripts/api-types/api.d.ts', 'docs/reliability.md'];

async function pathsIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const paths = entries
    .filter(({ name }) => !name.startsWith('.') && !PACKAGES.includes(name))
    .map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsIn(root, path) : [path];
    });
  return (await Promise.all(paths)).flat();
}

/** Every file that people write and read, except packages and generated files. */
export async function readSources(root: string): Promise<Source[]> {
  const paths = (await pathsIn(root, '')).filter((path) => READABLE.includes(extname(path)));
  const written = paths.filter((path) => !GENERATED.includes(path)).toSorted();
  return Promise.all(written.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

export const isCode = ({ path }: Source): boolean => ['.ts', '.mjs'].includes(extname(path));

/** The folder in the root, or the file itself where it stands in the root. */
export const folderOf = (path: string): string => path.split('/')[0] ?? '';

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^;'"`]*?\sfrom\s+)?'(\.[^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'(\.[^']+)'/g;

/** The imports of our own files. An import of types alone loads nothing when the product runs. */
export function importsOf({ path, text }: Source): Import[] {
  const resolved = (specifier = '', isType = false) => ({ from: path, to: join(dirname(path), specifier), isType });
  return [
    ...Array.from(text.matchAll(STATIC), ([, type, specifier]) => resolved(specifier, type !== undefined)),
    ...Array.from(text.matchAll(DYNAMIC), ([, specifier]) => resolved(specifier)),
  ];
}
