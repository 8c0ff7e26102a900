import { defineConfig } from 'vitest/config';

/** Rules need no server and start at once; everything else shares the servers that the global set-up starts. */
const RULES = ['test/domain/**/*.test.ts', 'test/docs/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native parts crash in worker threads
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'rules', include: RULES } },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: RULES,
          globalSetup: 'test/support/global-setup.ts',
        },
      },
    ],
  },
});
