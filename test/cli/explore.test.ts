import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEmbeddings } from '../../cli/common/embeddings/read.ts';
import { RandomStream } from '../../data/index.ts';
import { evenly } from '../../workflows/maps.ts';
import { openBrowser } from '../browser/launch.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-explore-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const explore = (...argv: string[]) => spotr('explore', ...argv);

interface Row {
  readonly recording: string;
  readonly start: number;
  readonly embedding: readonly (number | null)[];
  readonly label?: string | null;
  readonly subject?: string;
}

const HOSTILE = '</script><script>window.harmed = 1</script><img src=x onerror="window.harmed = 1">';
const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const NAMES = ['dataset', 'modality', 'subject', 'split', 'label'] as const;

/** As `spotr embed` writes them. */
function write(path: string, rows: readonly Row[], metadata: Readonly<Record<string, string>> = {}) {
  const list = (name: string, element: { type: 'BYTE_ARRAY' | 'FLOAT'; converted_type?: 'UTF8' }) => [
    { name, num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' } as const,
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' } as const,
    { name: 'element', repetition_type: 'OPTIONAL', ...element } as const,
  ];
  const columns: Record<string, readonly unknown[]> = {
    recording: rows.map(({ recording }) => recording),
    start: rows.map(({ start }) => start),
    seconds: rows.map(() => 2),
    channels: rows.map(() => ['Fp1', 'Fp2']),
    dataset: rows.map(() => 'generated'),
    modality: rows.map((_, i) => (i % 2 ? 'eeg' : 'ecg')),
    subject: rows.map(({ subject }) => subject ?? null),
    split: rows.map(() => null),
    label: rows.map(({ label }) => label ?? null),
    embedding: rows.map(({ embedding }) => embedding),
  };
  const buffer = parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, data]) => ({ name, data }) as unknown as ColumnSource),
    schema: [
      { name: 'root', num_children: 10 },
      { name: 'recording', repetition_type: 'REQUIRED', ...TEXT },
      { name: 'start', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      { name: 'seconds', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      ...list('channels', TEXT),
      ...NAMES.map((name) => ({ name, repetition_type: 'OPTIONAL', ...TEXT }) as const),
      ...list('embedding', { type: 'FLOAT' }),
    ],
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key: `spotr.${key}`, value })),
    // Several groups of rows, as large files have.
    rowGroupSize: 7,
  });
  writeFileSync(path, new Uint8Array(buffer));
}

/** Clouds, one a class, far apart along one axis each. */
function clouds(count: number, classes: number, dim = 6): Row[] {
  const random = new RandomStream(4, count, classes);
  return Array.from({ length: count }, (_, i) => ({
    recording: i % 3 ? `r${i % 3}.edf` : HOSTILE,
    start: 2 * Math.floor(i / 3),
    subject: `s${i % 5}`,
    label: i % classes === classes - 1 ? null : `class ${i % classes}`,
    embedding: Array.from({ length: dim }, (_, k) => random.normal() + (k === i % classes ? 12 : 0)),
  }));
}

describe('readEmbeddings', () => {
  it('gives what was written, of several files and of folders of parts', async () => {
    const rows = clouds(40, 3);
    mkdirSync(at('parts'));
    write(at('parts', 'b.parquet'), rows.slice(25), { weights: 'w' });
    write(at('parts', 'a.parquet'), rows.slice(10, 25), { weights: 'w' });
    write(at('first.parquet'), rows.slice(0, 10));
    const { count, dim, vectors, starts, seconds, fields, metadata, files } = await readEmbeddings([
      at('first.parquet'),
      at('parts'),
    ]);
    expect([count, dim, files.length]).toEqual([40, 6, 3]);
    expect(vectors).toEqual(Float32Array.from(rows.flatMap(({ embedding }) => embedding as number[])));
    expect([...starts]).toEqual(rows.map(({ start }) => start));
    expect(new Set(seconds)).toEqual(new Set([2]));
    expect(fields.recording).toEqual(rows.map(({ recording }) => recording));
    expect(fields.label).toEqual(rows.map(({ label }) => label ?? undefined));
    expect(new Set(fields.channels)).toEqual(new Set(['Fp1, Fp2']));
    expect(new Set(fields.split)).toEqual(new Set([undefined]));
    expect(metadata.get('spotr.weights')).toEqual(['w']);
  });

  it('says in one sentence what cannot be explored', async () => {
    const [row] = clouds(1, 1) as [Row];
    const failing = async (name: string, rows: readonly Row[]) => {
      write(at(name), rows);
      const { code, err } = await explore(at(name));
      expect(code).toBe(1);
      expect(existsSync(at(name.replace('.parquet', '.html')))).toBe(false);
      return err;
    };
    expect(await failing('none.parquet', [])).toMatch(/none\.parquet: there are no rows/);
    expect(await failing('single.parquet', [row])).toMatch(/one window only; a map needs at least two/);
    expect(await failing('mixed.parquet', [row, { ...row, embedding: [1, 2] }])).toMatch(
      /row 2 \(.*, 0 s\) has 2 values, earlier rows have 6/,
    );
    const bad = { ...row, embedding: row.embedding.map((_, i) => (i === 3 ? Number.NaN : 1)) };
    expect(await failing('nan.parquet', [row, bad])).toMatch(/row 2 .* holds NaN, which is not finite/);
    expect(await failing('empty.parquet', [{ ...row, embedding: [] }])).toMatch(/row 1 .* has no embedding/);
    const other = parquetWriteBuffer({ columnData: [{ name: 'start', data: [1, 2], type: 'DOUBLE' }] });
    writeFileSync(at('other.parquet'), new Uint8Array(other));
    expect((await explore(at('other.parquet'))).err).toMatch(
      /has no column "recording", "embedding" \(it has start\)/,
    );
    writeFileSync(at('text.parquet'), 'recording,start\n');
    expect((await explore(at('text.parquet'))).err).toMatch(/text\.parquet: is not a Parquet file/);
    expect((await explore(at('missing.parquet'))).err).toMatch(/there is no such file or folder/);
    mkdirSync(at('bare'));
    expect((await explore(at('bare'))).err).toMatch(/bare/);
    expect((await explore()).code).toBe(2);
  });

  it('refuses vectors of different encoders', async () => {
    for (const digit of ['a', 'b'])
      write(at(`${digit}.parquet`), clouds(5, 2), { weights: `e.pt; SHA-256 ${digit.repeat(64)}` });
    await expect(readEmbeddings([at('a.parquet'), at('b.parquet')])).rejects.toThrow(/2 different encoders/);
    expect((await readEmbeddings([at('a.parquet'), at('a.parquet')])).count).toBe(10);
  });
});

