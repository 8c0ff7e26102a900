/** How often each property is tried; more by `FC_RUNS=100000 npm test -- test/domain`. A failure prints its seed. */
export const RUNS = { numRuns: Number(process.env['FC_RUNS'] ?? 1_000) };
