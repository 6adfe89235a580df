/** What is skipped is said aloud, in the run itself: see `notTested`. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Those that say it. */
const SAYING = /\b(notTested|hasHalf|lacksHalf|sharedSignals)\(/;
const SKIPPING = /\.(skip|skipIf|runIf|todo)\b/;

const silent = (text: string) => SKIPPING.test(text) && !SAYING.test(text);

it('every file that may skip a test says which, and why', () => {
  expect(silent("it.runIf(has)('works')")).toBe(true);
  expect(silent("const has = await hasHalf('it');\nit.runIf(has)('works')")).toBe(false);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  expect(files.length).toBeGreaterThan(100);
  const own = fileURLToPath(import.meta.url).slice(root.length);
  expect(files.filter((file) => file !== own && silent(readFileSync(`${root}${file}`, 'utf8')))).toEqual([]);
});
