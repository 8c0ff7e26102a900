/** The number of cases for each property. `FC_RUNS=100000 npm test -- test/domain` tries more. A failure prints its seed. */
export const RUNS = { numRuns: Number(process.env['FC_RUNS'] ?? 1_000) };

/** The number of sequences that are compared with the model. `MODEL_RUNS=500 npm test -- test/model` tries more. */
export const SEQUENCES = Number(process.env['MODEL_RUNS'] ?? 10);
export const STEPS_MAX = 30;
