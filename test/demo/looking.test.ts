import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { generatedRecordings } from '../../demo/worker/generated.ts';
import { SERIES } from '../../figures/palette.ts';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { mapWindows, PATIENCE, prepare, sectionsOf, state } from './steps.ts';

vi.setConfig({ testTimeout: 4 * PATIENCE });

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage();
});
afterAll(() => built[Symbol.asyncDispose]());

const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** How many pixels of the losses' curve have each of some colours, as `#rrggbb`. */
const pixelsOf = (page: Page, colours: readonly string[]): Promise<number[]> =>
  page.evaluate((wanted) => {
    const canvas = document.querySelector<HTMLCanvasElement>('#curve canvas');
    const { data = [] } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {};
    const counts = wanted.map(() => 0);
    for (let at = 0; at < data.length; at += 4) {
      const hex = `#${[...data.slice(at, at + 3)].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
      const found = data[at + 3] === 255 ? wanted.indexOf(hex) : -1;
      if (found >= 0) counts[found] = (counts[found] ?? 0) + 1;
    }
    return counts;
  }, colours);

interface Fault {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<{ violations: Fault[] }> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

it('shows a point and the signals between two, probes the labels, and has no serious fault for axe', async () => {
  const { context, page } = await built.open({ colorScheme: 'light' });
  // The first steps of each of the four kinds: every one is seen.
  await prepare(page, 12);
  await page.fill('#seconds', '4');
  await page.click('#train');
  await state(page, /Finished/);
  await expect
    .poll(async () => Math.min(...(await pixelsOf(page, SERIES.light.slice(0, 4)))), { timeout: PATIENCE })
    .toBeGreaterThan(8);
  // Nothing is drawn in the colour of a fifth.
  expect(await pixelsOf(page, SERIES.light.slice(4, 6))).toEqual([0, 0]);
  // Kinds, and of each the floor and PCA: the legend has lines as they are drawn.
  const markers = page.locator('.u-legend .u-marker');
  const stylesOf = () =>
    markers.evaluateAll((all) =>
      all.map((one) => getComputedStyle(one).borderTopStyle).filter((style) => style !== 'none'),
    );
  const yardsticks = Array.from({ length: 4 }, () => ['dashed', 'dotted']).flat();
  await expect
    .poll(stylesOf, { timeout: PATIENCE })
    .toEqual([...Array.from({ length: 4 }, () => 'solid'), ...yardsticks]);
  await mapWindows(page);
  expect(await sectionsOf(page)).toEqual([
    ...['1 Signals', '2 Training', '3 The one token', '4 Labels and probe', '5 Files'],
  ]);
  await page.focus('#map');
  for (const key of ['n', 'a', 'n', 'n', 'b']) await page.keyboard.press(key);
  await page.waitForSelector('#shown-window canvas', { timeout: PATIENCE });
  await page.waitForSelector('#shown-between canvas', { timeout: PATIENCE });
  expect(await page.textContent('#shown-between figcaption')).toContain('50 % of the way');
  await page.fill('#between', '100');
  await expect
    .poll(() => page.textContent('#shown-between figcaption'), { timeout: PATIENCE })
    .toContain('100 % of the way');
  await page.fill('#label', 'mine');
  await page.click('#labelling button[type=submit]');
  await expect.poll(() => page.textContent('#legend')).toContain('mine (3)');
  await page.selectOption('#probe-of', 'eeg');
  await page.click('#probe');
  await page.waitForSelector('#probed table', { timeout: PATIENCE });
  expect(await page.locator('#probed li').first().textContent()).toMatch(
    /^Divided by person.*No test subject is in training or validation\.$/,
  );
  // What the table was made of is not what there is any more.
  const person = 'generated EEG, person 1';
  const rows = (generatedRecordings().labels.get(person) ?? []).map(
    ({ start, seconds, label }) => `"${person}",${label},${start},${seconds},Ann`,
  );
  const subject = `file,label,start,duration,subject\n${rows.join('\n')}\n`;
  await page.setInputFiles('#label-file', { name: 's.csv', mimeType: '', buffer: Buffer.from(subject) });
  await expect
    .poll(() => page.textContent('#probed'), { timeout: PATIENCE })
    .toContain('Subjects or parts have changed since: this is of those before.');
  await page.click('#undo');
  await expect.poll(() => page.isVisible('#probed-before')).toBe(false);
  expect(await page.textContent('#probed')).toContain('No test subject is in training or validation.');
  await page.selectOption('#map-kind', 'umap');
  await expect.poll(() => page.textContent('#map-note'), { timeout: PATIENCE }).toContain('UMAP');
  for (const [scheme, width] of [
    ['light', 1200],
    ['dark', 390],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await seriousFaults(page), `${scheme}, ${width} wide`).toEqual([]);
  }
  await context.close();
});

it('draws A at 0 %, B at 100 %, and neither halfway between them', async () => {
  const { context, page } = await built.open();
  await prepare(page, 12);
  await page.click('#train');
  await state(page, /Finished/);
  await mapWindows(page);
  const drawn = () =>
    page.evaluate(
      () => document.querySelector<HTMLCanvasElement>('#shown-between canvas')?.toDataURL() ?? 'nothing',
    );
  const press = async (keys: string, times = 1) => {
    await page.focus('#map');
    for (let i = 0; i < times; i++) for (const key of keys) await page.keyboard.press(key);
  };
  const at = async (part: number) => {
    await page.fill('#between', String(part));
    await expect
      .poll(() => page.textContent('#shown-between figcaption'), { timeout: PATIENCE })
      // "50 % of the way" holds "0 % of the way" too.
      .toMatch(new RegExp(`^${part} % of the way`));
    await page.waitForSelector('#shown-between canvas');
    return drawn();
  };
  // Halfway between a window and itself is the window.
  await press('n', 20);
  await press('ab');
  await page.waitForSelector('#shown-between canvas', { timeout: PATIENCE });
  const a = await at(50);
  await press('n', 30);
  await press('b');
  await expect.poll(() => page.textContent('#point-b'), { timeout: PATIENCE }).toContain('17.0 s');
  const half = await at(50);
  const [zero, whole] = [await at(0), await at(100)];
  expect(zero).toBe(a);
  expect(new Set([zero, half, whole]).size).toBe(3);
  await press('a');
  await page.fill('#between', '50');
  await expect.poll(drawn, { timeout: PATIENCE }).toBe(whole);
  expect(await at(50)).toBe(whole);
  await context.close();
});
