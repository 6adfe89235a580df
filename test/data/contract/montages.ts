/** Montages of EEG, as weights are trained on them and as recordings have them. */
import { contractOf, type Montage } from '../../../data/index.ts';

export const eeg = (names: readonly string[], windows?: number): Montage => ({
  kind: 'eeg',
  channels: names.map((name) => ({ name, kind: 'eeg', unit: 'uV' })),
  ...(windows !== undefined && { windows }),
});
export const given = (names: readonly string[]) =>
  names.map((name) => ({ name, kind: 'eeg' as const, unit: 'uV' }));
export const trainedOn = (...montages: Montage[]) => contractOf(montages, { windows: [2] });
