/**
 * The shape of the house: which layer may import which, and in which order the rooms of a layer stand. The linter, the picture in
 * docs/architecture.md and the tidy test all read these two tables.
 */

/** A room may import the rooms before it in its own layer, and any room of a layer that its layer may import. */
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

export type Layer = {
  /** The folders of ours that it may import. */
  readonly mayImport: readonly string[];
  /** The folders of ours that it may import as types alone. */
  readonly typesOnly?: readonly string[];
  /** The files of those folders that it may import as they are. */
  readonly exceptions?: readonly string[];
  /** Where its rooms are, for a layer that has them. */
  readonly rooms?: string;
  /** Whether the files beside the rooms are a kernel, which every room may import and which imports no room. */
  readonly hasKernel?: boolean;
  /** One sentence for whoever breaks the rule. */
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
    because: 'A gateway knows its provider and the payment, and nothing else of ours.',
  },
  temporal: { mayImport: ['domain'], because: 'The contract with Temporal is names, messages and starts.' },
  commands: {
    mayImport: ['domain', 'db'],
    rooms: 'commands',
    hasKernel: true,
    because: 'A command decides in one transaction; it calls no provider and wakes no workflow.',
  },
  activities: {
    mayImport: ['domain', 'db', 'commands', 'gateways', 'notifications', 'temporal'],
    rooms: 'activities',
    because: 'Activities are the only code that brings rows, rules and providers together.',
  },
  workflows: {
    mayImport: ['domain', 'temporal'],
    typesOnly: ['activities'],
    because: 'Workflows are deterministic: they know activities by their types alone.',
  },
  api: {
    mayImport: ['domain', 'db', 'commands', 'temporal'],
    typesOnly: ['gateways'],
    rooms: 'api/routes',
    exceptions: ['gateways/webhooks.ts', 'gateways/accounts.ts'],
    because: 'The API only translates HTTP, and of the gateways it needs the two files that read.',
  },
  deploy: {
    mayImport: ['domain', 'db', 'commands', 'temporal'],
    because: 'A deployment is prepared once, before any process runs.',
  },
  worker: { mayImport: PRODUCT, because: 'The worker runs the product and nothing else.' },
  sandbox: { mayImport: [], because: 'The sandbox is the independent witness of what was paid.' },
  scripts: {
    mayImport: [...PRODUCT, 'api', 'worker', 'deploy', 'sandbox'],
    because: 'A script must run where no test is.',
  },
  bench: {
    mayImport: [...PRODUCT, 'api', 'worker', 'deploy', 'sandbox', 'scripts'],
    because: 'A benchmark must run where no test is.',
  },
} as const satisfies Record<string, Layer>;

export type LayerName = keyof typeof LAYERS;

/** Every folder that holds code of ours. */
export const FOLDERS: readonly string[] = [...Object.keys(LAYERS), 'test'];
