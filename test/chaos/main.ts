import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { removePostgres } from '../../scripts/stack/postgres.ts';
import { playRound, type Round } from './round.ts';
import { openServers, type Servers } from './servers.ts';

/** `npm run chaos`: kills what pays, again and again, and looks whether everybody was paid once. */

const USAGE = `npm run chaos -- [--rounds 3] [--seed 1] [--payouts 60] [--seconds 20]
  --rounds   how many, with the seeds that follow each other
  --seed     of the first round; what is killed, and when, follows from it
  --payouts  in each round
  --seconds  how long things go wrong in each round`;

const FOLDER = '.data/chaos';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Flags = { rounds: number; seed: number; payouts: number; seconds: number };

let playing: { servers: Promise<Servers>; folder: string } | undefined;

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '3' },
        seed: { type: 'string', default: '1' },
        payouts: { type: 'string', default: '60' },
        seconds: { type: 'string', default: '20' },
      },
    });
    return {
      rounds: numberOf(values.rounds, 1, 1_000),
      seed: numberOf(values.seed, 0, 1_000_000_000),
      payouts: numberOf(values.payouts, 1, 200),
      seconds: numberOf(values.seconds, 1, 600),
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return process.exit(2);
  }
}

function numberOf(text: string, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`"${text}" is not a number from ${min} to ${max}. Nothing was started.`);
}

/** Returns whether every round was good. */
async function playAll({ rounds, seed: first, payouts, seconds }: Flags): Promise<boolean> {
  let isGood = true;
  for (let seed = first; seed < first + rounds; seed += 1)
    isGood = (await playOne({ seed, payouts, disruptedMs: seconds * 1000 })) && isGood;
  return isGood;
}

/** The folder of a bad round stays, with its logs and its database. */
async function playOne(wish: { seed: number; payouts: number; disruptedMs: number }): Promise<boolean> {
  const folder = resolve(join(FOLDER, String(wish.seed)));
  forget(folder);
  playing = { servers: openServers(folder, wish.seed), folder };
  const servers = await playing.servers;
  const round = await playRound(servers, wish).catch(brokenOff);
  await servers.stop();
  console.log(lineOf(wish.seed, round, servers));
  const isGood = round.violations.length === 0;
  if (isGood) forget(folder);
  else console.log([...round.violations, `All of it is in ${folder}.`].map((line) => `  ${line}`).join('\n'));
  return isGood;
}

const brokenOff = (error: unknown): Round => ({
  kills: [],
  faults: [],
  open: 0n,
  payouts: [],
  violations: [`The round was broken off: ${error instanceof Error ? error.message : String(error)}`],
});

function forget(folder: string): void {
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}

function lineOf(seed: number, { kills, faults, open, payouts, violations }: Round, { ownEnds }: Servers): string {
  const ended = [...ownEnds].map(([name, count]) => `${name} ${count}`).join(', ');
  return [
    `seed ${seed}`,
    `killed ${count(kills)}`,
    ...(ended ? [`ended by themselves: ${ended}`] : []),
    `faults ${count(faults)}`,
    `open when healed ${open}`,
    `payouts ${payouts.map(({ status, count: many }) => `${status} ${many}`).join(', ')}`,
    `violations ${violations.length}`,
  ].join(' | ');
}

const count = (names: readonly string[]): string =>
  [...Map.groupBy(names, (name) => name)]
    .map(([name, { length }]) => `${name} ${length}`)
    .toSorted()
    .join(', ') || 'none';

/** Ctrl-C, also while servers are starting: stops them and removes what they kept. */
async function giveUp(): Promise<void> {
  if (playing) {
    await playing.servers.then((servers) => servers.stop()).catch(() => {});
    forget(playing.folder);
  }
  process.exit(130);
}

for (const signal of SIGNALS) process.once(signal, () => void giveUp());
process.exit((await playAll(readFlags())) ? 0 : 1);
