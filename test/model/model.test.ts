import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MINUTE_MS } from '../../domain/durations.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { SEQUENCES, STEPS_MAX } from '../fixtures/property-runs.ts';
import { calm } from '../workflows/fixture.ts';
import { allCommands, finish } from './commands.ts';
import { emptyModel, type ModelPayee } from './model.ts';
import { openBusiness, openFixture, type Fixture } from './fixture.ts';

/** A failure prints its seed, and `MODEL_SEED` replays it. `MODEL_SHRINK=1` makes the sequence as short as possible. */
const SEED = process.env['MODEL_SEED'];
const MINUTES_MAX = 60;

/** One payee for each method and each fate that its provider supports. */
const payeesOf = (code: string): ModelPayee[] =>
  (
    [
      { method: 'bank', fate: 'pays' },
      { method: 'bank', fate: 'returns' },
      { method: 'check', fate: 'pays' },
      { method: 'paypal', fate: 'fails' },
      { method: 'paypal', fate: 'pays' },
      { method: 'paypal', fate: 'returns' },
    ] as const
  ).map(({ method, fate }) => ({ code: `${code}-${method}-${fate}`, method, fate, earned: 0n }));

let fixture: Fixture;
let sequences = 0;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

describe('given payees, a provider for each, and any events in any order', () => {
  it(
    'then the ledger owes the same amounts as the model, and the providers paid each payee once',
    async () => {
      const books = [fixture.world.sandbox.wise.url, fixture.world.sandbox.paypal.url, fixture.world.sandbox.bank.url];
      const check = async () => expect(await checkInvariants(fixture.world.db, { books, grace: '1 hour' })).toEqual([]);
      await fc.assert(
        fc.asyncProperty(fc.commands(allCommands, { maxCommands: STEPS_MAX, size: 'max' }), async (commands) => {
          await calm(fixture.world);
          const code = `model-${(sequences += 1)}`;
          const payees = payeesOf(code);
          const business = await openBusiness(fixture, code, payees);
          const model = emptyModel(payees);
          const real = { fixture, business, sent: [], check };
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await fixture.endFaults();
          await finish(model, real);
        }),
        { numRuns: SEQUENCES, ...(SEED && { seed: Number(SEED) }), endOnFailure: process.env['MODEL_SHRINK'] !== '1' },
      );
    },
    MINUTES_MAX * MINUTE_MS,
  );
});
