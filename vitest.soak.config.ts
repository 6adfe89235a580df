import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Long runs, one at a time: `npm run test:soak`. The property tests of operations (Node, Chromium) and damaged files come along, with many more cases. */
const soak = defineConfig({ test: { maxWorkers: 1, testTimeout: 7_200_000, env: { SPOTR_FUZZ: '25' } } });

const config = mergeConfig(base, soak);
config.test = {
  ...config.test,
  // Every file has a process of its own.
  projects: undefined,
  include: [
    'test/soak/**/*.test.ts',
    'test/engine/ops.test.ts',
    'test/browser/ops.test.ts',
    'test/data/fuzz/*.test.ts',
  ],
  exclude: [],
};

export default config;
