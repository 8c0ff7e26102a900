import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { authenticate, authorize } from './http/auth.ts';
import { checkJson } from './http/body.ts';
import { readAsPartner, readWithin, withWall } from '../db/wall.ts';
import type { ApiDeps, ApiEnv } from './http/deps.ts';
import { pageHeaders, referenceHeaders } from './http/headers.ts';
import { idempotent } from './http/idempotency.ts';
import { isOpen, rolesFor } from './http/permissions.ts';
import { PROBLEM_TYPE, problemOf } from './http/problem.ts';
import { referenceRoutes } from './reference.ts';
import { refuseUnknownQuery } from './http/query.ts';
import { aboutOf } from './http/reach.ts';
import { createRouter, routeOf } from './http/router.ts';
import { withinReach } from './http/within-reach.ts';
import { pages } from './pages/index.ts';
import { actorRoutes } from './routes/people/actors.ts';
import { claimRoutes } from './routes/people/claims.ts';
import { grantRoutes } from './routes/people/grants.ts';
import { agreementRoutes } from './routes/partners/agreements.ts';
import { alarmRoutes } from './routes/tasks/alarms.ts';
import { noticeRoutes } from './routes/tasks/notices.ts';
import { auditRoutes } from './routes/people/audit.ts';
import { caseRoutes } from './routes/payouts/cases.ts';
import { earningRoutes } from './routes/payouts/earnings.ts';
import { explanationRoutes } from './routes/payouts/explanation.ts';
import { standingRoutes } from './routes/earnings/standing.ts';
import { payabilityRoutes } from './routes/payouts/payability.ts';
import { batchRoutes } from './routes/payouts/batches.ts';
import { checkRoutes } from './routes/checks/checks.ts';
import { exceptionRoutes } from './routes/checks/exceptions.ts';
import { mailingRoutes } from './routes/checks/mailings.ts';
import { positivePayRoutes } from './routes/checks/positive-pay.ts';
import { correctionImportRoutes } from './routes/earnings/correction-imports.ts';
import { correctionRoutes } from './routes/earnings/corrections.ts';
import { eventRoutes } from './routes/earnings/events.ts';
import { sourceSecretRoutes } from './routes/earnings/source-secrets.ts';
import { sourceWebhookRoutes } from './routes/earnings/source-webhooks.ts';
import { exchangeRateRoutes } from './routes/earnings/exchange-rates.ts';
import { conversionRoutes } from './routes/earnings/conversions.ts';
import { pointsRoutes } from './routes/earnings/points.ts';
import { redemptionRoutes } from './routes/earnings/redemptions.ts';
import { pointsLiabilityRoutes } from './routes/books/points-liabilities.ts';
import { parkedRoutes } from './routes/earnings/parked.ts';
import { quarantineRoutes } from './routes/earnings/quarantine.ts';
import { reRatingRoutes } from './routes/earnings/re-ratings.ts';
import { ineligibleRoutes } from './routes/earnings/ineligible.ts';
import { setAsideRoutes } from './routes/earnings/set-aside.ts';
import { gatewayRoutes } from './routes/payers/gateways.ts';
import { healthRoutes } from './routes/health.ts';
import { importPreviewRoutes } from './routes/earnings/import-preview.ts';
import { importRoutes } from './routes/earnings/imports.ts';
import { uncollectedRoutes } from './routes/earnings/uncollected.ts';
import { factRoutes } from './routes/partners/facts.ts';
import { poolRoutes } from './routes/earnings/pools.ts';
import { recoveryRoutes } from './routes/partners/recovery.ts';
import { quotaRoutes } from './routes/earnings/quotas.ts';
import { parentRoutes } from './routes/partners/parents.ts';
import { mergeRoutes } from './routes/earnings/merges.ts';
import { contactChangeRoutes } from './routes/partners/contact-changes.ts';
import { instrumentRoutes } from './routes/partners/instruments.ts';
import { paymentFormRoutes } from './routes/partners/payment-forms.ts';
import { meRoutes } from './routes/payouts/me.ts';
import { partnerMinimumRoutes } from './routes/partners/minimums.ts';
import { onboardingRoutes } from './routes/partners/onboarding.ts';
import { tableRoutes } from './routes/partners/tables.ts';
import { partnerRoutes } from './routes/partners/partners.ts';
import { alertAmountRoutes } from './routes/payers/alert-amounts.ts';
import { payerRoutes } from './routes/payers/payers.ts';
import { payoutRoutes } from './routes/payouts/payouts.ts';
import { ladderRoutes } from './routes/programs/ladders.ts';
import { policyRoutes } from './routes/programs/policies.ts';
import { dealRoutes } from './routes/earnings/deals.ts';
import { fundClaimRoutes } from './routes/earnings/fund-claims.ts';
import { myQuestionRoutes } from './routes/earnings/my-questions.ts';
import { questionRoutes } from './routes/earnings/questions.ts';
import { fundRoutes } from './routes/earnings/funds.ts';
import { requestRoutes } from './routes/earnings/requests.ts';
import { myDealRoutes } from './routes/earnings/my-deals.ts';
import { factGrantRoutes } from './routes/programs/fact-grants.ts';
import { confirmedDetailRoutes } from './routes/programs/confirmed-details.ts';
import { intakeRuleRoutes } from './routes/programs/intake-rules.ts';
import { programRoutes } from './routes/programs/programs.ts';
import { budgetRoutes } from './routes/programs/budgets.ts';
import { unitRoutes } from './routes/programs/units.ts';
import { approvalRoutes } from './routes/runs/approvals.ts';
import { replacementRoutes } from './routes/runs/replacements.ts';
import { resolutionRoutes } from './routes/payouts/resolutions.ts';
import { runChangeRoutes } from './routes/runs/changes.ts';
import { flagRoutes } from './routes/runs/flags.ts';
import { outcomeRoutes } from './routes/runs/outcomes.ts';
import { runRoutes } from './routes/runs/runs.ts';
import { backTestRoutes } from './routes/earnings/back-tests.ts';
import { incentiveCostRoutes } from './routes/books/incentives.ts';
import { auditedMonthRoutes } from './routes/books/audits.ts';
import { negativeBalanceRoutes } from './routes/books/negative-balances.ts';
import { statementRoutes } from './routes/books/statements.ts';
import { scheduleRoutes } from './routes/payers/schedules.ts';
import { endpointRoutes } from './routes/tasks/endpoints.ts';
import { taskRoutes } from './routes/tasks/tasks.ts';
import { webhookRoutes } from './routes/payouts/webhooks.ts';
import {
  BODY_BYTES_MAX,
  FILES_BYTES_MAX,
  LINES_PATH,
  receiveLines,
  receiveUpload,
  sendsLines,
  TABLE_PATHS,
  tooLarge,
  UPLOAD_PATHS,
} from './http/upload.ts';

