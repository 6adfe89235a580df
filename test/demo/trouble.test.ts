import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { edfFile, PATIENCE } from './steps.ts';

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage();
});
afterAll(() => built[Symbol.asyncDispose]());

it('says what is wrong with a broken file, and goes on', async () => {
  const { context, page } = await built.open();
  await page.setInputFiles('#files', { name: 'cut.edf', mimeType: '', buffer: edfFile().subarray(0, 300) });
  await expect.poll(() => page.textContent('#problem'), { timeout: PATIENCE }).toMatch(/^cut\.edf/);
  expect(await page.isVisible('#signals-body')).toBe(false);
  await page.setInputFiles('#files', { name: 'lead.csv', mimeType: '', buffer: Buffer.from('a\n1\n2\n3\n') });
  await expect.poll(() => page.textContent('#problem'), { timeout: PATIENCE }).toMatch(/^lead\.csv.*rate/s);
  await page.click('#generated');
  await page.waitForSelector('#traces canvas');
  expect(await page.isVisible('#problem')).toBe(false);
  // What was there before a broken file is there after it.
  await page.setInputFiles('#files', { name: 'cut.edf', mimeType: '', buffer: edfFile().subarray(0, 300) });
  await expect.poll(() => page.textContent('#problem'), { timeout: PATIENCE }).toMatch(/^cut\.edf/);
  expect(await page.textContent('#signals-what')).toMatch(/^24 recordings \(generated\)/);
  await context.close();
});

it('helps where there is no WebGPU, and still shows recordings', async () => {
  await using bare = await openBuiltPage({ webgpu: false });
  const { page } = await bare.open();
  expect(await page.textContent('#help')).toMatch(/no WebGPU.*Safari 26/s);
  await page.click('#generated');
  await page.waitForSelector('#traces canvas');
  expect(await page.isVisible('#training')).toBe(false);
});