describe('the maps', () => {
  it('takes windows evenly, but not at one distance', () => {
    const taken = evenly(500, 10_000, 1);
    expect(new Set(taken).size).toBe(500);
    for (const [i, window] of taken.entries()) expect(Math.floor(window / 20)).toBe(i);
    expect(new Set(taken.map((window) => window % 20)).size).toBe(20);
    expect([...evenly(7, 7, 1)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('spotr explore', () => {
  it('writes a page that works offline, whatever recordings are called', async () => {
    write(at('e.parquet'), clouds(120, 13, 16), { weights: `w ${HOSTILE}`, notice: 'n' });
    const { code, out, err } = await explore(at('e.parquet'), '--umap', '60');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/windows\s+120 windows of 16 values, from 1 file/);
    expect(out).toMatch(/recordings\s+3/);
    expect(out).toMatch(/subjects\s+5/);
    expect(out).toMatch(/labels\s+10 class 0/);
    expect(out).toMatch(/variance\s+\d+\.\d %/);
    expect(out).toContain('of 60 windows, evenly sampled');
    expect(out).toMatch(/e\.html/);
    const html = readFileSync(at('e.html'), 'utf8');
    expect(html).not.toMatch(/https?:\/\/|<script>window|<img|import /);
    expect(html).toContain('Embeddings are personal data');
    expect(html).toContain('not a medical device');
    expect((await explore(at('e.parquet'))).err).toMatch(/e\.html already exists.*--overwrite/);

    await using browser = await openBrowser();
    const { page } = browser;
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) wrong.push(request.url());
    });
    await page.goto(pathToFileURL(at('e.html')).href);
    expect(await page.evaluate('window.harmed')).toBeUndefined();
    expect(await page.isVisible('#facts')).toBe(false);
    expect(await page.textContent('#across')).toMatch(/^PC 1: \d+\.\d % of the variance$/);

    // Twelve labels: ten with a colour, two others; and windows without one.
    const legend = page.locator('#legend button');
    expect(await legend.count()).toBe(12);
    expect(await legend.nth(0).textContent()).toBe('class 010');
    expect(await legend.nth(10).textContent()).toBe('2 others18');
    expect(await legend.nth(11).textContent()).toBe('not stated9');

    const painted = () =>
      page.evaluate(`(() => {
        const canvas = document.getElementById('map');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] !== data[0] || data[i + 1] !== data[1]) count++;
        return count;
      })()`) as Promise<number>;
    const settle = () =>
      page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await settle();
    const all = await painted();
    expect(all).toBeGreaterThan(1000);
    for (let i = 1; i < 12; i++) await legend.nth(i).click();
    await settle();
    expect(await painted()).toBeLessThan(all / 4);
    expect(await legend.nth(1).getAttribute('aria-pressed')).toBe('false');

    // Only windows of the class that is left are stepped through, by the keyboard alone.
    await page.focus('#map');
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('n');
      expect(await page.locator('#facts dd').allTextContents()).toContain('class 0');
    }
    expect(await page.locator('#facts dt').allTextContents()).toEqual([
      ...['recording', 'start', 'subject', 'label', 'modality', 'dataset', 'channels'],
    ]);
    await page.keyboard.press('p');
    await page.keyboard.press('p');
    expect(await page.locator('#facts dd').first().textContent()).toBe(HOSTILE);
    await page.click('#all');
    await settle();
    expect(await painted()).toBeGreaterThan(0.9 * all);

    await page.selectOption('#which', { label: 'UMAP' });
    expect(await page.textContent('#note')).toContain('60 of the 120 windows');
    await page.selectOption('#by', 'modality');
    const counts = await page.locator('#legend .count').allTextContents();
    expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(60);
    await page.selectOption('#by', 'start');
    expect(await page.locator('.ends span').allTextContents()).toEqual(['0 s', '78 s']);
    await page.hover('#map');
    await page.mouse.wheel(0, -300);
    await settle();
    expect(wrong).toEqual([]);
  });
});
