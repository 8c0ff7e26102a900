import { afterAll, describe, expect, it } from 'vitest';

import { MINUTE_MS } from '../../domain/durations.ts';
import { CONTROLS, MUTATIONS } from './mutations.ts';
import { patchMutation } from './mutate.ts';
import { close, play } from './play.ts';

/** The seeds are fixed, but the machine determines how the processes race each other. `npm run chaos` plays any number of further rounds. */
const ROUNDS = 3;
const FIRST_SEED = 7;
const PAYOUTS = 60;
const DISRUPTED_MS = 3_000;
/** A bound for the worst machine, not an expectation: an idle one needs a tenth of it. */
const ALL_MS = 15 * MINUTE_MS;

describe('given servers that are killed, and providers that fail, while payouts are made', () => {
  afterAll(() => close({ keepsFolder: false }));

  it(
    'then in each of three rounds everybody is paid what they are owed, once, and every invariant holds',
    async () => {
      const wish = { seed: FIRST_SEED, rounds: ROUNDS, payouts: PAYOUTS, disruptedMs: DISRUPTED_MS };
      const violations: string[] = [];
      let kills = 0;
      for await (const result of play({ ...wish, roundsPerDeployment: ROUNDS })) {
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
