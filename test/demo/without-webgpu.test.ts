/**
 * What the page does with files and settings, in a browser without WebGPU: where there is an adapter, every page that is opened
 * compiles all kernels, which takes a software adapter longer than all that is done here.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { sharedSignals } from '../data/shared-signals.ts';
import { format16, interleave } from '../data/writers.ts';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { drop, edfFile, PATIENCE, sectionsOf } from './steps.ts';

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage({ webgpu: false });
});
afterEach(async () => {
  for (const context of built.browser.contexts()) await context.close();
});
afterAll(() => built[Symbol.asyncDispose]());

const real = sharedSignals('recordings on the page');

it('helps where there is no WebGPU, and still shows recordings', async () => {
  const { page } = await built.open();
  expect(await page.textContent('#help')).toMatch(/no WebGPU.*Safari 26/s);
  expect(await sectionsOf(page)).toEqual(['This page needs WebGPU', '1 Signals', '2 Files']);
  await page.click('#generated');
  await page.waitForSelector('#traces canvas');
  expect(await page.isVisible('#training')).toBe(false);
});

it('says what is wrong with a broken file, and goes on', async () => {
  const { page } = await built.open();
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
});

/** Drops a folder in which a file is found when `window.found()` is called. */
async function dropSlowly(page: Page, name: string): Promise<void> {
  await page.evaluate((named) => {
    const file = { name: named, isFile: true, isDirectory: false, fullPath: `/${named}` };
    const held = {
      ...file,
      file: (resolve: (file: File) => void) =>
        Object.assign(globalThis, { found: () => resolve(new File(['x\n1\n2\n'], named)) }),
    };
    const entries = [held];
    const folderEntry = {
      ...{ name: 'folder', isFile: false, isDirectory: true, fullPath: '/folder' },
      createReader: () => ({
        readEntries: (resolve: (some: unknown[]) => void) => resolve(entries.splice(0)),
      }),
    };
    const data = new DataTransfer();
    data.items.add(new File([], 'folder'));
    const own = DataTransferItem.prototype.webkitGetAsEntry;
    DataTransferItem.prototype.webkitGetAsEntry = () => folderEntry as unknown as FileSystemEntry;
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    DataTransferItem.prototype.webkitGetAsEntry = own;
  }, name);
}

it('of files chosen twice quickly the last ones are worked on, though the first are found later', async () => {
  const { page } = await built.open();
  await dropSlowly(page, 'first.csv');
  await page.setInputFiles('#files', { name: 'second.edf', mimeType: '', buffer: edfFile() });
  await expect
    .poll(() => page.textContent('#signals-what'), { timeout: PATIENCE })
    .toMatch(/^1 recording \(EDF\)/);
  await page.evaluate(() => (globalThis as unknown as { found(): void }).found());
  await page.waitForTimeout(500);
  expect(await page.textContent('#signals-what')).toMatch(/^1 recording \(EDF\)/);
  expect(await page.isVisible('#problem')).toBe(false);
  expect(await page.textContent('#recording')).toBe('second.edf');
  expect(await page.getAttribute('#drop', 'aria-busy')).toBeNull();
});

it('offers the recipe and the learning rate that go with a size, until a person chooses', async () => {
  const { page } = await built.open();
  // The settings come into sight with signals, which are not needed here.
  const set = (id: string, value: string) =>
    page.$eval(
      id,
      (field: HTMLSelectElement | HTMLInputElement, chosen) => {
        field.value = chosen;
        for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }));
      },
      value,
    );
  const offered = async (size: string) => {
    await set('#size', size);
    return [await page.inputValue('#recipe'), await page.inputValue('#lr')];
  };
  expect([await page.inputValue('#recipe'), await page.inputValue('#lr')]).toEqual(['quick', '0.004']);
  expect(await offered('small')).toEqual(['quick', '0.001']);
  expect(await offered('base')).toEqual(['paper', '0.0002']);
  expect(await offered('tiny')).toEqual(['quick', '0.004']);
  await set('#recipe', 'paper');
  expect(await page.inputValue('#lr')).toBe('0.002');
  expect(await offered('small')).toEqual(['paper', '0.0002']);
  await set('#lr', '0.5');
  expect(await offered('tiny')).toEqual(['paper', '0.5']);
});

