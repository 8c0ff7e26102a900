import { afterAll, describe, expect, inject, it } from 'vitest';

import { MINUTE_MS } from '../../domain/durations.ts';
import { CHAOS_ROUNDS } from '../fixtures/property-runs.ts';
import { CONTROLS, MUTATIONS } from './mutations.ts';
import { patchMutation } from './mutate.ts';
import { close, play } from './play.ts';
import { OURS } from './servers.ts';

/** The seeds are fixed, but the machine determines how the processes race each other. `npm run chaos` plays any number of further rounds. */
const FIRST_SEED = 7;
const PAYOUTS = 42;
const DISRUPTED_MS = 3_000;
/** A bound for the worst machine, not an expectation: an idle one needs a tenth of it. */
const ALL_MS = 15 * MINUTE_MS;

describe('given servers that are killed, and providers that fail, while payouts are made', () => {
  afterAll(() => close({ keepsFolder: false }));

  it(
    'then in each round everybody is paid what they are owed, once, and every invariant holds',
    async () => {
      const source = { ...OURS, workflowBundle: inject('workflowBundle') };
      const wish = { seed: FIRST_SEED, rounds: CHAOS_ROUNDS, payouts: PAYOUTS, disruptedMs: DISRUPTED_MS, source };
      const violations: string[] = [];
      let kills = 0;
      for await (const result of play({ ...wish, roundsPerDeployment: CHAOS_ROUNDS })) {
        violations.push(...result.violations);
        kills += Object.values(result.kills).reduce((sum, count) => sum + count, 0);
      }
      expect(violations).toEqual([]);
      expect(kills).toBeGreaterThan(0);
    },
    ALL_MS,
  );
});

/** `npm run chaos -- --mutations` shows that each mutation is caught. This test shows that each patch still changes its target. */
describe.each([...CONTROLS, ...MUTATIONS])('given the source without the protection that $name removes', (mutation) => {
  it('then its patches still apply', async () => {
    await expect(patchMutation(mutation)).resolves.toBeDefined();
  });
});
