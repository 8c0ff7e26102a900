import type { Role } from '../../domain/people/role.ts';
import { APPROVER, EVERYBODY, OPERATOR, PARTNER, PREPARER, STAFF } from './permissions.ts';

const DOERS = ['operator', 'preparer', 'approver'] as const;
const ACCESS_READERS = ['operator', 'auditor'] as const;

/**
 * The roles that may open each page, or send each of its forms. A person with several roles may do what any of them may. A partner gets
 * a 404 for a page that is not for them.
 */
const PAGES_FOR = {
  'GET /': EVERYBODY,
  'GET /runs': STAFF,
  'GET /runs/{id}': STAFF,
  'GET /runs/{id}/changes': STAFF,
  'GET /runs/{id}/approval': APPROVER,
  'POST /runs/{id}/approval': APPROVER,
  'GET /runs/{id}/rejection': APPROVER,
  'POST /runs/{id}/rejection': APPROVER,
  'POST /runs/{id}/pause': DOERS,
  'POST /runs/{id}/resume': OPERATOR,
  'POST /runs/{id}/cancel': PREPARER,
  'GET /payouts': STAFF,
  'GET /payouts.csv': STAFF,
  'GET /payouts/{id}': STAFF,
  'POST /payouts/{id}/hold': DOERS,
  'POST /payouts/{id}/release': DOERS,
  'POST /payouts/{id}/cut': DOERS,
  'GET /deals': STAFF,
  'GET /deals.csv': STAFF,
  'GET /deals/{id}': STAFF,
  'POST /deals/{id}/decision': DOERS,
  'POST /deals/{id}/withdrawal': ['operator', 'preparer'],
  'GET /requests': STAFF,
  'GET /requests.csv': STAFF,
  'GET /requests/{id}': STAFF,
  'POST /requests/{id}/decision': DOERS,
  'POST /requests/{id}/withdrawal': ['operator', 'preparer'],
  'GET /claims': STAFF,
  'GET /claims.csv': STAFF,
  'GET /claims/{id}': STAFF,
  'POST /claims/{id}/decision': DOERS,
  'POST /claims/{id}/withdrawal': ['operator', 'preparer'],
  'GET /search': STAFF,
  'GET /settings': STAFF,
  'GET /settings/people': ACCESS_READERS,
  'GET /settings/new-person': OPERATOR,
  'POST /settings/new-person': OPERATOR,
  'GET /settings/people/{code}': ACCESS_READERS,
  'GET /settings/people/{code}/roles/new': OPERATOR,
  'POST /settings/people/{code}/roles/new': OPERATOR,
  'POST /settings/people/{code}/sessions/end': OPERATOR,
  'GET /settings/roles/{id}': ACCESS_READERS,
  'POST /settings/roles/{id}/confirm': OPERATOR,
  'POST /settings/roles/{id}/refuse': OPERATOR,
  'POST /settings/roles/{id}/revoke': OPERATOR,
  'POST /settings/roles/{id}/link': OPERATOR,
  'POST /settings/keys/{id}/revoke': OPERATOR,
  'GET /account': EVERYBODY,
  'POST /account/sessions/{id}/end': EVERYBODY,
  'POST /sign-out': EVERYBODY,
  'GET /portal': PARTNER,
  'GET /portal/{partner}': PARTNER,
  'GET /portal/{partner}/earnings': PARTNER,
  'GET /portal/{partner}/points': PARTNER,
  'POST /portal/{partner}/points/use': PARTNER,
  'POST /portal/{partner}/points/convert': PARTNER,
  'GET /portal/{partner}/deals': PARTNER,
  'GET /portal/{partner}/deals/new': PARTNER,
  'POST /portal/{partner}/deals': PARTNER,
  'GET /portal/{partner}/deals/{id}': PARTNER,
  'POST /portal/{partner}/deals/{id}/extension': PARTNER,
  'POST /portal/{partner}/deals/{id}/withdrawal': PARTNER,
  'GET /portal/{partner}/requests': PARTNER,
  'GET /portal/{partner}/requests/new': PARTNER,
  'POST /portal/{partner}/requests': PARTNER,
  'GET /portal/{partner}/requests/{id}': PARTNER,
  'POST /portal/{partner}/requests/{id}/withdrawal': PARTNER,
  'GET /portal/{partner}/claims': PARTNER,
  'GET /portal/{partner}/claims/new': PARTNER,
  'POST /portal/{partner}/claims': PARTNER,
  'GET /portal/{partner}/claims/{id}': PARTNER,
  'POST /portal/{partner}/claims/{id}/withdrawal': PARTNER,
  'GET /portal/{partner}/payouts': PARTNER,
  'GET /portal/{partner}/payouts/{id}': PARTNER,
  'GET /portal/{partner}/statements': PARTNER,
  'GET /portal/{partner}/statements.csv': PARTNER,
  'GET /portal/{partner}/details': PARTNER,
  'GET /portal/{partner}/details/new': PARTNER,
  'POST /portal/{partner}/details/new': PARTNER,
  'POST /portal/{partner}/details': PARTNER,
  'GET /portal/{partner}/details/{id}/withdrawal': PARTNER,
  'POST /portal/{partner}/details/{id}/withdrawal': PARTNER,
} as const satisfies Record<string, readonly Role[]>;

export type PageRoute = keyof typeof PAGES_FOR;
export const PAGE_ROUTES = Object.keys(PAGES_FOR) as PageRoute[];

/** Whether one of a person's roles may use a page. */
export const mayUse = (roles: readonly Role[], route: PageRoute): boolean => {
  const allowed: readonly Role[] = PAGES_FOR[route];
  return roles.some((role) => allowed.includes(role));
};
