import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { openDatabase } from '../../db/database.ts';
import type { Run } from '../../scripts/demo/pay.ts';
import type { People } from '../../scripts/demo/people.ts';
import { until } from '../../scripts/demo/until.ts';
import { type Business, openBusiness } from './business.ts';
import { drawPlan, type Fault, PROVIDERS, type Provider, type Step, type WebhookChange } from './plan.ts';
import type { Servers } from './servers.ts';
import { type Counts, countOpen, countPayouts, findViolations } from './verdict.ts';

/** What became of a round. */
export type Round = {
  kills: string[];
  faults: string[];
  /** How many payouts had no end yet when things were mended; without any, the round tried little. */
  open: bigint;
  /** Of each state, how many. */
  payouts: Counts;
  violations: string[];
};

export type RoundWish = { seed: number; payouts: number; disruptedMs: number };

const DRAINED_WITHIN_MS = 3 * 60_000;
const DRAIN_POLL_MS = 1_000;
const APPROVED_WITHIN_MS = 2 * 60_000;
const SANDBOX_TIMEOUT_MS = 2_000;

/** Has a deployment pay while everything is killed and every provider stumbles, heals it, and looks who was paid. */
export async function playRound(servers: Servers, { seed, payouts, disruptedMs }: RoundWish): Promise<Round> {
  const business = await openBusiness(servers, payouts);
  const [{ kills, faults }] = await Promise.all([
    disrupt(servers, drawPlan(seed, disruptedMs)),
    ...business.runs.map((run) => approveWhatever(business.people, run)),
  ]);
  await heal(servers);
  return { kills, faults, ...(await judge(servers, business)) };
}

/** Repeats its decision with the same key until it is told what became of it. */
function approveWhatever({ approver }: People, { id, contentHash }: Run): Promise<unknown> {
  const key = randomUUID();
  const decide = () => approver.api.post(`/v1/runs/${id}/decision`, { decision: 'approve', contentHash }, key);
  return until(
    () =>
      decide().then(
        () => 'approved',
        (error: unknown) => String(error),
      ),
    (answer) => answer === 'approved',
    { what: `run ${id} to be approved`, withinMs: APPROVED_WITHIN_MS },
  );
}

async function disrupt(servers: Servers, plan: readonly Step[]): Promise<Pick<Round, 'kills' | 'faults'>> {
  const kills: string[] = [];
  const faults: string[] = [];
  for (const { afterMs, kill, fault, webhooks } of plan) {
    await sleep(afterMs);
    if (fault && (await tell(servers, fault.provider, 'faults', fault))) faults.push(fault.fault);
    if (webhooks && (await tell(servers, webhooks.provider, 'webhooks', webhooks)))
      faults.push(`webhooks ${webhooks.mode}`);
    if (await servers.kill(kill)) kills.push(kill);
  }
  return { kills, faults };
}

const urlOf = ({ ports }: Servers, provider: Provider, what: string): string =>
  `http://127.0.0.1:${ports[provider]}/sandbox/${what}`;

/** False when the sandbox is just down: then there is nothing to tell. */
const tell = (servers: Servers, provider: Provider, what: 'faults' | 'webhooks', body: Fault | WebhookChange) =>
  ask(urlOf(servers, provider, what), { method: 'POST', body: JSON.stringify(body) }).catch(() => false);

async function ask(url: string, init: RequestInit): Promise<boolean> {
  const { ok } = await fetch(url, { ...init, signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS) });
  return ok;
}

/** Everything is up, and from here on nothing goes wrong. */
async function heal(servers: Servers): Promise<void> {
  await servers.untilUp();
  for (const provider of PROVIDERS) {
    await ask(urlOf(servers, provider, 'faults'), { method: 'DELETE' });
    await ask(urlOf(servers, provider, 'webhooks'), { method: 'POST', body: JSON.stringify({ mode: 'normal' }) });
  }
}

/** Waits until nothing is left to happen; if that takes too long, what is not settled is among the violations. */
async function judge(servers: Servers, { payees }: Business): Promise<Pick<Round, 'open' | 'payouts' | 'violations'>> {
  const { environment, ports } = servers;
  const db = await openDatabase(environment['DATABASE_URL'] ?? '', { poolSize: 2 });
  try {
    const open = countOpen(await countPayouts(db));
    const waited = await until(
      () => countPayouts(db),
      (counts) => countOpen(counts) === 0n,
      { what: 'every payout to end', withinMs: DRAINED_WITHIN_MS, everyMs: DRAIN_POLL_MS },
    ).then(
      () => [],
      (error: unknown) => [String(error)],
    );
    const books = (['wise', 'paypal', 'bank'] as const).map((provider) => `http://127.0.0.1:${ports[provider]}`);
    const violations = [...waited, ...(await findViolations(db, payees, books))];
    return { open, payouts: await countPayouts(db), violations };
  } finally {
    await db.end();
  }
}
