import { describe, expect, it } from 'vitest';
import type { Modality, RecordingWindows } from '../../data/index.ts';
import { SIZES } from '../../model/index.ts';
import {
  costingLess,
  costingLessNotes,
  type RecordingYardsticks,
  verdictOf,
  yardsticksOfRecordings,
} from '../../workflows/index.ts';
import { zScored } from '../../workflows/yardsticks/windows.ts';

const config = SIZES.tiny;

interface Made {
  readonly modality?: Modality;
  readonly channels?: number;
  readonly samples?: number;
  readonly inMemory?: boolean;
}

/** `reads`: every window that was asked for. */
function recordingOf(
  windows: number,
  at: (window: number, channel: number, sample: number) => number,
  { modality = 'eeg', channels = 1, samples = 130, inMemory = true }: Made = {},
): RecordingWindows & { readonly reads: number[] } {
  const size = channels * samples;
  const signal = Float32Array.from({ length: windows * size }, (_, i) =>
    at(Math.floor(i / size), Math.floor(i / samples) % channels, i % samples),
  );
  const reads: number[] = [];
  return {
    ...{ name: 'made', modality, labels: [], shape: [windows, channels, samples], reads },
    ...{ signal: inMemory ? signal : undefined, starts: new Float64Array(windows) },
    read: (window: number) => {
      reads.push(window);
      return signal.subarray(window * size, (window + 1) * size);
    },
  } as unknown as RecordingWindows & { readonly reads: number[] };
}

/** Between -1 and 1, the same for the same numbers. */
const drawn = (...numbers: number[]): number => {
  let state = 17;
  for (const number of numbers) state = Math.imul(state ^ (number + 1), 0x9e3779b1) ^ (state >>> 13);
  return ((state ^ (state >>> 16)) >>> 0) / 2 ** 31 - 1;
};

/** By hand: the squares of all values, and those left when the mean of a patch's samples is taken away, phase by phase. */
function byHand(recordings: readonly RecordingWindows[]): number {
  let [power, left] = [0, 0];
  for (const { signal, shape } of recordings) {
    const values = zScored(signal ?? [], shape);
    const [windows, channels, samples] = shape;
    for (let row = 0; row < windows * channels; row++)
      for (let phase = 0; phase < config.patch; phase++) {
        const own: number[] = [];
        for (let t = phase; t < samples; t += config.patch) own.push(values[row * samples + t] as number);
        const mean = own.reduce((a, b) => a + b, 0) / own.length;
        for (const value of own) {
          power += value ** 2;
          left += (value - mean) ** 2;
        }
      }
  }
  return left / power;
}

describe('yardsticksOfRecordings', () => {
  it('is the floor without padding, every value counting alike, of small numbers too', async () => {
    const repeated = (window: number, channel: number, t: number) =>
      1e-6 * (Math.sin(t / 3) * (t < 100 ? 1 : 0.3) + 0.2 * drawn(window, channel, t));
    const one = recordingOf(5, drawn);
    const two = recordingOf(3, repeated, { channels: 4, samples: 250 });
    const three = recordingOf(2, drawn, { modality: 'ppg', samples: 300 });
    const found = await yardsticksOfRecordings([one, two, three], { config });
    expect([...found.keys()]).toEqual(['eeg', 'ppg']);
    expect(found.get('eeg')?.positionBlind).toBeCloseTo(byHand([one, two]), 6);
    expect(found.get('ppg')?.positionBlind).toBeCloseTo(byHand([three]), 6);
    // One patch has nothing to repeat.
    const short = await yardsticksOfRecordings([recordingOf(3, drawn, { samples: 100 })], { config });
    expect(short.get('eeg')?.positionBlind).toBeUndefined();
  });

  it('reads windows that are not in memory as those that are', async () => {
    const make = (inMemory: boolean) => recordingOf(140, drawn, { channels: 2, inMemory });
    const [kept, read] = [make(true), make(false)];
    const all = await Promise.all([[kept], [read]].map((own) => yardsticksOfRecordings(own, { config })));
    expect(all[1]).toEqual(all[0]);
    // Once to fit, once to measure, and all of them.
    expect([...read.reads].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 280 }, (_, i) => Math.floor(i / 2)),
    );
    expect(kept.reads).toEqual([]);
  });

  it('fits the code to windows of all recordings evenly, of no more than 2,048', async () => {
    // Each recording lies in two directions of its own; four components are enough for both.
    const waves = (turns: number) => (window: number, _: number, t: number) => {
      const angle = (2 * Math.PI * turns * t) / 130;
      return drawn(window, turns) * Math.sin(angle) + drawn(window, turns, 1) * Math.cos(angle);
    };
    // The first 2,048 windows would know nothing of the second.
    const own = [recordingOf(2100, waves(2)), recordingOf(900, waves(5))];
    const [pca] = (await yardsticksOfRecordings(own, { config })).get('eeg')?.pca ?? [];
    expect(pca?.windows).toBe(2048);
    expect(pca?.error).toBeLessThan(1e-6);
  });

  it('stops where it is told to', async () => {
    const pause = () => {
      throw new Error('enough');
    };
    await expect(yardsticksOfRecordings([recordingOf(5, drawn)], { config, pause })).rejects.toThrow(
      'enough',
    );
  });
});

