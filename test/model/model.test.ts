import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MINUTE_MS } from '../../domain/durations.ts';
import { checkInvariants } from '../../scripts/check-invariants.ts';
import { SEQUENCES, STEPS_MAX } from '../support/property-runs.ts';
import { calm } from '../workflows/stage.ts';
import { allCommands, finish } from './commands.ts';
import { emptyModel, type ModelPayee } from './model.ts';
import { openBusiness, openStage, type Stage } from './stage.ts';

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

let stage: Stage;
let sequences = 0;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('given payees, a provider for each, and any events in any order', () => {
  it(
    'then the ledger owes the same amounts as the model, and the providers paid each payee once',
    async () => {
      const books = [stage.world.sandbox.wise.url, stage.world.sandbox.paypal.url, stage.world.sandbox.bank.url];
      const check = async () => expect(await checkInvariants(stage.world.db, { books, grace: '1 hour' })).toEqual([]);
      await fc.assert(
        fc.asyncProperty(fc.commands(allCommands, { maxCommands: STEPS_MAX, size: 'max' }), async (commands) => {
          await calm(stage.world);
          const code = `model-${(sequences += 1)}`;
          const payees = payeesOf(code);
          const business = await openBusiness(stage, code, payees);
          const model = emptyModel(payees);
          const real = { stage, business, sent: [], check };
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await stage.endFaults();
          await finish(model, real);
        }),
        { numRuns: SEQUENCES, ...(SEED && { seed: Number(SEED) }), endOnFailure: process.env['MODEL_SHRINK'] !== '1' },
      );
    },
    MINUTES_MAX * MINUTE_MS,
  );
});
