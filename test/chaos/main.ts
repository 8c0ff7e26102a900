import { endWrongUse, readCommand, reasonOf } from '../../command-line.ts';
import { tryMutation } from './mutate.ts';
import { CONTROLS, MUTATIONS } from './mutations.ts';
import { close, play, type Wish } from './play.ts';
import { appendResult, readCommit, type Result, saveTrial, today } from './results.ts';

/** `npm run chaos` kills the processes that pay, again and again, and checks that everybody was paid once. */

const USAGE = `npm run chaos -- [--rounds 20] [--seed 1] [--payouts 200] [--seconds 5] [--fresh-every 25] [--results FILE]
  --rounds       the number of rounds, with consecutive seeds
  --seed         the seed of the first round, which determines what is killed, and when
  --payouts      the number of payouts in each round
  --seconds      the time in each round during which processes are killed
  --fresh-every  the number of rounds that one deployment plays; the next deployment starts with empty databases
  --results      the file that gets a line of JSON from each round, or the results of the trials
  --mutations    removes the protections against paying twice, one at a time, to see the checker turn red; --only NAME`;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Flags = { wish: Wish; results: string; mutations: boolean; only: string };

/** A few payouts are enough to reveal a mutation. One that stays hidden for this many rounds counts as missed. */
const TRIAL = { roundsMax: 3, payouts: 60, disruptedMs: 4_000 };

function readFlags(): Flags {
  try {
    const { values } = readCommand(USAGE, {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      payouts: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '5' },
      'fresh-every': { type: 'string', default: '25' },
      results: { type: 'string', default: '' },
      mutations: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    });
    const wish = {
      rounds: numberOf(values.rounds, 1, 10_000),
      seed: numberOf(values.seed, 0, 1_000_000_000),
      payouts: numberOf(values.payouts, 1, 200),
      disruptedMs: numberOf(values.seconds, 1, 600) * 1000,
      roundsPerDeployment: numberOf(values['fresh-every'], 1, 1_000),
    };
    return { wish, results: values.results, mutations: values.mutations, only: values.only };
  } catch (error) {
    return endWrongUse(reasonOf(error), USAGE);
  }
}

function numberOf(text: string, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Error(`"${text}" is not a number from ${min} to ${max}. Nothing was started.`);
}

/** Returns whether every round was good. */
async function playAll({ wish, results }: Flags): Promise<boolean> {
  const played: Result[] = [];
  for await (const result of play(wish)) {
    if (givingUp) await givingUp; // the round was broken off by the person who stops the command
    played.push(result);
    console.log(lineOf(result));
    for (const violation of result.violations) console.log(`  ${violation}`);
    if (results) await appendResult(results, result);
  }
  const bad = played.filter(({ violations }) => violations.length > 0);
  console.log(summaryOf(played, bad));
  return bad.length === 0;
}

/** Returns whether every mutation was caught, and every control stayed green. */
async function tryAll({ wish, results, only }: Flags): Promise<boolean> {
  const commit = await readCommit();
  let isAllGood = true;
  for (const mutation of [...CONTROLS, ...MUTATIONS].filter(({ name }) => !only || name === only)) {
    const isControl = CONTROLS.includes(mutation);
    const outcome = await tryMutation(mutation, { ...TRIAL, seed: wish.seed });
    const isGood = (outcome.violation === null) === isControl;
    isAllGood &&= isGood;
    const verdict = isControl ? (isGood ? 'green' : 'RED') : isGood ? 'caught' : 'MISSED';
    console.log(`${verdict} after ${outcome.rounds} rounds: ${outcome.name}, without ${outcome.without}`);
    if (outcome.violation) console.log(`  ${outcome.violation}`);
    if (results) await saveTrial(results, { ...outcome, isControl, isGood, commit, date: today() });
  }
  return isAllGood;
}

const lineOf = ({ seed, kills, faults, troubles, ownEnds, openWhenHealed, ms, violations }: Result): string =>
  [
    `seed ${seed}`,
    `killed ${list(kills)}`,
    ...(totalOf(ownEnds) > 0 ? [`exited by themselves ${list(ownEnds)}`] : []),
    `faults ${list(faults)}`,
    `troubles ${list(troubles)}`,
    `open when repaired ${openWhenHealed}`,
    `${(totalOf(ms) / 1000).toFixed(1)} s (${list(ms)})`,
    `violations ${violations.length}`,
  ].join(' | ');

const list = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

const totalOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

function summaryOf(played: readonly Result[], bad: readonly Result[]): string {
  const kills = played.reduce((sum, result) => sum + totalOf(result.kills), 0);
  const faults = played.reduce((sum, result) => sum + totalOf(result.faults), 0);
  const payouts = played.reduce((sum, result) => sum + result.payouts, 0);
  const folders = bad.map(({ seed }) => seed).join(', ');
  return [
    `${played.length} rounds, ${payouts} payouts, ${kills} kills, ${faults} faults, ${bad.length} rounds with violations.`,
    ...(bad.length > 0 ? [`Seeds ${folders}; the folders of their deployments are in .data/chaos.`] : []),
  ].join('\n');
}

let givingUp: Promise<never> | undefined;

/** Handles Ctrl-C, also while servers are starting: stops them, removes their files, and ends this process. */
function giveUp(): void {
  givingUp ??= close({ keepsFolder: false }).then(() => process.exit(130));
}

for (const signal of SIGNALS) process.once(signal, giveUp);
const flags = readFlags();
process.exit((await (flags.mutations ? tryAll : playAll)(flags)) ? 0 : 1);
