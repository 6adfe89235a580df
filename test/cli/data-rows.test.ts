import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../cli/common/options.ts';
import { definitionList } from '../../cli/common/text.ts';
import { dataRows, passedOverRows } from '../../cli/common/training/data-rows.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/common/training/options.ts';
import { WindowDataset } from '../../data/index.ts';
import type { RecordingWindows } from '../../data/windows/cut.ts';
import { markedWindows } from '../data/memory-recording.ts';

const SETTINGS = settingsOf(parseOptions([], PRETRAIN_OPTIONS).values, new Set(), []);

function rowsOf(recordings: RecordingWindows[], passedOver: { path: string; reason: string }[] = []) {
  const source = new WindowDataset(recordings, { seed: 1, batchSize: 2 });
  const dropped = { missing: 0, impossible: 0, flat: 0, clipped: 0, shortStretches: 0 };
  return dataRows(source, { recordings, skipped: [], dropped }, passedOver, SETTINGS);
}

describe('dataRows', () => {
  it('says which modality the windows have, or that no file tells it', () => {
    const rows = rowsOf([
      markedWindows({ name: 'a', windows: 20 }),
      markedWindows({ name: 'b', windows: 20, modality: 'ecg' }),
    ]);
    expect(rows[1]).toEqual([
      '  unknown',
      expect.stringMatching(/^1 channel \(c0\), modality unknown \(set it with --modality\): 18 windows/),
    ]);
    expect(rows[2]).toEqual(['  ecg', expect.stringMatching(/^1 channel \(c0\): 18 windows/)]);
  });

  it('says how long windows are, of each group where they differ', () => {
    const same = rowsOf([markedWindows({ name: 'a', windows: 20, samples: 600 })]);
    expect(same[0]?.[1]).toMatch(/^1 recording, windows of 3 s at 200 Hz/);
    expect(same[1]?.[1]).toMatch(/: 18 windows for training, 2 held out;/);
    const rows = rowsOf([
      markedWindows({ name: 'a', windows: 20, samples: 600, modality: 'eeg' }),
      markedWindows({ name: 'b', windows: 20, samples: 2000, modality: 'ppg' }),
      markedWindows({ name: 'c', windows: 20, samples: 140, modality: 'ecg' }),
    ]);
    expect(rows[0]?.[1]).toMatch(/^3 recordings, windows of 0\.7, 3 and 10 s at 200 Hz/);
    expect(rows.slice(1, 4).map(([, text]) => /: (18 windows .*?) for training/.exec(text)?.[1])).toEqual([
      '18 windows of 3 s',
      '18 windows of 10 s',
      '18 windows of 0.7 s',
    ]);
  });

  it('names the files of each note', () => {
    const noted = (name: string, notes: string[]) => ({ ...markedWindows({ name, windows: 20 }), notes });
    const rows = rowsOf([
      ...['d/a', 'd/b', 'd/c', 'd/d', 'd/e'].map((name) => noted(name, ['is cut short'])),
      noted('d/f', ['is odd']),
    ]);
    expect(rows).toContainEqual(['  note', 'd/a, d/b, d/c and 2 more: is cut short']);
    expect(rows).toContainEqual(['  note', 'd/f: is odd']);
  });

  it('leaves a command whole, with its file, on a line of its own', () => {
    const command = `python3 -c 'import mne; mne.export.export_raw("x/${'long '.repeat(60)}b.edf", mne.io.read_raw_gdf("x/b.gdf"))'`;
    const rows = passedOverRows(
      ['x/b.gdf', 'x/c.gdf'].map((path) => ({
        path,
        reason: `${path}: is a GDF file. Convert it: \`${command}\``,
      })),
    );
    expect(rows).toEqual([
      ['  passed over', `2 files (x/b.gdf, x/c.gdf): is a GDF file. Convert it, of x/b.gdf: \`${command}\``],
    ]);
    expect(definitionList(rows, 14, 80).some((line) => line.includes(command))).toBe(true);
  });

  it('counts one file as one file', () => {
    const rows = rowsOf(
      [markedWindows({ name: 'a', windows: 20 })],
      [{ path: 'x/b.edf', reason: 'x/b.edf: is bad.' }],
    );
    expect(rows).toContainEqual(['  passed over', '1 file (x/b.edf): is bad.']);
  });
});
