import type { OpenAPIHono } from '@hono/zod-openapi';

import { CURRENCY_CODES } from '../domain/currency.ts';
import type { ApiEnv } from './http/deps.ts';
import { rolesFor } from './http/permissions.ts';
import { PROBLEM_TYPE } from './http/problem.ts';

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>;

const INFO = {
  title: 'Bursar',
  version: '1',
  description: [
    'Pays partners for what they did: events in, approved payout runs out.',
    '',
    '- **Keys**: `Authorization: Bearer bsk_…`. A key belongs to a person and has one role.',
    '- **Every POST needs an `Idempotency-Key`**: the same key with the same request is answered as it was the first time.',
    '- **Amounts** are decimal strings with their currency; instants are in UTC; dates are local to a schedule’s zone.',
    '- **Lists** are pages: send `nextCursor` back as `cursor`.',
    '- **Problems** are RFC 9457 (`application/problem+json`): each says what happened, what did not, and what to do.',
  ].join('\n'),
};

/** The nouns of the product in the order of the money, and then what surrounds it: the page's table of contents. */
const TAGS = [
  { name: 'payers', description: 'The legal entities that pay, and the accounts that they pay from.' },
  { name: 'schedules', description: 'When a payer pays: its periods, cut-offs, pay dates and minimums.' },
  { name: 'programs', description: 'What partners are paid for, and the plans that say how much.' },
  { name: 'partners', description: 'Who is paid, in which programs, and if nobody yet, why not.' },
  { name: 'instruments', description: 'Where a partner’s money goes: a bank account, a PayPal account or an address.' },
  { name: 'events', description: 'What partners did; each is taken in once, however often it is sent.' },
  { name: 'imports', description: 'Files of events, row by row, with a mapping that says what their columns mean.' },
  { name: 'runs', description: 'One schedule’s payouts for one period: drafted, approved by people, then paid.' },
  { name: 'payouts', description: 'One partner’s money of one run, on its way and explained to the cent.' },
  { name: 'checks', description: 'The register of check numbers, stopped payments, and what the bank asks about.' },
  { name: 'tasks', description: 'What waits for a person, with all that there is to decide by.' },
  { name: 'resolutions', description: 'What two people say became of a payment that its provider cannot tell of.' },
  { name: 'gateways', description: 'Who carries the money, and the switch that stops it.' },
  { name: 'alarms', description: 'What a person must look at.' },
  { name: 'reconciliation', description: 'Where our books and a provider’s statement do not agree.' },
  { name: 'audit', description: 'Who did what and when, in a chain that nobody can change unseen.' },
  { name: 'actors', description: 'The people who use this, and their keys.' },
  { name: 'me', description: 'What belongs to the key that asks: a partner’s own payouts and earnings.' },
  { name: 'health', description: 'Whether this process is up, and ready.' },
  { name: 'webhooks', description: 'What providers call when there is news.' },
];

const KEY_HEADER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'Names this request: 1 to 200 printable ASCII characters. Repeat an unanswered request with the same one.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
} as const;

const PROBLEM = {
  description: 'A problem: nothing was done unless it says so',
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI 3.1 document: what each route declares, and what they all share. */
export function openApiDocument(app: OpenAPIHono<ApiEnv>): Document {
  const document = withCurrenciesNamed(app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, tags: TAGS }));
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Currency: { type: 'string', enum: [...CURRENCY_CODES] } },
    securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key as `bsk_…`' } },
  };
  for (const [path, item] of Object.entries(document.paths ?? {}))
    for (const method of METHODS) {
      const operation = item[method];
      const route = `${method.toUpperCase()} ${path}`;
      const roles = rolesFor(route);
      if (!operation) continue;
      operation.responses = { ...operation.responses, default: PROBLEM };
      if (!roles) continue;
      operation.security = [{ key: [] }];
      operation['x-roles'] = roles;
      if (method === 'post') operation.parameters = [...(operation.parameters ?? []), KEY_HEADER];
    }
  return document;
}

const CURRENCIES = JSON.stringify(CURRENCY_CODES);

/** The list of currencies is long and asked for in many places: it stands in the document once, by its name. */
const withCurrenciesNamed = (document: Document): Document =>
  JSON.parse(JSON.stringify(document), (_name, value: unknown) =>
    isCurrencySchema(value) ? { $ref: '#/components/schemas/Currency' } : value,
  ) as Document;

const isCurrencySchema = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'enum' in value && JSON.stringify(value.enum) === CURRENCIES;
