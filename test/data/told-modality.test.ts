import { expect, it } from 'vitest';
import { scan } from '../../data/dataset/scan.ts';
import { openFiles } from '../../data/open.ts';
import type { Modality } from '../../data/recording.ts';
import { entryOf } from './open-bytes.ts';

const csv = (names: string) => {
  const width = names.split(',').length;
  const rows = Array.from({ length: 500 }, (_, i) =>
    Array.from({ length: width }, (_, c) => (30 * Math.sin(i * i + c)).toFixed(4)).join(','),
  );
  return [names, ...rows].join('\n');
};

async function entryFor(names: string, modality?: Modality) {
  const options = { rate: 125, ...(modality && { modality }) };
  const opened = await openFiles([entryOf('record.csv', csv(names))], options);
  const { entries, skipped } = await scan(opened, modality ? { modality } : {});
  return entries[0] ?? skipped[0];
}

it('what a person says chooses among the kinds of a record', async () => {
  expect(await entryFor('II,V,PLETH,RESP')).toMatchObject({
    modality: 'ecg',
    because: 'channels are called II, V',
    channels: ['II', 'V'],
  });
  expect(await entryFor('II,V,PLETH,RESP', 'ppg')).toMatchObject({
    modality: 'ppg',
    because: 'channels are called PLETH',
    channels: ['PLETH'],
  });
});

it('holds where names tell nothing, and is said to be what told', async () => {
  expect(await entryFor('a,b', 'eeg')).toMatchObject({
    modality: 'eeg',
    because: '--modality says so',
    channels: ['a', 'b'],
  });
});

it('makes nothing of a recording that it is not', async () => {
  expect(await entryFor('Fp1,Fz', 'ppg')).toMatchObject({
    modality: 'eeg',
    notes: ['it is taken for EEG, not for PPG as was said: no channel is PPG'],
  });
  expect(await entryFor('RESP,ABP', 'ecg')).toMatchObject({
    skipped: expect.stringMatching(/"RESP" is respiration, not ECG, "ABP" is pressure, not ECG/),
  });
});
