/** How often each property is tried; more by `FC_RUNS=100000 npm test -- test/domain`. A failure prints its seed. */
export const RUNS = { numRuns: Number(process.env['FC_RUNS'] ?? 1_000) };

/** How many sequences of steps are compared with the model; more by `MODEL_RUNS=500 npm test -- test/model`. */
export const SEQUENCES = Number(process.env['MODEL_RUNS'] ?? 10);
export const STEPS_MAX = 30;
