/**
 * The matrix of reach: what each route and page is about, for people whose role is limited to programs or payers. Roles with no limit
 * reach everything. The first word of an address before an id says what the thing is. The lists below say the rest. A route that
 * changes something and stands nowhere needs a role without limits, and fails the test of this matrix.
 */

/** The kind of the thing that an address names after each word, as in tasks and the audit log (`db/functions/belongs-to.sql`). */
const KIND_OF: Readonly<Record<string, string>> = {
  programs: 'program',
  policies: 'program',
  payers: 'payer',
  schedules: 'schedule',
  runs: 'run',
  payouts: 'payout',
  tasks: 'task',
  deals: 'deal',
  requests: 'request',
  claims: 'claim',
  questions: 'question',
  corrections: 'correction',
  're-ratings': 're-rating',
  conversions: 'conversion',
  redemptions: 'redemption',
  'back-tests': 'back-test',
  audits: 'audit',
  pools: 'pool',
  parked: 'parked-event',
  quarantine: 'quarantined-event',
  'check-exceptions': 'check-exception',
  alarms: 'alarm',
};

/** The field of a body or form that names the program, schedule, payer or unit, besides the thing in the address if there is one. */
const FIELD_OF = {
  'POST /v1/runs': 'schedule',
  'POST /v1/programs': 'schedule',
  'POST /v1/schedules': 'payer',
  'POST /v1/deals': 'program',
  'POST /v1/requests': 'program',
  'POST /v1/claims': 'program',
  'POST /v1/corrections': 'program',
  'POST /v1/questions/{id}/adjustment': 'program',
  'POST /v1/events': 'events',
  'POST /v1/events/parked/dismiss': 'program',
  'POST /v1/events/set-aside/retry': 'program',
  'POST /v1/partners/{code}/agreements': 'program',
  'PUT /v1/partners/{code}/quotas': 'program',
  'POST /v1/partners/{code}/conversions': 'unit',
  'POST /v1/partners/{code}/redemptions': 'unit',
  'POST /earnings/corrections': 'program',
  'POST /questions/{id}/adjustment': 'program',
  'POST /earnings/re-ratings': 'program',
  'POST /earnings/parked/dismiss': 'program',
  'POST /earnings/ineligible/admit': 'program',
  'POST /earnings/ineligible/dismiss': 'program',
  'POST /earnings/set-aside/retry': 'program',
  'POST /audits': 'program',
  'POST /settings/new-schedule': 'payer',
  'POST /runs/new': 'schedule',
  'POST /new-program': 'schedule',
  'POST /partners/{code}/agreements': 'terms',
  'POST /partners/{code}/new-conversion': 'unit',
} as const satisfies Record<string, Field>;
export type Field = 'program' | 'schedule' | 'payer' | 'unit' | 'terms' | 'events';

/** The routes about a partner that change nothing of the partner but what is theirs in one program, the last name in the address. */
const IN_PROGRAM = ['/partners/{code}/agreements/{program}'];

/** The notices of a person are rows, because they were told to a role. */
const ROWS_OF_PERSON = ['GET /v1/me/notices'];

/** Routes about the person themselves, or about nothing. */
const OF_PERSON = [
  '/v1/me',
  '/account',
  '/notices/choices',
  '/notices/read',
  '/notices/{id}/read',
  '/sign-out',
  '/portal',
];

/**
 * The things of the whole company. Only a role without limits reads or changes them: people and their roles, partners, the ledger and what the
 * providers say, the reports about all payers, files of many programs, and what a partner sees.
 */
const OF_COMPANY = [
  '/v1/actors',
  '/v1/grants',
  '/v1/keys',
  '/v1/audit',
  '/v1/webhook-endpoints',
  '/v1/sources',
  '/v1/gateways',
  '/v1/breaks',
  '/v1/reports',
  '/v1/analytics',
  '/v1/imports',
  '/v1/quotas',
  '/v1/rates',
  '/v1/fact-keys',
  '/v1/facts',
  '/v1/corrections/import',
  '/gateways',
  '/reconciliation',
  '/breaks.csv',
  '/statements',
  '/ledger',
  '/ledger.csv',
  '/reports',
  '/audit',
  '/audit.csv',
  '/earnings/imports',
  '/earnings/corrections/import',
  '/new-partner',
  '/settings/people',
  '/settings/new-person',
  '/settings/roles',
  '/settings/lost-passkeys',
  '/settings/keys',
  '/settings/webhooks',
  '/settings/new-webhook',
];

/**
 * The commands of the company whose neighbours are about one program or payer. A ladder and the facts that events grant say what partners
 * are, and the plans of every program may ask for that. The account that a gateway draws on may be that of another payer.
 */
const COMMANDS_OF_COMPANY = [
  'POST /v1/payers',
  'GET /settings/new-payer',
  'POST /settings/new-payer',
  'PUT /v1/payers/{code}/gateways/{method}',
  'GET /settings/payers/{code}/gateways/{gateway}',
  'POST /settings/payers/{code}/gateways/{gateway}',
  'PUT /v1/programs/{code}/fact-grants',
  'POST /v1/programs/{code}/ladders/{fact}',
  'GET /programs/{code}/new-ladder',
  'POST /programs/{code}/new-ladder',
];

/** The pages and calls from which limited people read who a partner is, and the rows of their own programs and payers. The rest shows all that it is paid. */
const READ_OF_PARTNER = ['/partners', '/partners.csv', '/partners/{code}', '/partners/{code}/agreements'];

const isBelow = (path: string, places: readonly string[]): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}/`));

/** A thing that a request names: in its address, or in a field of its body. */
export type Named = { readonly kind: string; readonly param: string } | { readonly field: Field };

/**
 * The subject of a route. `person`: the caller alone. `company`: it needs a role without limits. `rows`: it reads, and shows the rows in reach
 * alone. Otherwise the things that it names, each of which the role must reach.
 */
export type About = 'person' | 'company' | 'rows' | readonly Named[];

/** Says what a route such as `POST /v1/runs/{id}/decision` is about, or undefined if nobody has said it. */
export function aboutOf(route: string): About | undefined {
  const [method, path = ''] = route.split(' ');
  if (ROWS_OF_PERSON.includes(route)) return 'rows';
  if (isBelow(path, OF_PERSON)) return 'person';
  if (COMMANDS_OF_COMPANY.includes(route)) return 'company';
  if (IN_PROGRAM.some((part) => path.includes(part))) return [{ kind: 'program', param: 'program' }];
  const [, word = '', param = ''] = /([a-z-]+)\/\{(\w+)\}/.exec(path) ?? [];
  const kind = Object.hasOwn(KIND_OF, word) ? KIND_OF[word] : undefined;
  const field = Object.hasOwn(FIELD_OF, route) ? FIELD_OF[route as keyof typeof FIELD_OF] : undefined;
  const named: Named[] = [...(kind ? [{ kind, param }] : []), ...(field ? [{ field }] : [])];
  if (named.length > 0) return named;
  if (isBelow(path, OF_COMPANY)) return 'company';
  if (isBelow(path, ['/v1/partners', '/partners']))
    return method === 'GET' && READ_OF_PARTNER.includes(path.replace('/v1', '')) ? 'rows' : 'company';
  return method === 'GET' ? 'rows' : undefined;
}
