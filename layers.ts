/**
 * The two tables of the architecture: the imports of each layer, and the order of the rooms in a layer. The linter, the picture in
 * docs/architecture.md and the tidy test all read them.
 */

/** A room may import earlier rooms of its own layer, and every room of the layers that its layer may import. */
export const ROOMS = [
  'people',
  'payers',
  'partners',
  'tasks',
  'programs',
  'earnings',
  'payouts',
  'runs',
  'checks',
  'books',
] as const;

/** The folders of a kernel, which every room may import as it may import the kernel's files: the sentences in each language. */
export const KERNEL_FOLDERS = ['words'] as const;

export type Layer = {
  /** Our folders that it may import. */
  readonly mayImport: readonly string[];
  /** Our folders from which it may import only types. */
  readonly typesOnly?: readonly string[];
  /** The files of those folders from which it may import everything. */
  readonly exceptions?: readonly string[];
  /** The folder of its rooms, for a layer that has rooms. */
  readonly rooms?: string;
  /** Whether the files besides the rooms are a kernel. Every room may import the kernel, and the kernel imports no room. */
  readonly hasKernel?: boolean;
  /** One sentence for a person who breaks the rule. */
  readonly because: string;
};

const PRODUCT = ['domain', 'db', 'commands', 'activities', 'workflows', 'temporal', 'gateways', 'notifications'];

export const LAYERS = {
  domain: {
    mayImport: [],
    rooms: 'domain',
    hasKernel: true,
    because: 'The domain holds pure rules: values in, values out.',
  },
  db: { mayImport: ['domain'], rooms: 'db', hasKernel: true, because: 'Queries decide nothing.' },
  notifications: { mayImport: ['domain'], because: 'A template only puts facts into words.' },
  gateways: {
    mayImport: ['domain'],
    because: 'A gateway knows only its provider and the payment.',
  },
  temporal: { mayImport: ['domain'], because: 'The contract with Temporal is names, messages and starts.' },
  commands: {
    mayImport: ['domain', 'db'],
    rooms: 'commands',
    hasKernel: true,
    because: 'A command decides in one transaction. It calls no provider and wakes no workflow.',
  },
  activities: {
    mayImport: ['domain', 'db', 'commands', 'gateways', 'notifications', 'temporal'],
    rooms: 'activities',
    because: 'Activities are the only code that brings rows, rules and providers together.',
  },
  workflows: {
    mayImport: ['domain', 'temporal'],
    typesOnly: ['activities'],
    because: 'Workflows are deterministic, and know activities only by their types.',
  },
  api: {
    mayImport: ['domain', 'db', 'commands', 'temporal'],
    typesOnly: ['gateways'],
    rooms: 'api/routes',
    exceptions: ['gateways/webhooks.ts', 'gateways/accounts.ts', 'gateways/check-paper.ts'],
    because: 'The API only translates HTTP, and needs only the three gateway files that read or draw.',
  },
  deploy: {
    mayImport: ['domain', 'db', 'commands', 'temporal'],
    because: 'A deployment is prepared once, before any process runs.',
  },
  worker: { mayImport: PRODUCT, because: 'The worker runs the product and nothing else.' },
  sandbox: { mayImport: [], because: 'The sandbox is the independent witness of all payments.' },
  scripts: {
    mayImport: [...PRODUCT, 'api', 'worker', 'deploy', 'sandbox'],
    because: 'A script must run where there are no tests.',
  },
  bench: {
    mayImport: [...PRODUCT, 'api', 'worker', 'deploy', 'sandbox', 'scripts'],
    because: 'A benchmark must run where there are no tests.',
  },
} as const satisfies Record<string, Layer>;

export type LayerName = keyof typeof LAYERS;

/** Every folder that holds code of ours. */
export const FOLDERS: readonly string[] = [...Object.keys(LAYERS), 'test'];
