import { configDefaults, defineConfig } from 'vitest/config';

/** Where a machine wants the counts of a run, beside what people read. */
const report = process.env.SPOTR_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/soak/**'],
    globalSetup: ['test/setup/adapter.ts', 'test/setup/page-folder.ts'],
    // Dawn wants a process of its own: the driver loader does not see the environment of a worker thread.
    pool: 'forks',
    maxWorkers: 2,
    // A test that hangs must end; how fast the machine is, or what else it does, must not decide. Durations belong to bench/.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
    reporters: ['default', ...(report ? [['json', { outputFile: report }] as ['json', object]] : [])],
  },
});
