import { setTimeout as sleep } from 'node:timers/promises';

import { GATEWAYS } from '../../domain/rails.ts';
import type { RunDetail } from '../../scripts/api-types/api.d.ts';
import { approveAll, type Business, cutoffsOf, type Owed, owedIn, persist, prepareRuns, sell } from './business.ts';
import { endCutOffRequests, makeDue } from './minutes.ts';
import { type Fault, type Plan, PROVIDERS, type Provider, type Trouble, type WebhookChange } from './plan.ts';
import type { Servers } from './servers.ts';
import { cause, type Happening, releaseAll, untilKnown } from './troubles.ts';
import { countOpen, countPayouts, findViolations } from './verdict.ts';

/** The outcome of a round. */
export type Round = {
  kills: readonly string[];
  faults: readonly string[];
  troubles: readonly string[];
  /** The number of unfinished payouts when everything was repaired. A round without any tested little. */
  open: number;
  /** The duration of each part, in milliseconds. */
  ms: Readonly<Record<string, number>>;
  violations: readonly string[];
};

/** A deployment that plays round after round, with everything that it sold and that happened so far. */
export type Deployment = {
  servers: Servers;
  business: Business;
  owed: Owed[];
  happenings: Happening[];
  rounds: number;
};

const DRAIN_POLL_MS = 250;
const DUE_EVERY_MS = 5_000;
const SANDBOX_TIMEOUT_MS = 2_000;

/**
 * Makes a deployment sell and pay while processes are killed, providers fail and the business changes. Then repairs it, pays the rest, and
 * checks who was paid.
 */
export async function playRound(deployment: Deployment, plan: Plan, drainedWithinMs: number): Promise<Round> {
  const { servers } = deployment;
  deployment.rounds += 1;
  const owed = owedIn(deployment.business, deployment.rounds);
  deployment.owed.push(...owed);
  servers.useSettings(plan.settings);
  const watch = createStopwatch();
  const before = plan.from === 'the approval' ? await ready(deployment, owed, plan) : undefined;
  watch.lap('preparing');
  const approvers = deployment.business.approvers.length;
  const [done] = await Promise.all([disrupt(servers, plan), pay(deployment, owed, plan, before)]);
  const revoked = deployment.business.approvers.length < approvers;
  watch.lap('disrupted');
  await Promise.all([heal(deployment), untilKnown(deployment)]);
  watch.lap('healing');
  const [open, late] = await drain(deployment, drainedWithinMs);
  watch.lap('draining');
  const stillLate = late.length > 0 ? late : await payRest(deployment, plan, drainedWithinMs);
  watch.lap('paying the rest');
  const found = await findViolations(servers.db, deployment, booksOf(servers));
  watch.lap('judging');
  return { ...done, troubles: namesOf(plan, revoked), open, ms: watch.laps, violations: [...found, ...stillLate] };
}

/** Ends every trouble, and pays at the next cut-off whatever is still owed. */
async function payRest(deployment: Deployment, { troubles }: Plan, withinMs: number): Promise<string[]> {
  if (troubles.length === 0) return [];
  const { business, rounds } = deployment;
  await releaseAll(deployment);
  await approveAll(business, await prepareRuns(business, `rest-${rounds}`, cutoffsOf(business).next));
  const [, late] = await drain(deployment, withinMs);
  return late;
}

const namesOf = ({ troubles }: Plan, revoked: boolean): string[] => [
  ...troubles.map(({ trouble, moment }) => `${trouble}, ${WHEN[moment]}`),
  ...(revoked ? ['role of an approver revoked'] : []),
];

const WHEN: Record<Trouble['moment'], string> = {
  review: 'in review',
  approval: 'at the approval',
  payment: 'while paying',
};

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

/** Runs in review, whose first troubles have begun. Their effect may come before or after the approval. */
async function ready(deployment: Deployment, owed: readonly Owed[], plan: Plan): Promise<RunDetail[]> {
  const { servers, business, rounds } = deployment;
  await sell(servers, business, rounds, owed);
  const runs = await prepareRuns(business, `run-${rounds}`, cutoffsOf(business).first);
  await disturb(deployment, owed, plan, 'review');
  return runs;
}

async function disturb(
  deployment: Deployment,
  owed: readonly Owed[],
  { troubles }: Plan,
  when: Trouble['moment'],
): Promise<void> {
  await Promise.all(
    troubles
      .filter(({ moment }) => moment === when)
      .map(async (trouble) => {
        if (when === 'payment') await sleep(trouble.afterMs);
        await cause(deployment, trouble, owed);
      }),
  );
}

async function pay(deployment: Deployment, owed: readonly Owed[], plan: Plan, before?: RunDetail[]): Promise<void> {
  const { business, rounds } = deployment;
  const runs = before ?? (await ready(deployment, owed, plan));
  await Promise.all([approveAll(business, runs, plan.revokes), disturb(deployment, owed, plan, 'approval')]);
  await Promise.all([plan.asksTwice && payAgain(business, rounds), disturb(deployment, owed, plan, 'payment')]);
}

/** Asks for the same period once more. It must find that nobody is left to pay, except those in trouble. */
async function payAgain(business: Business, round: number): Promise<void> {
  await approveAll(business, await prepareRuns(business, `again-${round}`, cutoffsOf(business).first));
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
    if (kill === 'api') await endCutOffRequests(servers.db).catch(() => {}); // PostgreSQL may be down, too
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
async function drain(
  { servers: { db }, business }: Deployment,
  withinMs: number,
): Promise<[open: number, late: string[]]> {
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
}