const yardsticks = (windows: number, positionBlind: number | undefined = 0.9): RecordingYardsticks => ({
  positionBlind,
  pca: [
    { components: 32, error: 0.4, windows },
    { components: 64, error: 0.2, windows },
  ],
});

describe('what is said of them', () => {
  const namesOf = (own: RecordingYardsticks) => costingLess(0.5, own).map(({ name }) => name);

  it('leaves out codes of fewer than four windows a number, and says so', () => {
    const [first, last] = ['reconstruction from the token', 'predicting zero'];
    expect(namesOf(yardsticks(127))).toEqual([first, 'position-blind floor', last]);
    expect(namesOf(yardsticks(128))).toEqual([first, 'position-blind floor', 'PCA-32', last]);
    expect(namesOf(yardsticks(256))).toEqual([first, 'position-blind floor', 'PCA-32', 'PCA-64', last]);
    expect(costingLess(0.5, yardsticks(256)).map(({ error }) => error)).toEqual([0.5, 0.9, 0.4, 0.2, 1]);
    const notes = (windows: number) => costingLessNotes(yardsticks(windows)).join(' ');
    expect(notes(127)).toMatch(/PCA-32 and PCA-64 are not shown: .* 127 of them are fewer than 4 for each/);
    expect(notes(127)).not.toContain('optimistic');
    expect(notes(128)).toMatch(/PCA-32: .*fitted to 128 windows of these same recordings.*optimistic/);
    expect(notes(128)).toMatch(/PCA-64 is not shown/);
    expect(notes(256)).toMatch(/PCA-32 and PCA-64: .*optimistic/);
    expect(notes(256)).not.toContain('not shown');
    expect(costingLessNotes({ ...yardsticks(256), positionBlind: undefined }).join(' ')).toContain(
      'windows of one patch',
    );
  });

  it('is one sentence from the numbers', () => {
    const said = (error: number, own = yardsticks(256), conditioning: 'cls' | 'tokens' = 'cls') =>
      verdictOf('EEG', error, own, conditioning);
    expect(said(1.001)).toBe('EEG: nothing is reconstructed; predicting zero would lose less.');
    const above = 'EEG: above the position-blind floor; one waveform repeated in each patch would lose less.';
    expect(said(1)).toBe(above);
    expect(said(0.901)).toBe(above);
    expect(said(0.9)).toMatch(/^EEG: at the position-blind floor, but not below PCA-32; /);
    expect(said(0.4)).toMatch(
      /^EEG: below the position-blind floor, but not below PCA-32; .* loses no more\.$/,
    );
    expect(said(0.399)).toBe(
      'EEG: below the position-blind floor, and below PCA-32, which has as many numbers as the renderer sees.',
    );
    expect(said(0.3, yardsticks(127))).toBe('EEG: below the position-blind floor.');
    // A renderer that sees all tokens sees more numbers than the code has.
    expect(said(0.3, yardsticks(256), 'tokens')).toBe('EEG: below the position-blind floor.');
    const onePatch = { ...yardsticks(256), positionBlind: undefined };
    expect(said(0.3, onePatch)).toBe('EEG: less is lost than by predicting zero.');
    expect(said(Number.NaN)).toBeUndefined();
  });
});