/** Webhooks are read before their sender is known. Those of the providers have a few kilobytes. */
const WEBHOOK_BYTES_MAX = 256 * 1024;
/** The limit of 0 refuses every id that a caller sends. Bursar gives each request its id, so no two requests share one. */
const OWN_IDS = { limitLength: 0 };

/** Every set of routes. Each of them gets the dependencies of the API. */
const ROUTES = [
  healthRoutes,
  actorRoutes,
  grantRoutes,
  claimRoutes,
  payerRoutes,
  alertAmountRoutes,
  scheduleRoutes,
  programRoutes,
  factGrantRoutes,
  intakeRuleRoutes,
  confirmedDetailRoutes,
  unitRoutes,
  ladderRoutes,
  budgetRoutes,
  policyRoutes,
  poolRoutes,
  partnerRoutes,
  agreementRoutes,
  factRoutes,
  quotaRoutes,
  recoveryRoutes,
  parentRoutes,
  uncollectedRoutes,
  onboardingRoutes,
  partnerMinimumRoutes,
  tableRoutes,
  instrumentRoutes,
  contactChangeRoutes,
  paymentFormRoutes,
  eventRoutes,
  parkedRoutes,
  ineligibleRoutes,
  setAsideRoutes,
  exchangeRateRoutes,
  sourceSecretRoutes,
  sourceWebhookRoutes,
  quarantineRoutes,
  importPreviewRoutes,
  importRoutes,
  correctionRoutes,
  reRatingRoutes,
  correctionImportRoutes,
  mergeRoutes,
  dealRoutes,
  myDealRoutes,
  requestRoutes,
  fundRoutes,
  fundClaimRoutes,
  questionRoutes,
  myQuestionRoutes,
  pointsRoutes,
  redemptionRoutes,
  conversionRoutes,
  pointsLiabilityRoutes,
  runRoutes,
  outcomeRoutes,
  flagRoutes,
  positivePayRoutes,
  mailingRoutes,
  runChangeRoutes,
  approvalRoutes,
  batchRoutes,
  payoutRoutes,
  explanationRoutes,
  earningRoutes,
  payabilityRoutes,
  standingRoutes,
  checkRoutes,
  exceptionRoutes,
  taskRoutes,
  caseRoutes,
  resolutionRoutes,
  replacementRoutes,
  meRoutes,
  gatewayRoutes,
  alarmRoutes,
  noticeRoutes,
  endpointRoutes,
  statementRoutes,
  backTestRoutes,
  auditedMonthRoutes,
  incentiveCostRoutes,
  negativeBalanceRoutes,
  auditRoutes,
  webhookRoutes,
];

