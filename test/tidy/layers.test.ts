import { execFile } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path/posix';

import { describe, expect, it } from 'vitest';

import { FOLDERS, type Layer, LAYERS, type LayerName, ROOMS } from '../../layers.ts';
import { plant } from './plant.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The checkout's own configuration, without what needs the types of every file. */
const CONFIG = `import config from './oxlint.config.ts';
export default { ...config, options: {} };
`;

type Planted = { readonly path: string; readonly text: string; readonly isBreach: boolean };
type Found = { readonly filename: string; readonly code: string };

const layers = Object.entries<Layer>(LAYERS);
const withRooms = layers.flatMap(([name, { rooms, hasKernel }]) => (rooms ? [{ name, rooms, hasKernel }] : []));

/** A file that imports another one, by value or as a type. */
function importing(
  path: string,
  target: string,
  { isBreach, isType = false }: { isBreach: boolean; isType?: boolean },
): Planted {
  const specifier = relative(dirname(path), target);
  const from = specifier.startsWith('.') ? specifier : `./${specifier}`;
  const text = isType
    ? `import type { A } from '${from}';\nexport type B = A;\n`
    : `import { a } from '${from}';\nexport const b = a;\n`;
  return { path, text, isBreach };
}

/** Every layer imports every folder, by value and as a type. */
const acrossLayers = layers.flatMap(([name, { mayImport, typesOnly = [] }]) =>
  FOLDERS.filter((folder) => folder !== name).flatMap((folder) => {
    const isAllowed = mayImport.includes(folder);
    return [
      importing(`${name}/planted/values-of-${folder}.ts`, `${folder}/target.ts`, { isBreach: !isAllowed }),
      importing(`${name}/planted/types-of-${folder}.ts`, `${folder}/target.ts`, {
        isBreach: !isAllowed && !typesOnly.includes(folder),
        isType: true,
      }),
    ];
  }),
);

const exceptions = layers.flatMap(([name, layer]) =>
  (layer.exceptions ?? []).map((file) => importing(`${name}/planted/excepted/${file}`, file, { isBreach: false })),
);

/** Every room imports every other room of its layer. */
const acrossRooms = withRooms.flatMap(({ rooms }) =>
  ROOMS.flatMap((room, at) =>
    ROOMS.filter((other) => other !== room).map((other) =>
      importing(`${rooms}/${room}/imports-${other}.ts`, `${rooms}/${other}/target.ts`, {
        isBreach: ROOMS.indexOf(other) > at,
      }),
    ),
  ),
);

const kernels = withRooms.flatMap(({ rooms, hasKernel = false }) =>
  ROOMS.map((room) => importing(`${rooms}/imports-${room}.ts`, `${rooms}/${room}/target.ts`, { isBreach: hasKernel })),
);

const configurations = [
  ...layers.map(([name]) => importing(`${name}/planted/configured.ts`, 'config.ts', { isBreach: true })),
  importing('api/main.ts', 'config.ts', { isBreach: false }),
  importing('worker/main.ts', 'config.ts', { isBreach: false }),
];

const cycles = [
  importing('db/runs/cycle-a.ts', 'db/runs/cycle-b.ts', { isBreach: true }),
  importing('db/runs/cycle-b.ts', 'db/runs/cycle-a.ts', { isBreach: true }),
  importing('db/runs/typed-a.ts', 'db/runs/typed-b.ts', { isBreach: true, isType: true }),
  importing('db/runs/typed-b.ts', 'db/runs/typed-a.ts', { isBreach: true, isType: true }),
];

const library = (path: string, name: string): Planted => ({
  path,
  text: `import { a } from '${name}';\nexport const b = a;\n`,
  isBreach: true,
});
const libraries = [library('workflows/planted/zod.ts', 'zod'), library('domain/planted/pg.ts', 'pg')];

/** The paths that the linter refuses for an import. It ends with 1 where it refuses anything. */
const lint = (root: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const args = ['-c', 'planted.config.ts', '-f', 'json', '.'];
    execFile(
      join(ROOT, 'node_modules/.bin/oxlint'),
      args,
      { cwd: root, maxBuffer: 2 ** 26 },
      (_error, stdout, stderr) => {
        try {
          const { diagnostics } = JSON.parse(stdout) as { diagnostics: Found[] };
          const refused = diagnostics.filter(({ code }) => /no-restricted-imports|no-cycle/.test(code));
          resolve([...new Set(refused.map(({ filename }) => filename))].toSorted());
        } catch (cause) {
          reject(new Error(`oxlint did not answer in JSON: ${stdout}${stderr}`, { cause }));
        }
      },
    );
  });

const refusedAmong = async (planted: readonly Planted[]): Promise<string[]> => {
  const targets = [...FOLDERS, ...withRooms.flatMap(({ rooms }) => ROOMS.map((room) => `${rooms}/${room}`))];
  const root = await plant({
    'planted.config.ts': CONFIG,
    'config.ts': 'export const a = 1;\nexport type A = 1;\n',
    ...Object.fromEntries(
      targets.map((folder) => [`${folder}/target.ts`, 'export const a = 1;\nexport type A = 1;\n']),
    ),
    ...Object.fromEntries(planted.map(({ path, text }) => [path, text])),
  });
  for (const file of ['oxlint.config.ts', 'layers.ts', 'package.json'])
    await copyFile(join(ROOT, file), join(root, file));
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return lint(root);
};

describe('given a tree in which every layer and room imports every other one', () => {
  const planted = [
    ...acrossLayers,
    ...exceptions,
    ...acrossRooms,
    ...kernels,
    ...configurations,
    ...cycles,
    ...libraries,
  ];

  it('then the linter refuses exactly the imports that the two tables forbid', async () => {
    const breaches = planted.filter(({ isBreach }) => isBreach).map(({ path }) => path);
    expect(await refusedAmong(planted)).toEqual(breaches.toSorted());
  });
});

describe('given the table of layers', () => {
  it.each<{ layer: LayerName; forbidden: string; because: string }>([
    { layer: 'domain', forbidden: 'db', because: 'rules are pure' },
    { layer: 'db', forbidden: 'commands', because: 'queries decide nothing' },
    { layer: 'commands', forbidden: 'gateways', because: 'a transaction calls no provider' },
    { layer: 'workflows', forbidden: 'db', because: 'workflows are deterministic' },
    { layer: 'workflows', forbidden: 'activities', because: 'workflows know activities by their types' },
    { layer: 'api', forbidden: 'activities', because: 'the API only translates HTTP' },
    { layer: 'gateways', forbidden: 'db', because: 'a gateway knows its provider and the payment' },
    { layer: 'sandbox', forbidden: 'domain', because: 'the witness shares no code with the product' },
    { layer: 'scripts', forbidden: 'test', because: 'a script must run where no test is' },
  ])('then $layer may not import $forbidden: $because', ({ layer, forbidden }) => {
    expect(LAYERS[layer].mayImport).not.toContain(forbidden);
  });
});
