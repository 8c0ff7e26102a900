import { cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Mutation } from './mutations.ts';
import { patchOnce } from './patch.ts';
import { BROKEN_OFF, play } from './play.ts';
import { OURS, ROOT, type Source } from './servers.ts';

/** The outcome of a mutation. */
export type Outcome = {
  name: string;
  without: string;
  rounds: number;
  payouts: number;
  /** The first violation that the checker found, or null. */
  violation: string | null;
};

export type TrialWish = { seed: number; roundsMax: number; payouts: number; disruptedMs: number };

/** The folders that the processes need. They also need files of the root, such as `config.ts`. */
const PARTS = [
  'activities',
  'api',
  'commands',
  'db',
  'domain',
  'gateways',
  'notifications',
  'sandbox',
  'temporal',
  'worker',
  'workflows',
];
const FOLDER = '.data/chaos/mutated';
/** A broken payout may never end, but by then the books show the violation. */
const DRAINED_WITHIN_MS = 30_000;

/** Plays rounds until the checker is red, up to the maximum. */
export async function tryMutation(mutation: Mutation, wish: TrialWish): Promise<Outcome> {
  const { name, without, menu } = mutation;
  const { seed, roundsMax, payouts, disruptedMs } = wish;
  const rounds = play({
    seed,
    rounds: roundsMax,
    payouts,
    disruptedMs,
    roundsPerDeployment: roundsMax,
    drainedWithinMs: DRAINED_WITHIN_MS,
    menu,
    source: await mutate(mutation),
    keepsBad: false,
  });
  let played = 0;
  for await (const { violations } of rounds) {
    played += 1;
    const [violation = null] = violations;
    // A round that could not be played to its end proves nothing: it is neither green nor caught.
    if (violation?.startsWith(BROKEN_OFF)) throw new Error(`${name}: ${violation}`);
    if (violation) return { name, without, rounds: played, payouts, violation };
  }
  return { name, without, rounds: played, payouts, violation: null };
}

/** Copies the source and applies the mutation. */
async function mutate(mutation: Mutation): Promise<Source> {
  const { name, patches, statements, heartbeatSeconds } = mutation;
  const own = { statements, ...(heartbeatSeconds && { heartbeatSeconds }) };
  if (patches.length === 0) return { ...OURS, ...own };
  const copy = resolve(join(FOLDER, name));
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { recursive: true });
  const files = (await readdir(ROOT)).filter((file) => file.endsWith('.ts') || file === 'package.json');
  for (const part of [...PARTS, ...files]) await cp(join(ROOT, part), join(copy, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, text] of await patchMutation(mutation)) await writeFile(join(copy, file), text);
  return { ...OURS, ...own, product: copy, sandbox: copy };
}

/** The changed text of each file that a mutation patches. Throws if a file does not match the patch. */
export async function patchMutation({ patches }: Mutation): Promise<Map<string, string>> {
  const changed = new Map<string, string>();
  for (const { file, ...patch } of patches)
    changed.set(file, patchOnce(changed.get(file) ?? (await readFile(join(ROOT, file), 'utf8')), patch));
  return changed;
}
