import { resolve } from 'node:path';

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rules need no server and start at once; everything else shares the servers that the global set-up starts. */
const RULES = ['test/domain/**/*.test.ts', 'test/docs/**/*.test.ts', 'test/tidy/**/*.test.ts'];

/**
 * The files that take longest, in this order: they begin first, or one of them would be left alone at the end. A fresh checkout
 * knows the sizes of files only.
 */
const LONGEST = [
  'activities/earnings/any-order',
  'activities/books/audit-any-order',
  'chaos/chaos',
  'activities/earnings/shares',
  'activities/books/audit',
  'bench/bench',
  'activities/payouts/unclear',
  'e2e/olist',
  'pages/story',
  'pages/portal',
  'workflows/outcomes',
  'workflows/disruption',
  'activities/payouts/last-question',
  'activities/payouts/batches',
  'e2e/demo',
  'workflows/inbox',
  'workflows/long-waits',
  'workflows/approval',
  'workflows/schedules',
  'api/hostile',
  'activities/books/reconciliation',
  'workflows/after-sent',
  'workflows/checks',
  'db/books/invariants',
  'workflows/resolutions',
  'gateways/contract',
  'model/model',
  'e2e/industries',
];

/** Rules come last: each is short, and a process keeps what it has loaded for the files of one project only. */
const rankOf = ({ project, moduleId }: TestSpecification): number => {
  if (project.name === 'rules') return LONGEST.length + 1;
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return rank < 0 ? LONGEST.length : rank;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own, which changes nothing
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native parts crash in worker threads
    maxWorkers: 4, // on two cores: tests of servers wait as long as they work
    experimental: { viteModuleRunner: false, nodeLoader: false }, // Node runs TypeScript itself, as it runs the product
    isolate: false, // a file in a process of its own would load the SDKs again; no test replaces a module
    sequence: { sequencer: LongestFirst },
    env: { NODE_COMPILE_CACHE: resolve('.data/compile-cache') }, // for the processes that tests start
    // Bounds for a machine that is busy with others, not expectations: a test waits for a state and is done when it is there.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 120_000, interval: 10 } },
    projects: [
      { extends: true, test: { name: 'rules', include: RULES } },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: RULES,
          globalSetup: 'test/fixtures/global-setup.ts',
        },
      },
    ],
  },
});
