/**
 * `npm run demo:shots [STEPS]`: pictures of the page after a run, on a desk and on a phone, light and dark, in dist/shots;
 * the two that stand in the README go to docs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBuiltPage } from './built-page.ts';

const steps = process.argv[2] ?? '1000';
const folder = fileURLToPath(new URL('../../dist/shots/', import.meta.url));
mkdirSync(folder, { recursive: true });
await using built = await openBuiltPage();
const { page } = await built.open({ viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
page.setDefaultTimeout(3_600_000);
await page.click('#generated');
await page.waitForSelector('#traces canvas');
await page.selectOption('#recording', { label: 'generated EEG, person 1' });
await page.fill('#steps', steps);
await page.click('#train');
await page.waitForSelector('#previews canvas');
await page.screenshot({ path: join(folder, 'training.png'), fullPage: true });
await page.waitForSelector('#held-out table');
await page.click('#embed');
await page.waitForSelector('#map-body:not([hidden])');
await page.focus('#map');
// Windows of two people's PPG.
for (const [windows, key] of [
  [200, 'a'],
  [100, 'b'],
] as const) {
  for (let i = 0; i < windows; i++) await page.keyboard.press('n');
  await page.keyboard.press(key);
}
await page.waitForSelector('#shown-between canvas');
await page.selectOption('#probe-of', 'eeg');
await page.click('#probe');
await page.waitForSelector('#probed table');
await page.selectOption('#map-kind', 'umap');
await page.waitForFunction(() => document.querySelector('#map-note')?.textContent?.includes('UMAP'));

/** A part of the page in a format that a README can carry. */
async function forReadme(section: string, name: string): Promise<void> {
  await page.waitForTimeout(500);
  const box = await page.locator(section).boundingBox();
  if (!box) throw new Error(`There is nothing to see of ${section}.`);
  const scrolled = await page.evaluate(() => scrollY);
  const control = await page.context().newCDPSession(page);
  const { data } = await control.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 75,
    captureBeyondViewport: true,
    clip: { ...box, y: box.y + scrolled, scale: 1 },
  });
  writeFileSync(
    fileURLToPath(new URL(`../../docs/${name}.webp`, import.meta.url)),
    Buffer.from(data, 'base64'),
  );
}
await forReadme('#training', 'page-training');
await forReadme('#tokens', 'page-token');
for (const [device, width, height] of [
  ['desktop', 1200, 900],
  ['phone', 390, 844],
] as const)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(1500);
    await page.screenshot({ path: join(folder, `${device}-${colorScheme}.png`), fullPage: true });
    for (const section of ['signals', 'training', 'tokens', 'labels'])
      await page
        .locator(`#${section}`)
        .screenshot({ path: join(folder, `${device}-${colorScheme}-${section}.png`) });
    const wide = await page.evaluate((most) => {
      const all = [...document.querySelectorAll<HTMLElement>('body *')];
      return all
        .filter(
          (one) => one.getBoundingClientRect().right > most + 1 && !one.closest('.scroll, .hidden, .chart'),
        )
        .map((one) => `${one.tagName}#${one.id}`);
    }, width);
    if (wide.length > 0) console.log(`Wider than ${width} pixels: ${wide.join(', ')}`);
  }
console.log(`Pictures are in ${folder}`);