/** [rows, columns] of little-endian float32, as NumPy writes it. */
function npyFile(rows: number, columns: number, value: (row: number, column: number) => number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const text = `${header.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    value(Math.floor(i / columns), i % columns),
  );
  return Buffer.concat([start, Buffer.from(text), Buffer.from(values.buffer)]);
}

/** Two leads of a few seconds, as a header and a signal file that belong together. */
function wfdbPair(name: string): Record<string, Uint8Array> {
  const lead = (period: number) =>
    Array.from({ length: 2500 }, (_, i) => Math.round(400 * Math.sin(i / period)));
  const header = `${name} 2 250 2500\n${name}.dat 16 200/mV 16 0 0 0 0 II\n${name}.dat 16 200/mV 16 0 0 0 0 V5\n`;
  return {
    [`${name}.hea`]: Buffer.from(header),
    [`${name}.dat`]: Uint8Array.from(format16(interleave([lead(9), lead(14)]))),
  };
}

const file = (path: string) => ({ [basename(path)]: readFileSync(join(real ?? '', path)) });
const wave = (row: number, column: number) => Math.sin((row + column) / (11 + column));

/** What is dropped, and what the page is to say of it: of every format one, real where there are real ones. */
const DROPPED: readonly (readonly [
  name: string,
  files: () => Readonly<Record<string, Uint8Array>>,
  said: RegExp,
  more?: { readonly folder?: string; readonly rate?: string },
])[] = [
  [
    'NPY',
    () => ({ 'two.npy': npyFile(2, 2000, (row, column) => wave(column, row)) }),
    /NPY.*0:20/,
    { rate: '100' },
  ],
  [
    'CSV',
    () => ({
      'beats.csv': Buffer.from(
        `time,II\n${Array.from({ length: 900 }, (_, i) => `${i / 100},${wave(i, 0)}`).join('\n')}\n`,
      ),
    }),
    /0:09/,
  ],
  ['WFDB', () => wfdbPair('pair'), /1 recording \(WFDB.*0:10/],
  ['WFDB in a folder', () => wfdbPair('pair'), /1 recording \(WFDB.*0:10/, { folder: 'patient' }],
  ...(real
    ? ([
        ['real BDF', () => file('eeg/edf-bdf/edf.jl/bdf_test.bdf'), /1 recording \(BDF.*1:13/],
        [
          'real WFDB',
          () => ({ ...file('ecg/wfdb/100_3chan.hea'), ...file('ecg/wfdb/100_3chan.dat') }),
          /1 recording \(WFDB.*0:03/,
        ],
        [
          'real EDF of many channels',
          () => file('eeg/edf-bdf/mne/test_edf_stim_channel.edf'),
          /1 recording \(EDF.*0:10/,
        ],
        ['real CSV', () => file('ppg/heartpy/data.csv'), /1 recording/, { rate: '100' }],
      ] as const)
    : []),
];

it('reads every format as it is dropped, alone or in a folder', async () => {
  const { page } = await built.open();
  for (const [name, files, said, { folder: inFolder, rate = '' } = {}] of DROPPED) {
    await page.evaluate(() => {
      document.querySelector<HTMLDetailsElement>('#reading')?.setAttribute('open', '');
    });
    await page.fill('#rate', rate);
    await drop(page, files(), inFolder);
    await expect
      .poll(async () => `${await page.textContent('#signals-what')} ${await page.textContent('#problem')}`, {
        timeout: PATIENCE,
        message: name,
      })
      .toMatch(said);
    expect(await page.locator('#problem:visible').allTextContents(), name).toEqual([]);
    await page.waitForSelector('#traces canvas');
  }
});
