import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { command } from '../../cli/command.ts';
import { labelledWindows, type ManifestEntry, writeManifest } from '../../data/index.ts';
import { encodeSafetensors } from '../../model/checkpoint/safetensors.ts';
import { goldenFolders } from '../golden/folders.ts';
import { readGolden } from '../golden/golden-file.ts';
import { stateOf, wholeTables } from '../golden/model-runs.ts';

let home: string;
let weights: string;
let entries: ManifestEntry[];
const at = (...parts: string[]) => join(home, ...parts);
const SECONDS = 2;

/** A recording a subject: eyes closed and open in turn, with the labels in the manifest. */
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-probe-'));
  mkdirSync(at('eyes'));
  const { windows, channelLabels, labelNames } = labelledWindows({
    ...{ task: 'eyes', seed: 3, subjects: 20, windowsPerSubject: 6, seconds: SECONDS, channels: 2 },
  });
  entries = Array.from({ length: 20 }, (_, subject): ManifestEntry => {
    const own = windows.filter((window) => window.subject === subject);
    const samples = SECONDS * 200;
    const rows = own.flatMap(({ signal }) =>
      Array.from(
        { length: samples },
        (_, t) => `${signal[t]?.toFixed(4)},${signal[samples + t]?.toFixed(4)}`,
      ),
    );
    writeFileSync(at('eyes', `s${subject}.csv`), `${channelLabels.join(',')}\n${rows.join('\n')}\n`);
    return {
      path: `eyes/s${subject}.csv`,
      rate: 200,
      modality: 'eeg',
      subject: `s${subject}`,
      split: subject < 12 ? 'train' : 'test',
      labels: own.map(({ label }, i) => ({ start: i * SECONDS, seconds: SECONDS, label: labelNames[label] })),
    };
  });
  writeFileSync(at('m.jsonl'), writeManifest({ entries, skipped: [] }));
  const [subset] = goldenFolders();
  if (!subset) throw new Error('no reference values');
  const { encoder } = stateOf(readGolden(subset, 'models', 'p100_weights').tensors);
  const table = encoder.get('pos_embed')?.shape ?? [];
  weights = at('weights.bin');
  writeFileSync(
    weights,
    encodeSafetensors(wholeTables(encoder, new Map([['pos_embed', [1, 128, 128, table[3] ?? 1]]]))),
  );
});

afterAll(() => rmSync(home, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

async function spotr(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
  const code = await command(argv);
  vi.restoreAllMocks();
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('spotr probe', () => {
  it('sets the probe beside what it has to beat, and gives the same table again', async () => {
    const argv = [
      'probe',
      at('m.jsonl'),
      '--weights',
      weights,
      '--seeds',
      '2',
      '--epochs',
      '4',
      '--resamples',
      '100',
    ];
    const { code, out, err } = await spotr(...argv, '--out', at('table.json'));
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/eyes open against eyes closed|eyes closed against eyes open|closed against open/);
    const names = [
      'SPOTR, probe on its token',
      'logistic, handcrafted features',
      'logistic, raw samples',
      'the same probe, nothing learned',
      'frequencies of the classes',
    ];
    for (const name of names) expect(out).toMatch(new RegExp(`${name}\\s+\\d\\.\\d{3}`));
    expect(out).toMatch(/It does not beat: |tells more than everything beside it/);
    const { rows, classes } = JSON.parse(readFileSync(at('table.json'), 'utf8'));
    expect(classes).toHaveLength(2);
    expect(rows.map(({ seeds }: { seeds: unknown[] }) => seeds.length)).toEqual([2, 1, 1, 2, 1]);
    // The alpha rhythm is plain to see for the features; frequencies know nothing.
    expect(rows[1].seeds[0].auroc).toBeGreaterThan(0.7);
    expect(rows[4].seeds[0].auroc).toBe(0.5);
    for (const { interval, seeds } of rows.slice(0, 4))
      expect(interval.low <= interval.high && seeds[0].auroc >= 0).toBe(true);
    await spotr(...argv, '--out', at('again.json'));
    expect(JSON.parse(readFileSync(at('again.json'), 'utf8')).rows).toEqual(rows);
  });

  it('says everything that is missing at once', async () => {
    const bare = entries.map(({ labels: _, split: __, ...rest }) => rest);
    writeFileSync(at('bare.jsonl'), writeManifest({ entries: bare, skipped: [] }));
    const { code, err } = await spotr('probe', at('bare.jsonl'), '--weights', weights);
    expect(code).toBe(1);
    expect(err).toMatch(/has no labels.*has no split.*has nothing to test on/);
    const one = entries.map((entry) => ({
      ...entry,
      labels: (entry.labels ?? []).map((stretch) => ({ ...stretch, label: 'x' })),
    }));
    writeFileSync(at('one.jsonl'), writeManifest({ entries: one, skipped: [] }));
    expect((await spotr('probe', at('one.jsonl'), '--weights', weights)).err).toMatch(
      /Nothing can be learned here: there is one class only, x/,
    );
    expect((await spotr('probe', at('m.jsonl'))).err).toMatch(/probe needs --weights FILE/);
  });
});