/** The API as one Hono app. Throws where a route has no row in the table of permissions. */
export function createApp(given: ApiDeps): OpenAPIHono<ApiEnv> {
  const deps = { ...given, db: withWall(given.db) };
  const app = createRouter();
  app.use(requestId(OWN_IDS), logRequests(deps), pageHeaders);
  app.use('/docs/*', referenceHeaders);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  app.use('/v1/sources/:source/webhook', limitTo(WEBHOOK_BYTES_MAX));
  app.use('/v1/*', authenticate(deps.db), authorize(), limitBody(), checkJson(), withinReach(deps.db));
  for (const path of UPLOAD_PATHS) app.use(path, receiveUpload(FILES_BYTES_MAX));
  app.use(LINES_PATH, receiveLines(FILES_BYTES_MAX));
  for (const path of TABLE_PATHS) app.use(path, receiveUpload(BODY_BYTES_MAX));
  app.use('/webhooks/*', limitTo(WEBHOOK_BYTES_MAX));
  app.use('/v1/*', idempotent(deps), refuseUnknownQuery(app), readBehindWall(deps));
  for (const routes of ROUTES) app.route('/', routes(deps));
  app.route('/', referenceRoutes(app));
  app.route('/', pages(deps));
  app.notFound((c) => answer(c, new HTTPException(404, { message: `There is nothing at ${c.req.path}.` })));
  app.onError((error, c) => {
    const response = answer(c, error);
    if (response.status >= 500)
      deps.log.error(
        { requestId: c.get('requestId'), route: routeOf(c), error: error.name, stack: error.stack },
        'a request failed',
      );
    return response;
  });
  refuseUnlisted(app);
  return app;
}

/** A key of a partner reads the rows of that partner alone, and a key with limits those in its reach, whatever a query forgets. */
const readBehindWall =
  ({ db }: Pick<ApiDeps, 'db'>): MiddlewareHandler<ApiEnv> =>
  (c, next) => {
    const caller = c.get('caller') as ApiEnv['Variables']['caller'] | undefined;
    if (!['GET', 'HEAD'].includes(c.req.method) || !caller) return next();
    if (caller.partnerId !== null) return readAsPartner(db, caller.partnerId, next);
    const isOwn = aboutOf(routeOf(c) ?? '') === 'person';
    return caller.reach === null || isOwn ? next() : readWithin(db, caller.reach, next);
  };

function answer(c: Context<ApiEnv>, error: unknown): Response {
  const problem = problemOf(error, c.get('requestId'));
  const headers = { 'content-type': PROBLEM_TYPE, ...(problem.status === 401 ? { 'www-authenticate': 'Bearer' } : {}) };
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, headers);
}

/** Logs one line for each request: names of routes, ids and numbers, but never bodies, keys or names. */
const logRequests =
  ({ log }: Pick<ApiDeps, 'log'>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const start = performance.now();
    await next();
    log.info({
      requestId: c.get('requestId'),
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      ms: Math.round(performance.now() - start),
      actorId: c.get('caller')?.actorId ?? c.get('visitor')?.actorId,
    });
  };

const limitTo = (maxSize: number): MiddlewareHandler<ApiEnv> =>
  bodyLimit({ maxSize, onError: (c) => answer(c, tooLarge(maxSize)) });

/** Reads a body of known callers into memory, up to the limit. Imports are written to disk as they arrive, with their own limit. */
function limitBody(): MiddlewareHandler<ApiEnv> {
  const bodies = limitTo(BODY_BYTES_MAX);
  return (c, next) => (UPLOAD_PATHS.includes(c.req.path) || sendsLines(c) ? next() : bodies(c, next));
}

function refuseMethod(c: Context<ApiEnv>, methods: string[]): Response {
  const message = `${c.req.path} takes ${methods.join(', ')} only. Nothing was done.`;
  const response = answer(c, new HTTPException(405, { message }));
  response.headers.set('allow', methods.join(', '));
  return response;
}

function refuseUnlisted(app: OpenAPIHono<ApiEnv>): void {
  const unlisted = app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === 'route' ? [`${definition.route.method.toUpperCase()} ${definition.route.path}`] : [],
  );
  const open = unlisted.filter((route) => route.includes(' /v1/') && !isOpen(route) && !rolesFor(route));
  if (open.length > 0) throw new Error(`no role may use ${open.join(', ')}: add a row to api/http/permissions.ts`);
}
