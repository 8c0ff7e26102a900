import { type OpenAPIHono, z } from '@hono/zod-openapi';

import { ImportMapping } from '../domain/earnings/import-mapping.ts';
import { PAYER_SETTINGS } from '../gateways/accounts.ts';
import type { ApiEnv } from './http/deps.ts';
import { completeOperation, IDEMPOTENCY_KEY, METHODS, SHARED_RESPONSES } from './operations.ts';
import { BankForm } from './routes/partners/bank-forms.ts';

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>;

const INFO = {
  title: 'Bursar',
  version: '1',
  license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
  description: [
    'Bursar pays partners for what they did: it takes in events, works out what they earned, and pays it in runs that people approve.',
    '',
    '- **Keys**: send `Authorization: Bearer bsk_…`. A key belongs to a person and has one role.',
    '- **Every POST under /v1 needs an `Idempotency-Key`**: the same key with the same request gets the first answer again.',
    '- **Amounts** are decimal strings in major units of their currency (`"123.45"`). Currency codes are ISO 4217.',
    '- **Instants** are RFC 3339 in UTC. **Dates** are local to the zone of the pay schedule.',
    '- **Lists** are pages: send `nextCursor` back as `cursor` until it is null.',
    '- **Problems** are RFC 9457 (`application/problem+json`): each says what happened, what was not done, and what to do.',
  ].join('\n'),
};

/** The page's table of contents: the nouns of the product in the order in which money moves, then everything else. */
const TAGS = [
  { name: 'payers', description: 'The legal entities that pay, and the accounts that they pay from.' },
  { name: 'schedules', description: 'The times at which a payer pays: periods, cut-offs, pay dates and minimums.' },
  {
    name: 'programs',
    description: 'The programs that partners are paid under, and the plans that say how much they earn.',
  },
  {
    name: 'partners',
    description: 'The people and companies that are paid, their programs, and the reasons why they are not paid yet.',
  },
  {
    name: 'instruments',
    description: "The places where a partner's money goes: a bank account, a PayPal account or an address.",
  },
  { name: 'events', description: 'The actions of partners; each event counts once, however often it is sent.' },
  {
    name: 'imports',
    description: 'Files of events, read row by row, with a mapping that says what their columns mean.',
  },
  {
    name: 'rates',
    description: 'Exchange rates as sources publish them, at which events in other currencies are worked out.',
  },
  {
    name: 'corrections',
    description:
      'The amounts that people add to, take from or move between the balances of partners: one proposes, another confirms.',
  },
  {
    name: 'points',
    description: 'The points and credits that partners earn instead of money, use, and turn into money.',
  },
  {
    name: 'policies',
    description:
      'The rules by which a program decides about deals, requests and claims: at once, or by stages of people.',
  },
  {
    name: 'deals',
    description: 'The customers that partners register, and how long each is protected for its partner.',
  },
  {
    name: 'requests',
    description: 'The exceptions and funds that partners ask for, and who decided about them.',
  },
  { name: 'claims', description: 'The money that partners claim with a proof, mostly from a fund.' },
  {
    name: 'questions',
    description:
      'Partners ask about lines, and people answer, correct what was wrong, or close the question with a reason.',
  },
  { name: 'runs', description: "One schedule's payouts for one period: drafted, approved by people, then paid." },
  { name: 'payouts', description: "One partner's money from one run: where it is, and where each cent comes from." },
  {
    name: 'checks',
    description: 'The register of check numbers, stop payments, and the questions that the bank asks.',
  },
  { name: 'tasks', description: 'The decisions that wait for a person, with everything known that helps to decide.' },
  {
    name: 'resolutions',
    description: 'The outcomes that two people state for a payment when its provider cannot tell.',
  },
  { name: 'gateways', description: 'The providers that carry the money, and the switch that stops each of them.' },
  { name: 'alarms', description: 'The irregularities that a person must look at.' },
  { name: 'reconciliation', description: "The differences between our books and a provider's statement." },
  { name: 'audit', description: 'A record of who did what and when, in a chain that nobody can change unnoticed.' },
  { name: 'actors', description: 'The people who use the API, and their keys.' },
  { name: 'me', description: "The things that belong to your own key: a partner's own payouts and earnings." },
  { name: 'health', description: 'The state of this process: whether it is up, and whether it is ready.' },
  { name: 'webhooks', description: 'The addresses that providers call when a payment changes.' },
  {
    name: 'endpoints',
    description: 'The addresses of your own systems that Bursar calls when something happens, with what was sent.',
  },
];

/** The server at the document's own address, and the one that a local `npm start` starts. */
const SERVERS = [
  { url: '/', description: 'The server that this document was read from' },
  { url: 'http://127.0.0.1:4400', description: 'A local server, as `npm start` starts it' },
];

/** The OpenAPI 3.1 document: everything that each route declares, and everything that all routes share. */
export function openApiDocument(app: OpenAPIHono<ApiEnv>): Document {
  const document = withReferencesTidied(
    app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, servers: SERVERS, tags: TAGS }),
  );
  document.components = {
    ...document.components,
    schemas: {
      ...document.components?.schemas,
      ...describedApart([ImportMapping, BankForm, ...Object.values(PAYER_SETTINGS)]),
    },
    responses: SHARED_RESPONSES,
    parameters: { IdempotencyKey: IDEMPOTENCY_KEY },
    securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key such as `bsk_…`' } },
  };
  for (const [path, item] of Object.entries(document.paths ?? {}))
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) completeOperation(operation, method, path);
    }
  return document;
}

type Schemas = NonNullable<NonNullable<Document['components']>['schemas']>;

/**
 * Schemas, by their ids, for input that routes read loosely or as it arrives, because the code that reads it later knows its
 * form better. Routes refer to these schemas by name.
 */
function describedApart(schemas: readonly z.ZodType[]): Schemas {
  const defined = schemas.flatMap((schema) =>
    Object.entries(z.toJSONSchema(z.object({ schema }), { io: 'input' }).$defs ?? {}),
  );
  const described = Object.fromEntries(defined.map(([name, { id: _id, ...schema }]) => [name, schema]));
  return JSON.parse(JSON.stringify(described).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schemas;
}

/** The generator writes a reference that has its own description as `allOf`. OpenAPI 3.1 allows the description next to the reference. */
const withReferencesTidied = (document: Document): Document =>
  JSON.parse(JSON.stringify(document), (_name, value: unknown) => tidied(value)) as Document;

function tidied(value: unknown): unknown {
  const parts = typeof value === 'object' && value !== null && 'allOf' in value ? value.allOf : undefined;
  if (!Array.isArray(parts)) return value;
  const [reference, words = {}, ...more] = parts as [{ $ref?: string }, Record<string, unknown>?, ...unknown[]];
  return reference.$ref && !('properties' in words) && more.length === 0 ? { ...reference, ...words } : value;
}
