import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

import { openBooks } from './books.ts';
import { createClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import type { ExponentOf } from './decimals.ts';
import { createFaults, createRandom, type ExpireTokens, type HttpEnv, type Refuse, withFaults } from './faults.ts';
import { createOutcomes } from './outcomes.ts';
import { createPlan, type PlanOptions } from './plan.ts';
import { createWebhooks, type Sign } from './webhooks.ts';

export type Log = (entry: object) => void;

/** The options that the command line and the tests choose, the same for all stand-ins. */
export type SiteOptions = {
  dir: string;
  seed: number;
  stepMs: number;
  clearMs: number;
  webhooks: string | undefined;
  /** Faults from the start. */
  plan: PlanOptions | undefined;
  log: Log;
};

type Opening = SiteOptions & {
  name: string;
  port: number;
  exponentOf: ExponentOf;
  refuse: Refuse;
  outcomes: readonly string[];
  /** Receives the site's own address, because PayPal signs it. */
  signing?: (url: string) => { sign: Sign; signAsStranger: Sign };
};

type Serving = { getPath?: (request: Request) => string; expireTokens?: ExpireTokens };

export type Site = Awaited<ReturnType<typeof openSite>>;

type ClockRow = { id: string; offsetMs: number };

const unsigned = () => ({ sign: () => ({}), signAsStranger: () => ({}) });

/** Opens one stand-in: its address, store, clock, fault plan and webhooks. `serve` adds its routes. */
export async function openSite(options: Opening) {
  const { name, dir, seed, stepMs, clearMs, exponentOf, log } = options;
  const server = createServer().listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const books = await openBooks({ file: join(dir, `${name}.jsonl`), provider: name, exponentOf });
  const clocks = books.table<ClockRow>('clock');
  const clock = createClock(clocks.get('clock')?.offsetMs ?? 0);
  const random = createRandom(seed);
  const plan = createPlan();
  if (options.plan) plan.begin(options.plan);
  const faults = createFaults(random, (method, path) => plan.drawForRequest(method, path));
  const outcomes = createOutcomes(options.outcomes);
  const webhooks = createWebhooks({
    ...(options.signing ?? unsigned)(url),
    url: options.signing && options.webhooks && `${options.webhooks}/${name}`,
    random,
    durable: books.flushed,
    draw: () => plan.drawForEvent(),
  });
  const advance = (ms: number) => void clocks.put({ id: 'clock', offsetMs: clock.advance(ms) });
  const site = { name, url, books, clock, random, faults, plan, outcomes, webhooks, stepMs, clearMs, advance };

  /**
   * Starts serving: faults first, then the provider's routes. No response is sent before its changes are on disk. `getPath` may hide a
   * version from the routes.
   */
  function serve(routes: Hono<HttpEnv>, { getPath, expireTokens }: Serving = {}) {
    const app = new Hono<HttpEnv>(getPath ? { getPath } : {});
    app.use(async (c, next) => {
      await next();
      log({ site: name, method: c.req.method, url: c.req.url, status: c.res.status });
    });
    app.route('/sandbox', controlRoutes(site));
    app.use(withFaults(faults, { refuse: options.refuse, expireTokens }));
    app.use(async (_, next) => {
      await next();
      await books.flushed();
    });
    app.route('/', routes);
    app.onError((error, c) => {
      log({ site: name, url: c.req.url, error: error.stack });
      return c.json(options.refuse(500), 500);
    });
    server.on('request', getRequestListener(app.fetch));
  }

  async function close() {
    clock.stop();
    webhooks.close();
    server.closeAllConnections();
    server.close();
    await books.close();
  }

  return { ...site, serve, close };
}

/** Everything that the routes of a stand-in may use. */
export type StandIn = Omit<Site, 'serve' | 'close'>;
