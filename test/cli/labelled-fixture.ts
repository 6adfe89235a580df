import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { labelledWindows, type ManifestEntry, writeManifest } from '../../data/index.ts';
import { goldenFolders } from '../golden/folders.ts';
import { readGolden } from '../golden/golden-file.ts';
import { stateOf, wholeTables } from '../golden/model-runs.ts';

const SECONDS = 2;

/** Weights, and EEG of generated people in a folder: eyes closed and open in turn. */
export interface LabelledFixture {
  readonly at: (...parts: string[]) => string;
  readonly weights: string;
  /** As in `m.jsonl`: labels, subjects, splits. */
  readonly entries: readonly ManifestEntry[];
  /** Writes `NAME.jsonl` and returns its path. */
  readonly manifest: (name: string, entries: readonly ManifestEntry[]) => string;
  readonly remove: () => void;
}

/** A recording a subject, with the labels in the manifest `m.jsonl`. */
export function labelledFixture(): LabelledFixture {
  const home = mkdtempSync(join(tmpdir(), 'spotr-labelled-'));
  const at = (...parts: string[]) => join(home, ...parts);
  mkdirSync(at('eyes'));
  const { windows, channelLabels, labelNames } = labelledWindows({
    ...{ task: 'eyes', seed: 3, subjects: 20, windowsPerSubject: 6, seconds: SECONDS, channels: 2 },
  });
  const entries = Array.from({ length: 20 }, (_, subject): ManifestEntry => {
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
  const manifest = (name: string, some: readonly ManifestEntry[]) => {
    writeFileSync(at(`${name}.jsonl`), writeManifest({ entries: some, skipped: [] }));
    return at(`${name}.jsonl`);
  };
  manifest('m', entries);
  const [subset] = goldenFolders();
  if (!subset) throw new Error('no reference values');
  const { encoder } = stateOf(readGolden(subset, 'models', 'p100_weights').tensors);
  const table = encoder.get('pos_embed')?.shape ?? [];
  const weights = at('weights.bin');
  writeFileSync(
    weights,
    encodeSafetensors(wholeTables(encoder, new Map([['pos_embed', [1, 128, 128, table[3] ?? 1]]]))),
  );
  return { at, weights, entries, manifest, remove: () => rmSync(home, { recursive: true }) };
}
