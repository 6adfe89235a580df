import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Long runs, one at a time: `npm run test:soak`. */
const soak = defineConfig({ test: { maxWorkers: 1, testTimeout: 7_200_000 } });

const config = mergeConfig(base, soak);
config.test = { ...config.test, include: ['test/soak/**/*.test.ts'], exclude: [] };

export default config;
