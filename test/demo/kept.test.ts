import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { edfFile, mapWindows, PATIENCE, saved, state, trainedBeyond } from './steps.ts';

vi.setConfig({ testTimeout: 4 * PATIENCE });

let built: BuiltPage;
const folder = mkdtempSync(join(tmpdir(), 'spotr-kept-'));
beforeAll(async () => {
  built = await openBuiltPage();
});
afterEach(async () => {
  for (const context of built.browser.contexts()) await context.close();
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const edf = (name: string) => ({ name, mimeType: '', buffer: edfFile() });
/** Twelve seconds of one channel at 100 Hz, which says neither that nor what it is. */
const csv = (name: string) =>
  table(
    name,
    `x\n${Array.from({ length: 1200 }, (_, i) => Math.sin(i / 7) + 0.3 * Math.cos(i * i)).join('\n')}\n`,
  );
const table = (name: string, text: string) => ({ name, mimeType: '', buffer: Buffer.from(text) });
const says = (page: Page, id: string) => expect.poll(() => page.textContent(id), { timeout: PATIENCE });

async function choose(page: Page, file: ReturnType<typeof edf>): Promise<void> {
  await page.setInputFiles('#files', file);
  await says(page, '#recording').toBe(file.name);
}

async function openReading(page: Page): Promise<void> {
  await page.click('#reading summary');
  await page.fill('#rate', '100');
}

async function trainAndMap(page: Page): Promise<void> {
  await page.selectOption('#mains', 'none');
  await page.fill('#steps', '2');
  await page.click('#train');
  await state(page, /Finished/);
  await page.waitForSelector('#held-out table', { timeout: PATIENCE });
  await mapWindows(page);
}

it('labels stay through another kind, other windows, other files and a reload; what goes is asked, undone, saved', async () => {
  const { page } = await built.open({ acceptDownloads: true });
  page.setDefaultTimeout(PATIENCE);
  await openReading(page);
  await choose(page, csv('a.csv'));
  await trainAndMap(page);
  expect(await page.textContent('#held-out caption')).toMatch(/^Of a\.csv\. /);
  expect(await page.textContent('#map-note')).toMatch(/^12 windows of a\.csv, tokens of step 2\./);
  await page.setInputFiles('#label-file', table('t.csv', 'file,label,start,duration\na.csv,rest,0,6\n'));
  await says(page, '#legend').toContain('rest (6)');
  await page.focus('#map');
  for (const key of ['n', 'n', 'n', 'a', 'n', 'b']) await page.keyboard.press(key);
  await page.fill('#label', '=1+1');
  await page.click('#labelling button[type=submit]');
  await says(page, '#legend').toContain('=1+1 (2)');
  expect(await page.textContent('#legend')).toContain('rest (4)');
  await page.click('#unlabel');
  await says(page, '#legend').toContain('rest (6)');
  expect(await page.textContent('#undo')).toBe('Undo: label taken off 2 windows');
  await page.click('#undo');
  await says(page, '#legend').toContain('=1+1 (2)');

  // Another kind: the run would end, so it is asked; no leaves everything as it was.
  await page.selectOption('#kind', 'ecg');
  await says(page, '#question-text').toContain('ends the run on a.csv, which is at step 2');
  await page.click('#question-cancel');
  await expect.poll(() => page.inputValue('#kind'), { timeout: 60_000 }).toBe('');
  expect(await page.isVisible('#held-out table')).toBe(true);
  await page.selectOption('#kind', 'ecg');
  await page.click('#question-go');
  await says(page, '#signals-what').toContain(': ECG.');
  // What was made of the signals before does not stand beside these.
  expect(await page.isVisible('#map-body')).toBe(false);
  expect(await page.isVisible('#run')).toBe(false);
  expect(await page.textContent('#held-out')).toBe('');
  expect(await page.textContent('#labels-what')).toBe('Labels by hand or from tables: of 1 recording.');
  await page.fill('#seconds', '2');
  await mapWindows(page);
  await says(page, '#legend').toContain('rest (2)');
  expect(await page.textContent('#legend')).toContain('=1+1 (1)');
  // The marks lie where they lay.
  expect(await page.textContent('#point-a')).toContain('a.csv, 2.0 s');
  const text = readFileSync(await saved(page, folder, '#save-labels'), 'utf8');
  expect(text).toBe(
    `file,start,duration,label,subject,split\na.csv,0,2,rest,,\na.csv,2,2,"'=1+1",,\na.csv,4,2,rest,,\n`,
  );

  // Other files, and the first again; a table in place of another is asked for.
  await choose(page, edf('b.edf'));
  await says(page, '#labels-what').toContain('1 of them not among the signals');
  await choose(page, csv('a.csv'));
  await mapWindows(page);
  await says(page, '#legend').toContain('=1+1 (1)');
  await page.setInputFiles('#label-file', table('u.csv', 'file,label,start,duration\na.csv,other,0,12\n'));
  await says(page, '#question-text').toContain('a.csv (t.csv)');
  await page.click('#question-go');
  await says(page, '#legend').toContain('other (5)');
  await page.click('#undo');
  await says(page, '#legend').toContain('rest (2)');

  await page.reload();
  await page.waitForSelector('body[data-ready=true]', { timeout: PATIENCE });
  await openReading(page);
  await choose(page, csv('a.csv'));
  await says(page, '#labels-what').toContain('of 1 recording');
  expect(readFileSync(await saved(page, folder, '#save-labels'), 'utf8')).toBe(text);

  // Wiping asks, and no leaves what is kept.
  await page.click('#wipe');
  await says(page, '#question-text').toContain('labels of 1 recording');
  await page.click('#question-cancel');
  expect(await page.isVisible('#note')).toBe(false);
  await page.click('#wipe');
  await page.click('#question-go');
  await says(page, '#note').toContain('Wiped');
  expect(await page.textContent('#keeps')).toContain('Nothing that is done here now is kept');
  await page.reload();
  await page.waitForSelector('body[data-ready=true]', { timeout: PATIENCE });
  await openReading(page);
  await choose(page, csv('a.csv'));
  expect(await page.isDisabled('#save-labels')).toBe(true);
});

it('a second tab does not write over what the first keeps, and says so; wiping there wipes it', async () => {
  const context = await built.browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const pages = [await context.newPage(), await context.newPage()] as const;
  for (const page of pages) {
    await page.goto(built.url);
    await page.waitForSelector('body[data-ready=true]');
  }
  const [first, second] = pages;
  await choose(first, edf('mine.edf'));
  await says(first, '#signals-kept').toMatch(/^A copy is kept/);
  await first.fill('#steps', '100000');
  await first.click('#train');
  await trainedBeyond(first, 0);
  await first.click('#pause');
  await state(first, /Paused/);
  await says(first, '#kept-step').toMatch(/kept last at step/);
  await choose(second, edf('other.edf'));
  await says(second, '#note').toContain('Another tab of this page keeps its work');
  expect(await second.textContent('#signals-kept')).toBe('');
  const third = await context.newPage();
  await third.goto(built.url);
  await third.waitForSelector('#kept:not([hidden])');
  expect(await third.textContent('#kept-what')).toContain('a copy of mine.edf, and a run at step');
  await second.click('#wipe');
  await says(second, '#question-text').toContain('a copy of mine.edf');
  await second.click('#question-go');
  await says(second, '#note').toContain('Wiped');
  await says(first, '#note').toContain('Another tab of this page has wiped');
  await third.reload();
  await third.waitForSelector('body[data-ready=true]');
  expect(await third.isVisible('#kept')).toBe(false);
});
