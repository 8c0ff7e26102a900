import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rules need no server and start at once; everything else shares the servers that the global set-up starts. */
const RULES = ['test/domain/**/*.test.ts', 'test/docs/**/*.test.ts'];

/** Whole runs, which take longest. They begin first, or one of them would be left alone at the end: a fresh checkout knows sizes only. */
const LONG =
  /\/test\/(chaos|e2e|activities\/payouts\/(unclear|batches)|workflows\/(outcomes|inbox|approval|disruption))\b/;

const rankOf = ({ project, moduleId }: TestSpecification): number =>
  project.name === 'rules' ? 0 : LONG.test(moduleId) ? 1 : 2;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own, which changes nothing
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks', // Temporal's native parts crash in worker threads
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
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
