import { type Context, Hono } from 'hono';

import type { Books, Kind, Movement } from './books.ts';
import type { Clock } from './clock.ts';
import { minorOf, toDecimal, toMinor } from './decimals.ts';
import { type Fault, FAULTS, type Faults, type HttpEnv } from './faults.ts';
import { type Json, listOf, readObject, textOf, writtenOf } from './json.ts';
import type { Outcomes } from './outcomes.ts';
import { type Plan, PLANNED_FAULTS, type PlanOptions } from './plan.ts';
import { WEBHOOK_MODES, type WebhookMode, type Webhooks } from './webhooks.ts';

const PAGE_MAX = 1_000;
/** By default, ten of a hundred requests meet a fault. */
const RATE_DEFAULT = 0.1;

type Controlled = {
  books: Books;
  clock: Clock;
  faults: Faults;
  plan: Plan;
  outcomes: Outcomes;
  webhooks: Webhooks;
  advance: (ms: number) => void;
};

type Totals = Record<string, Record<Kind, string>>;

/** Adds up all movements by currency and kind. */
export function totalsOf(books: Books): Totals {
  const sums = new Map<string, Record<Kind, bigint>>();
  for (const { currency, kind, amount } of books.movements) {
    const sum = sums.get(currency) ?? { paid: 0n, returned: 0n, fee: 0n };
    sum[kind] += minorOf(amount, books.exponentOf(currency));
    sums.set(currency, sum);
  }
  return Object.fromEntries(
    [...sums].map(([currency, sum]) => {
      const print = (kind: Kind) => toDecimal(sum[kind], books.exponentOf(currency));
      return [currency, { paid: print('paid'), returned: print('returned'), fee: print('fee') }];
    }),
  );
}

const numberOf = (value: unknown, otherwise: number): number => {
  const number = Number(writtenOf(value) ?? otherwise);
  return Number.isFinite(number) ? number : otherwise;
};

const isFault = (text: string | undefined): text is Fault => FAULTS.some((fault) => fault === text);
const isMode = (text: string | undefined): text is WebhookMode => WEBHOOK_MODES.some((mode) => mode === text);

/** Reads a plan, or says what is wrong with it. */
function readPlan(body: Json): PlanOptions | string {
  const named = listOf(body['faults']);
  const faults = PLANNED_FAULTS.filter((fault) => named.includes(fault));
  const rate = numberOf(body['rate'], RATE_DEFAULT);
  if (!(rate > 0 && rate <= 1)) return 'rate must be above 0 and at most 1';
  if (faults.length < named.length) return `faults must be among ${PLANNED_FAULTS.join(', ')}`;
  const [requests, forMs, ms] = ['requests', 'forMs', 'ms'].map((name) =>
    body[name] === undefined ? undefined : numberOf(body[name], 0),
  );
  return { seed: numberOf(body['seed'], 1), rate, faults: named.length > 0 ? faults : undefined, requests, forMs, ms };
}

const bodyOf = async (c: Context): Promise<Json> => readObject(await c.req.text()) ?? {};
const wrong = (c: Context, message: string) => c.json({ error: `${message}. Nothing was changed` }, 400);

/** A page of movements after a number. */
function pageAfter(movements: readonly Movement[], after: number) {
  const entries = movements.slice(after, after + PAGE_MAX);
  return { entries, next: after + entries.length < movements.length ? after + entries.length : null };
}

/** The routes with which tests and the demo read a stand-in's books and choose what goes wrong. */
export function controlRoutes({ books, clock, faults, plan, outcomes, webhooks, advance }: Controlled) {
  const app = new Hono<HttpEnv>();

  app.get('/books', (c) =>
    c.json({ ...pageAfter(books.movements, Number(c.req.query('after') ?? 0)), totals: totalsOf(books) }),
  );

  app.get('/faults', (c) => c.json(faults.list()));
  app.delete('/faults', (c) => {
    faults.clear();
    return c.body(null, 204);
  });
  app.post('/faults', async (c) => {
    const body = await bodyOf(c);
    const fault = writtenOf(body['fault']);
    if (!isFault(fault)) return wrong(c, `fault must be one of ${FAULTS.join(', ')}`);
    const [method, path, match] = [textOf(body['method']), textOf(body['path']), textOf(body['match'])];
    faults.add({
      fault,
      ...(method && { method }),
      ...(path && { path }),
      ...(match && { match }),
      times: numberOf(body['times'], 1),
      probability: numberOf(body['probability'], 1),
      ms: numberOf(body['ms'], 1_000),
    });
    return c.json(faults.list(), 201);
  });

  app.get('/plan', (c) => c.json(plan.show()));
  app.delete('/plan', (c) => {
    plan.end();
    return c.body(null, 204);
  });
  app.post('/plan', async (c) => {
    const options = readPlan(await bodyOf(c));
    if (typeof options === 'string') return wrong(c, options);
    plan.begin(options);
    return c.json(plan.show(), 201);
  });

  app.get('/outcomes', (c) => c.json(outcomes.list()));
  app.delete('/outcomes', (c) => {
    outcomes.clear();
    return c.body(null, 204);
  });
  app.post('/outcomes', async (c) => {
    const body = await bodyOf(c);
    const [match, outcome] = [writtenOf(body['match']), textOf(body['outcome'])];
    if (!match || !outcome || !outcomes.names.includes(outcome))
      return wrong(c, `match is required, and outcome must be one of ${outcomes.names.join(', ')}`);
    const afterMs = writtenOf(body['afterMs']);
    outcomes.add({ match, outcome, ...(afterMs && { afterMs: Number(afterMs) }) });
    return c.json(outcomes.list(), 201);
  });

  app.get('/clock', (c) => c.json({ now: clock.iso() }));
  app.post('/clock', async (c) => {
    const ms = numberOf((await bodyOf(c))['advanceMs'], 0);
    if (ms < 0) return wrong(c, 'time can only move forward');
    advance(ms);
    await books.flushed();
    return c.json({ now: clock.iso() });
  });

  app.get('/webhooks', (c) => c.json({ mode: webhooks.mode(), waiting: webhooks.waiting() }));
  app.post('/webhooks', async (c) => {
    const body = await bodyOf(c);
    const mode = textOf(body['mode']) ?? webhooks.mode();
    if (!isMode(mode)) return wrong(c, `mode must be one of ${WEBHOOK_MODES.join(', ')}`);
    webhooks.setMode(mode);
    if (body['forge'] === true) webhooks.forge();
    return c.json({ mode: webhooks.mode(), waiting: webhooks.waiting() });
  });

  app.post('/balance', async (c) => {
    const body = await bodyOf(c);
    const [currency, amount] = [textOf(body['currency']), writtenOf(body['amount'])];
    const minor = currency && amount && toMinor(amount, books.exponentOf(currency));
    if (!currency || typeof minor !== 'bigint') return wrong(c, 'currency and a decimal amount are required');
    books.setBalance(currency, toDecimal(minor, books.exponentOf(currency)));
    await books.flushed();
    return c.json({ currency, amount: toDecimal(minor, books.exponentOf(currency)) });
  });

  return app;
}
