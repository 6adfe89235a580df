import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

/** Where a machine wants the counts of a run, beside what people read. */
const report = process.env.SPOTR_TEST_REPORT;

const every = ['test/**/*.test.ts'];
/** One process a worker for all of these: compiling kernels takes longer than most of them compute. */
const sharing = ['test/model/**/*.test.ts', 'test/workflows/**/*.test.ts'];
const never = [...configDefaults.exclude, 'test/soak/**'];

const common = {
  // Dawn wants a process of its own: the driver loader does not see the environment of a worker thread.
  pool: 'forks',
  // A test that hangs must end; how fast the machine is, or what else it does, must not decide. Durations belong to bench/.
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 300_000 } },
} as const;

export default defineConfig({
  test: {
    ...common,
    maxWorkers: 2,
    globalSetup: ['test/setup/adapter.ts', 'test/setup/page-folder.ts'],
    reporters: ['default', ...(report ? [['json', { outputFile: report }] as ['json', object]] : [])],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'alone', include: every, exclude: [...never, ...sharing] } },
      {
        test: {
          ...common,
          name: 'together',
          include: sharing,
          exclude: never,
          isolate: false,
          setupFiles: ['test/setup/shared-process.ts'],
        },
      },
    ],
  },
});
