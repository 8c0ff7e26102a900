import { defineConfig, type OxlintOverride } from 'oxlint';

import { FOLDERS, type Layer, LAYERS, ROOMS } from './layers.ts';

/** A pattern of forbidden imports, and the sentence that explains the ban. */
type Ban = ({ regex: string } | { group: string[] }) & { message: string; allowTypeImports?: boolean };

const oneOf = (names: readonly string[]): string => names.join('|');

const CONFIG: Ban = {
  regex: '^(\\.\\./)+config\\.ts$',
  message: 'Only main.ts reads the configuration. All other code gets values as arguments.',
};

/** Libraries that a layer must not import. */
const LIBRARIES: Partial<Record<string, Ban>> = {
  domain: {
    regex:
      '^(pg|slonik|hono|@temporalio/|node:(?:fs|https?|net|tls|dns|child_process|timers|os|process|worker_threads))',
    message: 'The domain is pure, and workflows import it: it must contain no I/O and no framework.',
    allowTypeImports: true,
  },
  workflows: {
    regex: '^(zod|pg|slonik|node:|@temporalio/(client|worker|activity))',
    message: 'This does not belong in the workflow bundle.',
    allowTypeImports: true,
  },
};

function layerBans(name: string, { mayImport, typesOnly = [], exceptions = [], because }: Layer): Ban[] {
  const others = FOLDERS.filter((folder) => folder !== name && !mayImport.includes(folder));
  const forbidden = others.filter((folder) => !typesOnly.includes(folder));
  const may = mayImport.length > 0 ? `${name}/ may import ${mayImport.join(', ')}` : `${name}/ imports nothing of ours`;
  return [
    { regex: `^(\\.\\./)+(${oneOf(forbidden)})/`, message: `${because} ${may}.` },
    ...typesOnly.map((folder) => ({
      group: [`**/${folder}/**`, ...exceptions.map((file) => `!**/${file}`)],
      message: `${because} ${may}, and types of ${folder}.`,
      allowTypeImports: true,
    })),
    ...(name in LIBRARIES ? [LIBRARIES[name] as Ban] : []),
  ];
}

const override = (files: string, bans: readonly Ban[]): OxlintOverride => ({
  files: [files],
  rules: { 'no-restricted-imports': ['error', { patterns: [...bans] }] },
});

/** One rule for the layer, and one for each of its rooms, which also forbids later rooms. The last match counts. */
function layerOverrides([name, layer]: [string, Layer]): OxlintOverride[] {
  const bans = [...layerBans(name, layer), CONFIG];
  const { rooms, hasKernel = false } = layer;
  const kernelBan: Ban = {
    regex: `^\\./(${oneOf(ROOMS)})/`,
    message: `The files besides the rooms of ${name}/ are its kernel, which imports no room.`,
  };
  if (!rooms) return [override(`${name}/**/*.ts`, bans)];
  return [
    override(`${name}/**/*.ts`, bans),
    ...(hasKernel ? [override(`${rooms}/*.ts`, [...bans, kernelBan])] : []),
    ...ROOMS.slice(0, -1).map((room, index) =>
      override(`${rooms}/${room}/**/*.ts`, [
        ...bans,
        {
          regex: `^(\\.\\./)+(${oneOf(ROOMS.slice(index + 1))})/`,
          message: `The room ${room} comes before the rooms ${ROOMS.slice(index + 1).join(', ')} and may not import them.`,
        },
      ]),
    ),
  ];
}

/** The files where a process begins. Only they may read the configuration. */
const mains = (['api', 'worker'] as const).map((name) => {
  const bans = layerBans(
    name,
    name === 'api' ? { ...LAYERS.api, mayImport: [...LAYERS.api.mayImport, 'gateways'], typesOnly: [] } : LAYERS.worker,
  );
  return override(`${name}/main.ts`, bans);
});

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { typeAware: true },
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': ['error', { checksVoidReturn: false }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    eqeqeq: 'error',
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'vitest/no-conditional-expect': 'off',
    'typescript/restrict-template-expressions': 'off',
    'eslint/no-await-in-loop': 'off',
    'unicorn/no-array-sort': 'error',
    'typescript/consistent-return': 'off',
    'promise/no-callback-in-promise': 'off',
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    'vitest/expect-expect': 'off',
    'typescript/no-unnecessary-type-arguments': 'off',
  },
  overrides: [
    { files: ['**/*.ts'], rules: { 'import/no-default-export': 'error' } },
    ...Object.entries(LAYERS).flatMap(layerOverrides),
    ...mains,
    { files: ['*.config.ts', 'test/fixtures/global-setup.ts'], rules: { 'import/no-default-export': 'off' } },
    {
      files: ['test/**/*.ts'],
      rules: { 'typescript/no-non-null-assertion': 'off', 'typescript/no-unsafe-type-assertion': 'off' },
    },
  ],
  ignorePatterns: ['.data/**', '**/node_modules/**', 'scripts/api-types/api.d.ts'],
});
