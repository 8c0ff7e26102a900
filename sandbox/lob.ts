import { createHmac, randomBytes } from 'node:crypto';

import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { stringify } from 'lossless-json';

import { CHECK_OUTCOMES, type Checks as BankChecks } from './bank/checks.ts';
import { isoExponent } from './decimals.ts';
import type { HttpEnv } from './faults.ts';
import { type Json, listOf, readObject, textOf, writtenOf } from './json.ts';
import { type LobCheck, newId, openChecks, showAccount } from './lob/checks.ts';
import { isRefusal, readCheck, whyNotAccount } from './lob/request.ts';
import { openSite, type SiteOptions } from './site.ts';

export const LOB_KEY = 'test_sandbox';
export const LOB_WEBHOOK_SECRET = 'sandbox-lob-webhook-secret';
const KEY_MAX = 256;
const LIST_MAX = 100;

const problem = (status: number, code: string, message: string) => ({ error: { message, status_code: status, code } });

const REFUSALS = {
  401: problem(401, 'invalid_api_key', 'Your API key is not valid.'),
  403: problem(403, 'forbidden', 'You do not have permission to do this.'),
  429: problem(429, 'rate_limit_exceeded', 'Rate limit exceeded. Please wait 5 seconds and try your request again.'),
  500: problem(500, 'internal_server_error', 'An error has occurred. Please contact support.'),
};

/** Lob signs the time of sending together with the body, so that an old delivery cannot be replayed. */
const signer = (secret: string) => (body: string) => {
  const time = String(Date.now());
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return { 'lob-signature': signature, 'lob-signature-timestamp': time };
};

const answer = (c: Context, value: unknown, status: ContentfulStatusCode = 200): Response =>
  c.body(stringify(value) ?? '', status, { 'content-type': 'application/json' });
const refused = (c: Context, status: 400 | 404 | 422, code: string, message: string) =>
  answer(c, problem(status, code, message), status);
const bodyOf = async (c: Context): Promise<Json> => readObject(await c.req.text()) ?? {};

/** Reads `metadata[key]=value` and `date_created[gte]=...` from the query of a list. */
function filterOf(c: Context): (check: LobCheck) => boolean {
  const queries = Object.entries(c.req.query());
  const metadata = queries.flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key ? [[key, value] as const] : [];
  });
  const after = Date.parse(c.req.query('date_created[gte]') ?? c.req.query('date_created[gt]') ?? '');
  const before = Date.parse(c.req.query('date_created[lte]') ?? c.req.query('date_created[lt]') ?? '');
  return (check) => {
    const created = Date.parse(check.createdAt);
    const isWanted = metadata.every(([key, value]) => check.metadata[key] === value);
    return isWanted && !(created < after) && !(created > before);
  };
}

/** Opens Lob's stand-in, whose checks are drawn on the sandbox's bank. */
export async function openLob(options: SiteOptions, port: number, bank: BankChecks) {
  const site = await openSite({
    ...options,
    name: 'lob',
    port,
    exponentOf: isoExponent,
    refuse: (status) => REFUSALS[status],
    outcomes: CHECK_OUTCOMES,
    signing: () => ({
      sign: signer(LOB_WEBHOOK_SECRET),
      signAsStranger: signer(randomBytes(16).toString('hex')),
    }),
  });
  const checks = openChecks(site, bank);
  const app = new Hono<HttpEnv>();
  const basic = `Basic ${Buffer.from(`${LOB_KEY}:`).toString('base64')}`;

  app.use(async (c, next) => {
    if (c.req.header('authorization') !== basic) return answer(c, REFUSALS[401], 401);
    return next();
  });

  app.post('/v1/bank_accounts', async (c) => {
    const body = await bodyOf(c);
    const refusal = whyNotAccount(body);
    if (refusal) return refused(c, refusal.status, refusal.code, refusal.message);
    const account = checks.addAccount({
      id: newId('bank'),
      routingNumber: writtenOf(body['routing_number']) ?? '',
      accountNumber: writtenOf(body['account_number']) ?? '',
      accountType: textOf(body['account_type']) ?? '',
      signatory: textOf(body['signatory']) ?? '',
      description: textOf(body['description']) ?? null,
      isVerified: false,
      isDeleted: false,
      createdAt: site.clock.iso(),
    });
    return answer(c, showAccount(account));
  });

  app.get('/v1/bank_accounts/:id', (c) => {
    const account = checks.accounts.get(c.req.param('id'));
    return account ? answer(c, showAccount(account)) : refused(c, 404, 'not_found', 'bank account not found');
  });

  app.post('/v1/bank_accounts/:id/verify', async (c) => {
    const body = await bodyOf(c);
    const account = checks.accounts.get(c.req.param('id'));
    if (!account) return refused(c, 404, 'not_found', 'bank account not found');
    const isProof = listOf(body['amounts']).length === 2 || /^SM\w{4}$/i.test(textOf(body['descriptor_code']) ?? '');
    if (!isProof) return refused(c, 422, 'invalid', 'two amounts or a descriptor_code are required');
    return answer(c, showAccount(checks.accounts.change(account.id, { isVerified: true })));
  });

  app.post('/v1/checks', async (c) => {
    const body = await bodyOf(c);
    const [header, query] = [c.req.header('idempotency-key'), c.req.query('idempotency_key')];
    if (header && query)
      return refused(c, 400, 'bad_request', 'The idempotency key was given twice, in header and query');
    const key = header ?? query ?? null;
    if (key && key.length > KEY_MAX)
      return refused(c, 422, 'invalid', `The idempotency key is longer than ${KEY_MAX} characters`);
    const first = key && checks.findByKey(key);
    if (first) return answer(c, checks.show(first));
    const request = readCheck(body, site.clock.now());
    if (isRefusal(request)) return refused(c, request.status, request.code, request.message);
    const account = checks.accounts.get(request.bankAccount);
    if (!account) return refused(c, 422, 'invalid', 'bank_account not found');
    if (account.isDeleted) return refused(c, 422, 'deleted_bank_account', 'bank account is deleted');
    if (!account.isVerified) return refused(c, 422, 'bank_account_not_verified', 'bank account is not verified');
    return answer(c, checks.show(checks.create(request, account, key)));
  });

  app.get('/v1/checks', (c) => {
    const limit = Math.min(Math.max(1, Number(c.req.query('limit') ?? 10) || 10), LIST_MAX);
    const offset = Number(c.req.query('offset') ?? 0) || 0;
    const all = [...checks.all()].toReversed().filter(filterOf(c));
    const data = all.slice(offset, offset + limit).map(checks.show);
    const rest = new URL(c.req.url);
    rest.searchParams.set('offset', String(offset + limit));
    const next = offset + limit < all.length ? rest.href : null;
    return answer(c, {
      data,
      object: 'list',
      count: data.length,
      total_count: all.length,
      next_url: next,
      previous_url: null,
    });
  });

  app.get('/v1/checks/:id', (c) => {
    const check = checks.get(c.req.param('id'));
    return check ? answer(c, checks.show(check)) : refused(c, 404, 'not_found', 'check not found');
  });

  app.delete('/v1/checks/:id', (c) => {
    const check = checks.get(c.req.param('id'));
    if (!check) return refused(c, 404, 'not_found', 'check not found');
    if (check.stage !== 'deleted' && !checks.cancel(check))
      return refused(c, 422, 'not_deletable', 'check is past its cancellation window');
    return answer(c, { id: check.id, deleted: true });
  });

  app.notFound((c) => refused(c, 404, 'not_found', 'resource not found'));
  site.serve(app);
  return site;
}
