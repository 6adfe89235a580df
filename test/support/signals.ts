import { writeFileSync } from 'node:fs';
import { RandomStream } from '../../data/index.ts';
import { npyBytes } from '../data/array-writers.ts';

/** Writes a .npy recording of noise with a slow wave, [channels, seconds x 200] float32; the same for the same seed. */
export function writeSignals(path: string, { channels = 2, seconds = 4, seed = 1 }): void {
  const stream = new RandomStream(seed, 1);
  const samples = seconds * 200;
  const values = Array.from(
    { length: channels * samples },
    (_, i) => 30 * Math.sin((i % samples) / 7) + 20 * (stream.u32() / 2 ** 32 - 0.5),
  );
  writeFileSync(path, npyBytes({ values, shape: [channels, samples], kind: 'float32' }));
}

/** What goes with them on the command line. */
export const SIGNAL_OPTIONS = ['--rate', '200', '--modality', 'eeg', '--mains', 'none'] as const;
