import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';

import { emptyPage, unknownWord, wrongAmount } from './spoil.ts';

export const FAULTS = [
  'commit-then-drop',
  'commit-then-hang',
  'commit-then-cut-body',
  'commit-then-502',
  'commit-then-wait',
  '500-before-commit',
  'drop-before-commit',
  '429',
  '401',
  '403-sca',
  'token-expired',
  'slow',
  'empty-page',
  'unknown-word',
  'wrong-amount',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Says what goes wrong, where and how often. `path` is a prefix or a regular expression for path and query. */
export type FaultRule = {
  fault: Fault;
  method?: string;
  path?: string;
  match?: string;
  times: number;
  probability: number;
  ms: number;
};

export type HttpEnv = { Bindings: HttpBindings };

/** Writes a provider's body for a refusal that does not come from one of its business rules. */
export type Refuse = (status: 401 | 403 | 429 | 500) => object;

/** A small seeded random generator (mulberry32), so that runs with the same seed fail in the same places. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Faults = ReturnType<typeof createFaults>;

/** The active rules, and after them the plan. A rule ends after its number of times. */
export function createFaults(
  random: () => number,
  drawPlanned: (method: string, path: string) => FaultRule | undefined,
) {
  let rules: FaultRule[] = [];

  const applies = (rule: FaultRule, method: string, path: string, body: string) =>
    (!rule.method || rule.method.toUpperCase() === method) &&
    (!rule.path || path.startsWith(rule.path) || new RegExp(rule.path).test(path)) &&
    (!rule.match || body.includes(rule.match)) &&
    random() < rule.probability;

  return {
    add: (rule: FaultRule) => void rules.push(rule),
    clear: () => void (rules = []),
    list: () => rules as readonly FaultRule[],
    take(method: string, path: string, body: string): FaultRule | undefined {
      const rule = rules.find((candidate) => applies(candidate, method, path, body));
      if (!rule) return drawPlanned(method, path);
      rule.times -= 1;
      rules = rules.filter(({ times }) => times > 0);
      return rule;
    },
  };
}

function drop(c: Context<HttpEnv>): Response {
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Announces the full length, sends half of the body and closes the connection. */
async function cutBody(c: Context<HttpEnv>, response: Response): Promise<Response> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = { ...Object.fromEntries(response.headers), 'content-length': String(body.length) };
  c.env.outgoing.writeHead(response.status, headers);
  await new Promise<void>((sent) => c.env.outgoing.write(body.subarray(0, body.length >> 1), () => sent()));
  return drop(c);
}

async function hang(c: Context<HttpEnv>): Promise<Response> {
  await once(c.env.outgoing, 'close');
  return RESPONSE_ALREADY_SENT;
}

const badGateway = () =>
  new Response('<html><body><h1>502 Bad Gateway</h1></body></html>', {
    status: 502,
    headers: { 'content-type': 'text/html' },
  });

const sca = (refuse: Refuse) =>
  Response.json(refuse(403), {
    status: 403,
    headers: { 'x-2fa-approval': crypto.randomUUID(), 'x-2fa-approval-result': 'REJECTED' },
  });

/** Makes every issued token invalid at once, if the provider issues tokens. */
export type ExpireTokens = (() => void) | undefined;

/** The parts of a provider that a fault uses. */
type Struck = { refuse: Refuse; expireTokens: ExpireTokens };

type Play = (
  c: Context<HttpEnv>,
  rule: FaultRule,
  commit: () => Promise<Response>,
  struck: Struck,
) => Promise<Response>;

/** The provider forgets its tokens and then handles the request. A provider with a fixed key refuses the key once. */
async function expire(commit: () => Promise<Response>, { refuse, expireTokens }: Struck): Promise<Response> {
  if (!expireTokens) return Response.json(refuse(401), { status: 401 });
  expireTokens();
  return commit();
}

const PLAYS: Record<Fault, Play> = {
  'commit-then-drop': (c, _, commit) => commit().then(() => drop(c)),
  'commit-then-hang': (c, _, commit) => commit().then(() => hang(c)),
  'commit-then-cut-body': (c, _, commit) => commit().then((response) => cutBody(c, response)),
  'commit-then-502': (_c, _, commit) => commit().then(badGateway),
  'commit-then-wait': (_c, { ms }, commit) => commit().then((response) => wait(ms, response)),
  '500-before-commit': async (_c, _, __, { refuse }) => Response.json(refuse(500), { status: 500 }),
  'drop-before-commit': async (c) => drop(c),
  429: async (_c, _, __, { refuse }) => Response.json(refuse(429), { status: 429, headers: { 'retry-after': '1' } }),
  401: async (_c, _, __, { refuse }) => Response.json(refuse(401), { status: 401 }),
  '403-sca': async (_c, _, __, { refuse }) => sca(refuse),
  'token-expired': (_c, _, commit, struck) => expire(commit, struck),
  slow: (_c, rule, commit) => wait(rule.ms).then(commit),
  'empty-page': (_c, _, commit) => commit().then(emptyPage),
  'unknown-word': (_c, _, commit) => commit().then(unknownWord),
  'wrong-amount': (_c, _, commit) => commit().then(wrongAmount),
};

/** Applies the rules before a provider's routes. Committed changes are on disk before a fault strikes. */
export function withFaults(faults: Faults, struck: Struck): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    const rule = faults.take(c.req.method, `${pathname}${search}`, await c.req.text());
    const commit = async () => {
      await next();
      return c.res;
    };
    const response = rule ? await PLAYS[rule.fault](c, rule, commit, struck) : await commit();
    if (response === c.res) return;
    c.res = undefined; // otherwise Hono would merge the two responses, or send one where there must be none
    c.res = response;
  };
}
