import { dirname, extname } from 'node:path/posix';

import { type Layer, LAYERS, KERNEL_FOLDERS, ROOMS } from '../../layers.ts';

import { folderOf, importsOf, isCode, readSources, type Source } from './sources.ts';

/** Each rule reads a folder and returns its breaches as sentences. */
export type Rule = (root: string) => Promise<string[]>;

const LINES_MAX = 300;

const isProduct = ({ path }: Source): boolean => !['test', 'docs'].includes(folderOf(path));

export const findLongFiles: Rule = async (root) =>
  (await readSources(root))
    .filter((source) => isProduct(source) && extname(source.path) === '.ts')
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines, and at most ${LINES_MAX} are allowed: split it by noun`);

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

/** The second half leaves out `for update of payout`, and `do update set` of a conflict. */
const WRITE =
  /\b(?:insert into|delete from|truncate(?: table)?|merge into)\s+(\w+|\$\{)|(?<!\bdo )\bupdate\s+(\w+|\$\{)[^;`]{0,80}?\sset\s|\bcopyRows\(\s*\w+,\s*'(\w+)'/gi;

const tablesWritten = (text: string): string[] =>
  Array.from(withoutComments(text).matchAll(WRITE), ([, inserted, updated, copied]) =>
    (inserted ?? updated ?? copied ?? '').toLowerCase(),
  );

/** A table has one file that writes it, so that one file shows every way in which its rows change. Functions of the database are not counted. */
export const findSecondWriters: Rule = async (root) => {
  const writes = (await readSources(root))
    .filter(({ path }) => folderOf(path) === 'db' && extname(path) === '.ts')
    .flatMap(({ path, text }) => tablesWritten(text).map((table) => ({ table, path })));
  const unnamed = writes.filter(({ table }) => table === '${');
  const byTable = Map.groupBy(
    writes.filter((write) => !unnamed.includes(write)),
    ({ table }) => table,
  );
  return [
    ...unnamed.map(({ path }) => `${path} writes a table without its name: write the name into the query`),
    ...[...byTable].flatMap(([table, all]) => {
      const writers = [...new Set(all.map(({ path }) => path))];
      return writers.length > 1 ? [`${writers.join(' and ')} both write the table ${table}: choose one`] : [];
    }),
  ];
};

/** A benchmark measures the product with rows that it makes by the hundred thousand, which no query of the product does. */
const MEASURES = 'bench';

export const findStrayQueries: Rule = async (root) =>
  (await readSources(root))
    .filter((source) => isProduct(source) && isCode(source) && !['db', MEASURES].includes(folderOf(source.path)))
    .filter(({ text }) => /\bsql(?:\.\w+(?:\([^`]*?\))?)?`/.test(withoutComments(text)))
    .map(({ path }) => `${path} contains a query: move it to the db/ file of its table`);

export const findImportsOfTests: Rule = async (root) =>
  (await readSources(root))
    .filter((source) => isCode(source) && folderOf(source.path) !== 'test')
    .flatMap(importsOf)
    .filter(({ to }) => folderOf(to) === 'test')
    .map(({ from, to }) => `${from} imports ${to}: only tests may import tests`);

const PLACES = Object.values<Layer>(LAYERS).flatMap(({ rooms }) => rooms ?? []);

/** The linter knows the order of the rooms by their names, so that a folder with another name would have none. */
export const findStrayRooms: Rule = async (root) => {
  const folders = new Set((await readSources(root)).filter(isCode).map(({ path }) => dirname(path)));
  const rooms = new Set<string>(
    PLACES.flatMap((place) => [...ROOMS, ...KERNEL_FOLDERS].map((room) => `${place}/${room}`)),
  );
  return [...folders]
    .filter((folder) => PLACES.some((place) => folder.startsWith(`${place}/`)))
    .filter((folder) => ![...rooms].some((room) => `${folder}/`.startsWith(`${room}/`)))
    .map((folder) => `${folder}/ is not a room: choose one of ${ROOMS.join(', ')}`);
};
