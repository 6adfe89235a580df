import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

/** Where a machine wants the counts of a run, beside what people read. */
const report = process.env.SPOTR_TEST_REPORT;

/** One process a worker for all of these: compiling kernels takes longer than most of them compute. */
const SHARING = ['base', 'checkpoint', 'cli', 'data', 'engine', 'evaluate', 'model', 'workflows'];
const sharing = SHARING.map((room) => `test/${room}/**/*.test.ts`);
/** They lose devices, look at how the browser's GPU is asked, or put modules of their own in place. */
const alone = [
  ...['test/engine/device.test.ts', 'test/engine/kernel.test.ts'],
  ...['test/cli/embed-journal.test.ts', 'test/cli/weights/cache.test.ts'],
];
const others = [`test/!(${SHARING.join('|')})/**/*.test.ts`, 'test/*.test.ts', ...alone];
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
      { test: { ...common, name: 'alone', include: others, exclude: never } },
      {
        test: {
          ...common,
          name: 'together',
          include: sharing,
          exclude: [...never, ...alone],
          isolate: false,
          setupFiles: ['test/setup/shared-process.ts'],
        },
      },
    ],
  },
});
