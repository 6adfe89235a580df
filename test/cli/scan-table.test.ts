import { expect, it } from 'vitest';
import { noteRows } from '../../cli/data/scan-table.ts';

it('names the recordings of each note, of each channel left out and of each guess', () => {
  const entry = (path: string, notes: string[] = []) => ({
    path,
    modality: 'ecg' as const,
    because: 'channels are called II',
    leftOut: [{ label: 'PLETH', reason: 'is PPG, not ECG' }],
    notes,
  });
  const many = Array.from({ length: 300 }, (_, i) => entry(`folder/p${i}.hea`));
  expect(noteRows([...many, entry('one.hea', ['cut short'])])).toEqual([
    ['evidence', 'ecg: channels are called II (folder/p0.hea, folder/p1.hea, folder/p2.hea and 298 more)'],
    ['left out', '"PLETH" is PPG, not ECG (folder/p0.hea, folder/p1.hea, folder/p2.hea and 298 more)'],
    ['note', 'cut short (one.hea)'],
  ]);
});
