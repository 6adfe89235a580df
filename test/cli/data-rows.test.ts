import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../cli/options.ts';
import { dataRows } from '../../cli/pretrain/data-rows.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/pretrain/options.ts';
import { WindowDataset } from '../../data/index.ts';
import type { RecordingWindows } from '../../data/windows/cut.ts';
import { markedWindows } from '../data/memory-recording.ts';

const SETTINGS = settingsOf(parseOptions([], PRETRAIN_OPTIONS).values, []);

function rowsOf(recordings: RecordingWindows[], passedOver: { path: string; reason: string }[] = []) {
  const source = new WindowDataset(recordings, { seed: 1, batchSize: 2 });
  const dropped = { missing: 0, flat: 0, clipped: 0, shortStretches: 0 };
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
      expect.stringMatching(/^1 channel \(c0\), modality not told \(--modality says it\): 18 windows/),
    ]);
    expect(rows[2]).toEqual(['  ecg', expect.stringMatching(/^1 channel \(c0\): 18 windows/)]);
  });

  it('counts one file as one file', () => {
    const rows = rowsOf(
      [markedWindows({ name: 'a', windows: 20 })],
      [{ path: 'x/b.edf', reason: 'x/b.edf: is bad.' }],
    );
    expect(rows).toContainEqual(['  passed over', '1 file (x/b.edf): is bad.']);
  });
});
