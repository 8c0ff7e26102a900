import { setTimeout as sleep } from 'node:timers/promises';

import { GATEWAYS } from '../../domain/rails.ts';
import type { RunDetail } from '../../scripts/api-types/api.d.ts';
import { approve, type Business, type Owed, owedIn, persist, prepareRuns, sell } from './business.ts';
import { endCutOffRequests, makeDue } from './minutes.ts';
import { type Fault, type Plan, PROVIDERS, type Provider, type WebhookChange } from './plan.ts';
import type { Servers } from './servers.ts';
import { countOpen, countPayouts, findViolations } from './verdict.ts';

/** The outcome of a round. */
export type Round = {
  kills: readonly string[];
  faults: readonly string[];
  /** The number of unfinished payouts when everything was repaired. A round without any tested little. */
  open: number;
  /** The duration of each part, in milliseconds. */
  ms: Readonly<Record<string, number>>;
  violations: readonly string[];
};

/** A deployment that plays round after round, with everything that it owes so far. */
export type Deployment = { servers: Servers; business: Business; owed: Owed[]; rounds: number };

const DRAIN_POLL_MS = 250;
const DUE_EVERY_MS = 5_000;
const SANDBOX_TIMEOUT_MS = 2_000;

/** Makes a deployment sell and pay while processes are killed and providers fail. Then repairs it and checks who was paid. */
export async function playRound(deployment: Deployment, plan: Plan, drainedWithinMs: number): Promise<Round> {
  const { servers } = deployment;
  deployment.rounds += 1;
  const owed = owedIn(deployment.business, deployment.rounds);
  deployment.owed.push(...owed);
  servers.useSettings(plan.settings);
  const watch = createStopwatch();
  const before = plan.from === 'the approval' ? await ready(deployment, owed) : undefined;
  watch.lap('preparing');
  const [done] = await Promise.all([disrupt(servers, plan), pay(deployment, owed, plan, before)]);
  watch.lap('disrupted');
  await heal(deployment);
  watch.lap('healing');
  const [open, late] = await drain(deployment, drainedWithinMs);
  watch.lap('draining');
  const found = await servers.withDatabase((db) => findViolations(db, deployment.owed, booksOf(servers)));
  watch.lap('judging');
  return { ...done, open, ms: watch.laps, violations: [...found, ...late] };
}

function createStopwatch() {
  const laps: Record<string, number> = {};
  let from = performance.now();
  const lap = (name: string) => {
    const to = performance.now();
    laps[name] = Math.round(to - from);
    from = to;
  };
  return { laps, lap };
}

async function ready({ servers, business, rounds }: Deployment, owed: readonly Owed[]): Promise<RunDetail[]> {
  await sell(servers, business, rounds, owed);
  return prepareRuns(business, `run-${rounds}`);
}

async function pay(deployment: Deployment, owed: readonly Owed[], plan: Plan, before?: RunDetail[]): Promise<void> {
  const { business, rounds } = deployment;
  const runs = before ?? (await ready(deployment, owed));
  await Promise.all(runs.map((run) => approve(business, run)));
  if (!plan.asksTwice) return;
  const again = await prepareRuns(business, `again-${rounds}`); // it must find that nobody is left to pay
  await Promise.all(again.map((run) => approve(business, run)));
}

async function disrupt(servers: Servers, { steps }: Plan): Promise<Pick<Round, 'kills' | 'faults'>> {
  const kills: string[] = [];
  const faults: string[] = [];
  for (const { afterMs, kill, fault, webhooks } of steps) {
    await sleep(afterMs);
    if (fault && (await tell(servers, fault.provider, 'faults', fault))) faults.push(fault.fault);
    if (webhooks && (await tell(servers, webhooks.provider, 'webhooks', webhooks)))
      faults.push(`webhooks ${webhooks.mode}`);
    if (!(await servers.kill(kill))) continue;
    kills.push(kill);
    if (kill === 'api') await servers.withDatabase(endCutOffRequests).catch(() => {}); // PostgreSQL may be down, too
  }
  return { kills, faults };
}

const urlOf = ({ ports }: Servers, provider: Provider, what = ''): string =>
  `http://127.0.0.1:${ports[provider]}${what && `/sandbox/${what}`}`;

const booksOf = (servers: Servers) => (['wise', 'paypal', 'bank'] as const).map((provider) => urlOf(servers, provider));

/** Returns false if the sandbox is down at the moment. Then there is nothing to change. */
const tell = (servers: Servers, provider: Provider, what: 'faults' | 'webhooks', body: Fault | WebhookChange) =>
  ask(urlOf(servers, provider, what), { method: 'POST', body: JSON.stringify(body) }).catch(() => false);

async function ask(url: string, init: RequestInit): Promise<boolean> {
  const { ok } = await fetch(url, { ...init, signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS) });
  return ok;
}

/** Waits until everything is up, resumes every gateway, and ends all faults. */
async function heal({ servers, business }: Deployment): Promise<void> {
  await servers.untilUp();
  for (const provider of PROVIDERS) {
    await ask(urlOf(servers, provider, 'faults'), { method: 'DELETE' });
    await ask(urlOf(servers, provider, 'webhooks'), { method: 'POST', body: JSON.stringify({ mode: 'normal' }) });
  }
  await resumeAll(business);
}

/** Acts as an operator does after an alarm. A refusal from before the repair may still be on its way. */
async function resumeAll({ people: { operator } }: Business): Promise<void> {
  for (const gateway of GATEWAYS)
    await persist(`${gateway} to be resumed`, () =>
      operator.api.post('/v1/gateways/{name}/resume', { params: { path: { name: gateway } } }),
    );
}

/** Waits until every payout has ended. Returns the number that were open at the beginning, and a violation if the wait was in vain. */
const drain = ({ servers, business }: Deployment, withinMs: number): Promise<[open: number, late: string[]]> =>
  servers.withDatabase(async (db) => {
    const open = countOpen(await countPayouts(db));
    const givesUpAt = Date.now() + withinMs;
    let dueAgainAt = 0;
    for (let left = open; left > 0; left = countOpen(await countPayouts(db))) {
      if (Date.now() > givesUpAt) return [open, [`${left} payouts have no end after ${withinMs} ms`]];
      if (Date.now() > dueAgainAt) {
        await resumeAll(business);
        await makeDue(db);
        dueAgainAt = Date.now() + DUE_EVERY_MS;
      }
      await sleep(DRAIN_POLL_MS);
    }
    return [open, []];
  });
