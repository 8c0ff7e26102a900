import { createHash } from 'node:crypto';

import { Hono } from 'hono';

import { type Check, CHECK_OUTCOMES, checkId, DECISIONS, openChecks } from './bank/checks.ts';
import { takeFile } from './bank/file.ts';
import { printStatement } from './bank/statement.ts';
import type { Movement } from './books.ts';
import { isoExponent, minorOf, toDecimal } from './decimals.ts';
import type { HttpEnv } from './faults.ts';
import { readObject, textOf, writtenOf } from './json.ts';
import { openSite, type SiteOptions, type StandIn } from './site.ts';

export const BANK_KEY = 'sandbox-bank-key';
const DAY = /^\d{4}-\d\d-\d\d$/;

const problem = (code: string, message: string) => ({ error: { code, message } });

const REFUSALS = {
  401: problem('unauthorized', 'The API key is not valid'),
  403: problem('forbidden', 'The API key does not have permission to do this'),
  429: problem('too_many_requests', 'Too many requests'),
  500: problem('internal', 'The bank had an internal error'),
};

const dayOf = ({ at }: Movement) => at.slice(0, 10);

/** The account's checks that were paid or bounced between two days, both included, with the opening and closing balances. */
function statementOf({ books, clock }: StandIn, account: string, from: string, to: string, number?: string) {
  const currency = 'USD';
  const all = books.movements.filter(({ key }) => key.startsWith(`${account}/`));
  const within = all.filter((movement) => dayOf(movement) >= from && dayOf(movement) <= to);
  const exponent = isoExponent(currency);
  const spent = (entries: readonly Movement[]) =>
    entries.reduce((sum, { kind, amount }) => {
      const minor = minorOf(amount, exponent);
      return kind === 'returned' ? sum - minor : sum + minor;
    }, 0n);
  const now = books.balance(currency);
  const closing = now + spent(all.filter((movement) => dayOf(movement) > to));
  return printStatement({
    account,
    currency,
    from,
    to,
    createdAt: clock.iso(),
    opening: toDecimal(closing + spent(within), exponent),
    closing: toDecimal(closing, exponent),
    entries: number ? within.filter(({ key }) => key === checkId(account, number)) : within,
  });
}

/** Opens the bank on which all checks are drawn. Its API is our own, because every bank's is different. */
export async function openBank(options: SiteOptions, port: number) {
  const site = await openSite({
    ...options,
    name: 'bank',
    port,
    exponentOf: isoExponent,
    refuse: (status) => REFUSALS[status],
    outcomes: CHECK_OUTCOMES,
  });
  const checks = openChecks(site);
  checks.resume();
  const app = new Hono<HttpEnv>();

  app.post('/sandbox/present', async (c) => {
    const body = readObject(await c.req.text()) ?? {};
    const [account, number, amount] = [body['account'], body['number'], body['amount']].map(writtenOf);
    if (!account || !number || !amount)
      return c.json(problem('invalid', 'account, number and amount are required'), 400);
    checks.presentNow(account, number, amount, textOf(body['currency']) ?? 'USD');
    return c.json(checks.get(account, number) ?? null);
  });

  app.use(async (c, next) => {
    if (c.req.header('authorization') !== `Bearer ${BANK_KEY}`) return c.json(REFUSALS[401], 401);
    return next();
  });

  app.post('/positive-pay/files', async (c) => {
    const csv = await c.req.text();
    const taken = takeFile(csv, checks);
    if (!taken) return c.json(problem('invalid_file', 'The header line is missing or wrong. No row was read'), 400);
    return c.json({ fileId: `PP-${createHash('sha256').update(csv).digest('hex').slice(0, 16)}`, ...taken });
  });

  const showCheck = (check: Check) => {
    const { account, number, amount, currency, paidOn } = check;
    const status = checks.statusOf(check);
    const stopExpiresOn = status === 'stopped' ? (check.stopUntil?.slice(0, 10) ?? null) : null;
    return { account, number, status, amount, currency, paidOn, stopExpiresOn };
  };

  app.post('/stop-payments', async (c) => {
    const body = readObject(await c.req.text()) ?? {};
    const [account = '', number = ''] = [body['account'], body['number']].map(writtenOf);
    const check = checks.stop(account, number, textOf(body['renews']) ?? null);
    if (!check) return c.json(problem('not_on_file', 'There is no such check. Nothing was stopped'), 404);
    if (check.status === 'paid') return c.json(problem('already_paid', `The check was paid on ${check.paidOn}`), 409);
    return c.json({ stopId: `STOP-${check.id}`, ...showCheck(check) });
  });

  app.get('/checks/:account/:number', (c) => {
    const check = checks.get(c.req.param('account'), c.req.param('number'));
    if (!check) return c.json(problem('not_on_file', 'There is no such check'), 404);
    return c.json(showCheck(check));
  });

  app.get('/exceptions', (c) => {
    const account = c.req.query('account');
    return c.json({ exceptions: checks.exceptions().filter((asked) => !account || asked.account === account) });
  });

  app.post('/exceptions/:id/decision', async (c) => {
    const given = textOf(readObject(await c.req.text())?.['decision']);
    const decision = DECISIONS.find((choice) => choice === given);
    if (!decision) return c.json(problem('invalid', 'decision must be pay or return'), 400);
    const asked = checks.decide(c.req.param('id'), decision);
    return asked ? c.json(asked) : c.json(problem('not_found', 'There is no such exception'), 404);
  });

  app.get('/statements/:account', (c) => {
    const { from = '', to = '', checkNumber } = c.req.query();
    if (!DAY.test(from) || !DAY.test(to) || from > to)
      return c.json(problem('invalid', 'from and to must be days, in order'), 400);
    const xml = statementOf(site, c.req.param('account'), from, to, checkNumber);
    return c.body(xml, 200, { 'content-type': 'application/xml' });
  });

  app.notFound((c) => c.json(problem('not_found', 'There is no such resource'), 404));
  site.serve(app);
  return { ...site, checks };
}
