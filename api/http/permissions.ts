import type { Role } from '../../domain/people/role.ts';

const STAFF = ['preparer', 'approver', 'operator', 'auditor'] as const;
const EVERYBODY = [...STAFF, 'partner'] as const;
const OPERATOR = ['operator'] as const;
const PREPARER = ['preparer'] as const;
const APPROVER = ['approver'] as const;
const PARTNER = ['partner'] as const;

/**
 * The roles that may call each route. The API does not start if a route is missing here. Nobody who changes instruments,
 * keys or terms may decide a run. Partners see only their own things, and get a 404 for everything else.
 */
const ROLES_FOR: Readonly<Record<string, readonly Role[]>> = {
  'GET /v1/actors': ['operator', 'auditor'],
  'POST /v1/actors': OPERATOR,
  'GET /v1/actors/{code}/keys': ['operator', 'auditor'],
  'GET /v1/actors/{code}/grants': ['operator', 'auditor'],
  'POST /v1/actors/{code}/grants': OPERATOR,
  'GET /v1/grants': ['operator', 'auditor'],
  'POST /v1/grants/{id}/decision': OPERATOR,
  'POST /v1/grants/{id}/claims': OPERATOR,
  'DELETE /v1/grants/{id}': OPERATOR,
  'DELETE /v1/keys/{id}': OPERATOR,

  'GET /v1/payers': STAFF,
  'POST /v1/payers': OPERATOR,
  'GET /v1/payers/{code}': STAFF,
  'PATCH /v1/payers/{code}': OPERATOR,
  'PUT /v1/payers/{code}/gateways/{method}': OPERATOR,
  'GET /v1/payers/{code}/alert-amounts': STAFF,
  'PUT /v1/payers/{code}/alert-amounts': OPERATOR,

  'GET /v1/schedules': STAFF,
  'POST /v1/schedules': OPERATOR,
  'GET /v1/schedules/{code}': STAFF,
  'PATCH /v1/schedules/{code}': OPERATOR,
  'GET /v1/schedules/{code}/periods': STAFF,

  'GET /v1/programs': STAFF,
  'POST /v1/programs': OPERATOR,
  'GET /v1/programs/{code}': STAFF,
  'PUT /v1/programs/{code}/eligibility': OPERATOR,
  'GET /v1/programs/{code}/fact-grants': STAFF,
  'PUT /v1/programs/{code}/fact-grants': OPERATOR,
  'GET /v1/programs/{code}/intake': STAFF,
  'PATCH /v1/programs/{code}/intake': OPERATOR,
  'POST /v1/programs/{code}/attributes': OPERATOR,
  'GET /v1/programs/{code}/plans': STAFF,
  'POST /v1/programs/{code}/plans': OPERATOR,
  'GET /v1/programs/{code}/plans/{plan}/versions': STAFF,
  'POST /v1/programs/{code}/plans/{plan}/versions': OPERATOR,
  'POST /v1/programs/{code}/plans/{plan}/versions/{version}/withdraw': OPERATOR,

  'GET /v1/programs/{code}/units': STAFF,
  'POST /v1/programs/{code}/units': OPERATOR,
  'GET /v1/programs/{code}/units/{unit}': STAFF,
  'POST /v1/programs/{code}/units/{unit}/retire': OPERATOR,
  'GET /v1/programs/{code}/units/{unit}/rates': STAFF,
  'POST /v1/programs/{code}/units/{unit}/rates': OPERATOR,

  'GET /v1/partners': STAFF,
  'POST /v1/partners': OPERATOR,
  'POST /v1/partners/batch': OPERATOR,
  'POST /v1/partners/import': OPERATOR,
  'GET /v1/partners/{code}': EVERYBODY,
  'PATCH /v1/partners/{code}': OPERATOR,
  'POST /v1/partners/{code}/hold': ['operator', 'preparer', 'approver'],
  'POST /v1/partners/{code}/release': OPERATOR,
  'GET /v1/partners/{code}/agreements': EVERYBODY,
  'POST /v1/partners/{code}/agreements': OPERATOR,
  'PATCH /v1/partners/{code}/agreements/{program}': OPERATOR,
  'POST /v1/partners/{code}/agreements/{program}/withdraw': OPERATOR,
  'GET /v1/partners/{code}/agreements/{program}/history': STAFF,
  'GET /v1/fact-keys': STAFF,
  'PUT /v1/fact-keys/{key}': OPERATOR,
  'POST /v1/facts/import': OPERATOR,
  'GET /v1/partners/{code}/facts': EVERYBODY,
  'POST /v1/partners/{code}/facts': OPERATOR,
  'GET /v1/partners/{code}/facts/history': STAFF,
  'GET /v1/partners/{code}/minimums': EVERYBODY,
  'PUT /v1/partners/{code}/minimums/{currency}': OPERATOR,
  'PUT /v1/partners/{code}/parent': OPERATOR,
  'GET /v1/partners/{code}/parent': STAFF,
  'GET /v1/partners/{code}/parent/history': STAFF,
  'GET /v1/partners/{code}/onboarding': EVERYBODY,
  'POST /v1/partners/{code}/onboarding': OPERATOR,
  'GET /v1/partners/{code}/instruments': EVERYBODY,
  'POST /v1/partners/{code}/instruments': OPERATOR,
  'GET /v1/payment-forms': EVERYBODY,
  'PUT /v1/partners/{code}/instruments/order': OPERATOR,
  'POST /v1/partners/{code}/instruments/{id}/withdraw': ['operator', 'partner'],
  'POST /v1/partners/{code}/instruments/{id}/clear': OPERATOR,
  'GET /v1/partners/{code}/payability': EVERYBODY,
  'GET /v1/partners/{code}/standing': EVERYBODY,
  'GET /v1/partners/{code}/earnings': EVERYBODY,
  'GET /v1/partners/{code}/balances': EVERYBODY,

  'GET /v1/events': STAFF,
  'POST /v1/events': OPERATOR,
  'GET /v1/events/parked': STAFF,
  'GET /v1/events/set-aside': STAFF,
  'POST /v1/events/set-aside/retry': OPERATOR,
  'GET /v1/sources/{source}/secrets': ['operator', 'auditor'],
  'POST /v1/sources/{source}/secrets': OPERATOR,
  'DELETE /v1/sources/{source}/secrets/{id}': OPERATOR,
  'GET /v1/quarantine': STAFF,
  'POST /v1/quarantine/{id}/decision': OPERATOR,
  'GET /v1/imports': STAFF,
  'POST /v1/imports': OPERATOR,
  'POST /v1/imports/preview': OPERATOR,
  'GET /v1/imports/{id}': STAFF,
  'GET /v1/imports/{id}/rejections': STAFF,

  'GET /v1/corrections': STAFF,
  'POST /v1/corrections': ['operator', 'preparer'],
  'POST /v1/corrections/import': ['operator', 'preparer'],
  'GET /v1/corrections/{id}': STAFF,
  'GET /v1/corrections/{id}/items': STAFF,
  'POST /v1/corrections/{id}/decision': APPROVER,
  'POST /v1/partners/{code}/merge': OPERATOR,
  'GET /v1/reports/negative-balances': STAFF,

  'GET /v1/runs': STAFF,
  'POST /v1/runs': PREPARER,
  'GET /v1/runs/{id}': STAFF,
  'GET /v1/runs/{id}/payouts': STAFF,
  'GET /v1/runs/{id}/batches': STAFF,
  'GET /v1/runs/{id}/flags': STAFF,
  'GET /v1/runs/{id}/outcomes': STAFF,
  'GET /v1/runs/{id}/changes': STAFF,
  'GET /v1/runs/{id}/positive-pay': STAFF,
  'POST /v1/runs/{id}/decision': APPROVER,
  'POST /v1/runs/{id}/pause': ['operator', 'preparer', 'approver'],
  'POST /v1/runs/{id}/resume': OPERATOR,
  'POST /v1/runs/{id}/cancel': PREPARER,

  'GET /v1/payouts': STAFF,
  'GET /v1/payouts/{id}': EVERYBODY,
  'GET /v1/payouts/{id}/explanation': EVERYBODY,
  'POST /v1/payouts/{id}/resolution': OPERATOR,
  'POST /v1/payouts/{id}/resolution/decision': APPROVER,
  'POST /v1/payouts/{id}/replacement': PREPARER,
  'POST /v1/payouts/{id}/cut': ['operator', 'preparer', 'approver'],
  'POST /v1/payouts/{id}/hold': ['operator', 'preparer', 'approver'],
  'POST /v1/payouts/{id}/release': ['operator', 'preparer', 'approver'],

  'GET /v1/tasks/{id}/checks': STAFF,
  'GET /v1/tasks/{id}/checks.pdf': ['operator', 'preparer'],
  'POST /v1/tasks/{id}/mailed': ['operator', 'preparer'],
  'GET /v1/tasks': STAFF,
  'GET /v1/tasks/{id}': STAFF,

  'GET /v1/checks': STAFF,
  'GET /v1/payouts/{id}/check': STAFF,
  'POST /v1/payouts/{id}/check/stop': OPERATOR,
  'POST /v1/payouts/{id}/check/stop/renew': OPERATOR,
  'POST /v1/payers/{code}/checks/spoiled': OPERATOR,
  'POST /v1/check-exceptions/{id}/decision': ['operator', 'approver'],

  'GET /v1/me': EVERYBODY,
  'GET /v1/me/payouts': PARTNER,
  'GET /v1/me/payability': PARTNER,
  'GET /v1/me/standing': PARTNER,
  'GET /v1/me/earnings': PARTNER,
  'GET /v1/me/balances': PARTNER,

  'GET /v1/gateways': STAFF,
  'POST /v1/gateways/{name}/pause': ['operator', 'approver'],
  'POST /v1/gateways/{name}/resume': OPERATOR,
  'GET /v1/alarms': STAFF,
  'POST /v1/alarms/{id}/clear': OPERATOR,
  'GET /v1/breaks': STAFF,
  'GET /v1/gateways/{name}/statements': STAFF,
  'POST /v1/gateways/{name}/statements/{day}/read': ['preparer', 'approver', 'operator'],
  'GET /v1/audit': ['operator', 'auditor'],
};

/** The only routes under /v1 that need no key. A person gets one by the first, and the webhooks of the second are signed. */
export const OPEN_ROUTES: readonly string[] = ['POST /v1/keys/claim', 'POST /v1/sources/{source}/webhook'];

export const isOpen = (route: string | undefined): boolean => route !== undefined && OPEN_ROUTES.includes(route);

/** The roles that may use a route such as `POST /v1/runs/{id}/decision`; undefined where there is no such route. */
export const rolesFor = (route: string): readonly Role[] | undefined =>
  Object.hasOwn(ROLES_FOR, route) ? ROLES_FOR[route] : undefined;

export const PERMITTED_ROUTES: readonly string[] = Object.keys(ROLES_FOR);
