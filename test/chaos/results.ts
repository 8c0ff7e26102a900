import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

/** The stored result of a round: one line of JSON. */
export const Result = z.strictObject({
  seed: z.int(),
  /** The tested commit, with `+` if files differed from it; null outside a repository. */
  commit: z.string().nullable(),
  date: z.iso.date(),
  payouts: z.int(),
  /** The time during which processes were killed. Results from before it was stored had three seconds. */
  disruptedMs: z.int().default(3_000),
  /** The number of rounds that one deployment played. */
  roundsPerDeployment: z.int().default(10),
  kills: z.record(z.string(), z.int()),
  faults: z.record(z.string(), z.int()),
  /** Events in the business that may make an approved payout wrong. Results from before they were played have none. */
  troubles: z.record(z.string(), z.int()).default({}),
  /** Servers that exited without a kill, because a server that they need was down when they started. */
  ownEnds: z.record(z.string(), z.int()),
  openWhenHealed: z.int(),
  ms: z.record(z.string(), z.int()),
  violations: z.array(z.string()),
});
export type Result = z.infer<typeof Result>;

export async function appendResult(file: string, result: Result): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${JSON.stringify(result)}\n`);
}

export const readResults = async (file: string): Promise<Result[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Result.parse(JSON.parse(line)));

export const countEach = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(names, (name) => name)]
      .map(([name, { length }]) => [name, length] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

export async function readCommit(): Promise<string | null> {
  const git = (...args: string[]) => promisify(execFile)('git', args).then(({ stdout }) => stdout.trim());
  try {
    return `${await git('rev-parse', '--short=12', 'HEAD')}${(await git('status', '--porcelain')) && '+'}`;
  } catch {
    return null;
  }
}

/** The stored result of a mutation or a control. */
const Trial = z.strictObject({
  name: z.string(),
  without: z.string(),
  isControl: z.boolean(),
  isGood: z.boolean(),
  commit: z.string().nullable(),
  date: z.iso.date(),
  rounds: z.int(),
  payouts: z.int(),
  violation: z.string().nullable(),
});
export type Trial = z.infer<typeof Trial>;

/** Replaces an earlier trial with the same name. */
export async function saveTrial(file: string, trial: Trial): Promise<void> {
  const others = await readTrials(file).catch((): Trial[] => []);
  const at = others.findIndex(({ name }) => name === trial.name);
  const trials = at < 0 ? [...others, trial] : others.with(at, trial);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(trials, null, 2)}\n`);
}

export const readTrials = async (file: string): Promise<Trial[]> =>
  z.array(Trial).parse(JSON.parse(await readFile(file, 'utf8')));

export const today = (): string => new Date().toISOString().slice(0, 10);
