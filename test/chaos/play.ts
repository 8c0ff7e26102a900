import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { MINUTE_MS } from '../../domain/durations.ts';
import { removePostgres } from '../../scripts/stack/postgres.ts';
import { openBusiness } from './business.ts';
import { drawPlan, MENU, type Menu } from './plan.ts';
import { countEach, readCommit, type Result, today } from './results.ts';
import { type Deployment, playRound, type Round } from './round.ts';
import { openServers, OURS, type Source } from './servers.ts';

export type Wish = {
  /** The seed of the first round. Each further round has the next number. */
  seed: number;
  rounds: number;
  payouts: number;
  /** The time in each round during which processes are killed and faults occur. */
  disruptedMs: number;
  /** The number of rounds after which a new deployment starts with empty databases. */
  roundsPerDeployment: number;
  /** The time that the last payout may take to end after everything was repaired. */
  drainedWithinMs?: number;
  menu?: Menu;
  source?: Source;
  /** Whether the folder of a deployment with a violation stays. */
  keepsBad?: boolean;
};

const DRAINED_WITHIN_MS = 3 * MINUTE_MS;
const FOLDER = '.data/chaos';

/** The deployment that is running, so that it can be stopped. */
let open: { servers: Promise<{ stop: () => Promise<void> }>; folder: string } | undefined;

/** Plays rounds, one after the other. A deployment with a violation plays no further round, and its folder stays. */
export async function* play(wish: Wish): AsyncGenerator<Result> {
  const commit = await readCommit();
  let deployment: Deployment | undefined;
  for (let seed = wish.seed; seed < wish.seed + wish.rounds; seed += 1) {
    deployment ??= await deploy(seed, wish);
    const result = await playOne(deployment, seed, commit, wish);
    const isBad = result.violations.length > 0;
    const isLast = seed === wish.seed + wish.rounds - 1;
    if (isBad || isLast || deployment.rounds >= wish.roundsPerDeployment) {
      await close({ keepsFolder: isBad && (wish.keepsBad ?? true) });
      deployment = undefined;
    }
    yield result;
  }
}

async function deploy(seed: number, { payouts, disruptedMs, source = OURS, menu = MENU }: Wish): Promise<Deployment> {
  const folder = resolve(join(FOLDER, String(seed)));
  forget(folder);
  const opening = openServers(folder, seed, source, { ...drawPlan(seed, disruptedMs, payouts, menu).settings });
  open = { servers: opening, folder };
  const servers = await opening;
  return { servers, business: await openBusiness(servers, payouts), owed: [], happenings: [], rounds: 0 };
}

async function playOne(
  deployment: Deployment,
  seed: number,
  commit: string | null,
  { payouts, disruptedMs, roundsPerDeployment, drainedWithinMs = DRAINED_WITHIN_MS, menu = MENU }: Wish,
): Promise<Result> {
  const endsBefore = [...deployment.servers.ownEnds];
  const round = await playRound(deployment, drawPlan(seed, disruptedMs, payouts, menu), drainedWithinMs).catch(
    brokenOff,
  );
  const ends = Object.entries(Object.fromEntries(deployment.servers.ownEnds)).map(
    ([name, count]) => [name, count - (new Map<string, number>(endsBefore).get(name) ?? 0)] as const,
  );
  return {
    seed,
    commit,
    date: today(),
    payouts,
    disruptedMs,
    roundsPerDeployment,
    kills: countEach(round.kills),
    faults: countEach(round.faults),
    troubles: countEach(round.troubles),
    ownEnds: Object.fromEntries(ends.filter(([, count]) => count > 0)),
    openWhenHealed: round.open,
    ms: round.ms,
    violations: [...round.violations],
  };
}

/** The beginning of the only violation of a round that could not be played to its end. */
export const BROKEN_OFF = 'The round was broken off';

const brokenOff = (error: unknown): Round => ({
  kills: [],
  faults: [],
  troubles: [],
  open: 0,
  ms: {},
  violations: [`${BROKEN_OFF}: ${error instanceof Error ? error.message : String(error)}`],
});

/** Stops the running deployment, also while it is starting. */
export async function close({ keepsFolder }: { keepsFolder: boolean }): Promise<void> {
  if (!open) return;
  const { servers, folder } = open;
  open = undefined;
  await servers.then((running) => running.stop()).catch(() => {});
  if (!keepsFolder) forget(folder);
}

function forget(folder: string): void {
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}
