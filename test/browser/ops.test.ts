import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registeredOps } from '../../engine/index.ts';
import { runs } from '../support/engine.ts';
import { references } from '../support/references.ts';
import { openBrowser, type TestBrowser } from './launch.ts';
import type { CasesToTry, CasesTried } from './modules/check-op.ts';

/** The first of the cases that test/engine tries in Node, from the same seeds: here the driver's compiler is another one. */
const CASES = { f32: runs(6), f16: runs(6), differences: runs(2) };

describe('in Chromium', () => {
  let browser: TestBrowser;
  const done: CasesTried[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    console.log(table(done));
  });

  it.each(references.map(({ op }) => op))(
    '%s matches its float64 reference, and the reference finite differences',
    async (op) => {
      const toTry: CasesToTry = { op, ...CASES };
      const tried = await browser.run<CasesTried>('test/browser/modules/check-op.ts', toTry);
      done.push(tried);
      expect(tried.f32).toBe(CASES.f32);
      expect(tried.registered).toEqual([...registeredOps().keys()]);
    },
  );
});

/** One line an operation. */
function table(done: readonly CasesTried[]): string {
  const [first] = done;
  if (!first) return 'No operation was checked in Chromium.';
  const seconds = done.reduce((sum, tried) => sum + tried.seconds, 0);
  const untested = done.some(({ f16 }) => f16 > 0) ? '' : '; NOT TESTED: f16, which the adapter cannot store';
  return [
    `${done.length} operations on ${first.adapter} in ${seconds.toFixed(1)} s${untested}`,
    ...done.map(({ op, f32, f16, differences, seconds }) => {
      const halves = f16 > 0 ? `, ${f16} stored as f16` : '';
      return `  ${op.padEnd(16)} ${f32} cases${halves}, ${differences} of the reference, ${seconds.toFixed(2)} s`;
    }),
  ].join('\n');
}
