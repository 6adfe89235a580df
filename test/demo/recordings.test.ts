import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { sharedSignals } from '../data/shared-signals.ts';
import { startSpotr } from '../support/spotr-process.ts';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { drop, edfFile, mapWindows, numberOf, PATIENCE, saved, state, trainedBeyond } from './steps.ts';

vi.setConfig({ testTimeout: 4 * PATIENCE });

let built: BuiltPage;
/** One page for what is trained: kernels are compiled once. */
let page: Page;
const folder = mkdtempSync(join(tmpdir(), 'spotr-demo-'));
beforeAll(async () => {
  built = await openBuiltPage();
  ({ page } = await built.open({ acceptDownloads: true }));
});
afterAll(async () => {
  await built[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** So many that the loss is seen to fall. */
const STEPS = 50;
const real = sharedSignals('recordings on the page');

/** `spotr` in the folder of this test. */
async function spotr(...args: string[]): Promise<void> {
  const command = startSpotr(args, folder);
  expect(await command.ended, command.said()).toBe(0);
}

const linesOf = (path: string) => readFileSync(path, 'utf8').trim().split('\n');
/** Of a line of embeddings.csv. */
const valuesOf = (line = '') => line.split(',').slice(9).map(Number);

/** @returns how many numbers were compared, and how far they are apart at most. */
function apart(own: readonly string[], other: readonly string[]) {
  const differences = own.slice(1).flatMap((line, row) => {
    const theirs = valuesOf(other[row + 1]);
    return valuesOf(line).map((value, i) => Math.abs(value - (theirs[i] ?? Number.NaN)));
  });
  return { numbers: differences.length, most: Math.max(...differences) };
}

it('trains on a dropped EDF, pauses, reloads, resumes; what is saved gives the same embedding in Node', async () => {
  const path = real && join(real, 'eeg/edf-bdf/edfio/short_psg.edf');
  const edf = path ? readFileSync(path) : edfFile();
  const name = path ? basename(path) : 'drop.edf';
  writeFileSync(join(folder, name), edf);
  await drop(page, { [name]: edf });
  await page.waitForSelector('#traces canvas');
  expect(await page.textContent('#signals-what')).toMatch(/^1 recording \(EDF\), \d+:\d\d of signal/);
  await expect
    .poll(() => page.textContent('#signals-kept'), { timeout: PATIENCE })
    .toMatch(/^A copy is kept/);
  await page.selectOption('#mains', 'none');
  await page.fill('#steps', String(STEPS));
  await page.click('#train');
  await trainedBeyond(page, 0);
  const first = await numberOf(page, 'loss');
  await trainedBeyond(page, 5);
  await page.click('#pause');
  await state(page, /Paused/);
  const paused = await numberOf(page, 'step');
  expect(paused).toBeLessThan(STEPS);

  await page.reload();
  await page.waitForSelector('#kept:not([hidden])');
  expect(await page.textContent('#kept-what')).toContain(`${name}, and a run at step ${paused} of ${STEPS}`);
  await page.click('#restore');
  await page.waitForSelector('#resume:not([hidden])', { timeout: PATIENCE });
  await page.click('#resume');
  await state(page, /Finished/);
  await page.waitForSelector('#held-out table', { timeout: PATIENCE });
  expect(await numberOf(page, 'step')).toBe(STEPS);
  const last = await numberOf(page, 'loss');
  console.log(`Loss ${first} at the first step, ${last} after ${STEPS}`);
  // A busy machine may show the first loss late; a model that has learned nothing starts at about 1.4.
  expect(last).toBeLessThan(Math.min(first, 1.1));

  await mapWindows(page);
  const weights = await saved(page, folder, '#save-weights');
  const own = linesOf(await saved(page, folder, '#save-csv'));
  await spotr('embed', name, '--weights', weights, '--window', '1', '--mains', 'none', '--out', 'node.csv');
  const theirs = linesOf(join(folder, 'node.csv'));
  expect(own).toHaveLength(theirs.length);
  expect(own[0]).toBe(theirs[0]);
  const { numbers, most } = apart(own, theirs);
  console.log(`Largest difference to Node over ${numbers} values: ${most}`);
  expect(numbers).toBe((own.length - 1) * 64);
  expect(most).toBeLessThan(1e-4);

  const rows = await parquetReadObjects({
    file: await asyncBufferFromFile(await saved(page, folder, '#save-parquet')),
  });
  expect(rows.map(({ start, recording }) => `${recording} ${start}`)).toEqual(
    own.slice(1).map((line) => line.split(',').slice(0, 2).join(' ')),
  );
  expect(Math.fround(valuesOf(own[1])[0] as number)).toBe((rows[0] as { embedding: number[] }).embedding[0]);

  const table = `file,label,start,duration\n${name},left,0,6\n${name},right,6,6\n`;
  await page.setInputFiles('#label-file', { name: 'labels.csv', mimeType: '', buffer: Buffer.from(table) });
  await expect.poll(() => page.textContent('#legend')).toContain('left (6)');
  await page.click('#probe');
  await expect.poll(() => page.textContent('#probed'), { timeout: PATIENCE }).toContain('Too few recordings');

  await page.fill('#seconds', '3');
  await page.setInputFiles('#weights', weights);
  expect(await page.textContent('#question-text')).toContain(
    `ends the run on ${name}, which is at step ${STEPS}`,
  );
  await page.click('#question-go');
  await expect
    .poll(() => page.textContent('#note'), { timeout: PATIENCE })
    .toContain('trained on windows of 1 s');
  expect(await page.inputValue('#seconds')).toBe('1');
  await expect.poll(() => page.textContent('#model-what'), { timeout: PATIENCE }).toContain('tiny');
  await mapWindows(page);
  const again = linesOf(await saved(page, folder, '#save-csv'));
  expect(again.slice(1).map(valuesOf)).toEqual(own.slice(1).map(valuesOf));
});

it('trains the same weights as the command', async () => {
  writeFileSync(join(folder, 'same.edf'), edfFile());
  await drop(page, { 'same.edf': edfFile() });
  await expect.poll(() => page.textContent('#recording'), { timeout: PATIENCE }).toBe('same.edf');
  await page.uncheck('#from-loaded');
  await page.selectOption('#mains', 'none');
  await page.fill('#steps', '4');
  await page.click('#train');
  await state(page, /Finished/);
  const inPage = readFileSync(await saved(page, folder, '#save-weights'));
  const run = join(folder, 'run');
  // The page's windows do not overlap.
  const how = ['--steps', '4', '--window', '1', '--stride', '1', '--mains', 'none'];
  await spotr('pretrain', 'same.edf', ...how, '--out', run, '--quiet');
  const theirs = decodeSafetensors(readFileSync(join(run, 'encoder.safetensors')), 'run').tensors;
  const own = decodeSafetensors(inPage, 'page').tensors;
  let most = 0;
  for (const [name, { data }] of theirs)
    for (const [i, value] of data.entries())
      most = Math.max(most, Math.abs(value - (own.get(`encoder.${name}`)?.data[i] ?? Number.NaN)));
  console.log(`Largest difference of a weight to the command's after the same 4 steps: ${most}`);
  // Another driver rounds otherwise, and the first steps of AdamW make as much of rounding as of anything.
  const { adapter } = JSON.parse(readFileSync(join(run, 'state.json'), 'utf8')) as { adapter: string };
  expect(most).toBeLessThanOrEqual(/swiftshader/i.test(adapter) ? 1e-7 : 2 * 4 * 4e-3);
});

it('reads weights of PyTorch, and says what their renderer needs', async () => {
  // Those of the run before.
  await spotr('convert', join(folder, 'run/encoder.safetensors'), join(folder, 'encoder.pt'));
  await page.setInputFiles('#weights', join(folder, 'encoder.pt'));
  await expect.poll(() => page.textContent('#question-text')).toContain('ends the run on same.edf');
  await page.click('#question-go');
  await expect
    .poll(() => page.textContent('#model-what'), { timeout: PATIENCE })
    .toMatch(/tiny.*not been trained/);
  await mapWindows(page);
  await page.setInputFiles('#weights', { name: 'none.pt', mimeType: '', buffer: Buffer.from('no weights') });
  await expect.poll(() => page.textContent('#problem'), { timeout: PATIENCE }).toMatch(/none\.pt/);
});
