import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cutAsTrained,
  cutInWords,
  readTrainedOn,
  trainedOnMetadata,
} from '../../cli/common/weights/trained-on.ts';
import { SyntheticDataset, WindowDataset, windowSeconds } from '../../data/index.ts';
import { markedWindows } from '../data/memory-recording.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { spotr as runSpotr } from '../support/spotr-command.ts';
import { writeEncoder } from '../support/weights.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-trained-on-'));
  writeSignals(at('s.npy'), { seconds: 12 });
  writeEncoder(at('four.safetensors'), { model: 'spotr', window: '4,1', detrend: 'linear' });
  writeEncoder(at('untold.safetensors'));
});

afterAll(() => rmSync(home, { recursive: true }));

/** What it printed as one line. */
async function spotr(...argv: string[]) {
  const { out, ...rest } = await runSpotr(...argv);
  return { ...rest, out: out.replace(/\s+/g, ' ') };
}

const embed = (out: string, weights: string, ...more: string[]) =>
  spotr('embed', ...SIGNAL_OPTIONS, '--weights', at(weights), '--out', at(out), ...more, at('s.npy'));

/** Start and length of every window, of a CSV of embeddings. */
const placesIn = (out: string) =>
  readFileSync(at(out), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',').slice(1, 3).map(Number));

const seconds = fc.integer({ min: 1, max: 12_800 }).map((samples) => samples / 200);
const hertz = fc.integer({ min: 1, max: 900 }).map((tenths) => tenths / 10);

describe('what weights say of their training', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 1, maxLength: 3 }),
        fc.option(
          fc.oneof(
            fc.record({ low: hertz, high: hertz }),
            fc.record({ low: hertz }),
            fc.record({ high: hertz }),
          ),
          { nil: undefined },
        ),
        fc.constantFrom('constant' as const, 'linear' as const, undefined),
        ([first = 1, ...others], bandPass, detrend) => {
          const trained = { windows: [first, ...others] as const, bandPass, detrend };
          const metadata = { model: 'spotr', ...trainedOnMetadata(trained) };
          expect(readTrainedOn(metadata, 'w')).toEqual(trained);
          expect(Object.values(metadata).every((text) => typeof text === 'string')).toBe(true);
        },
      ),
    );
  });

  it('is nothing in files of others, and refused where it cannot be', () => {
    expect(readTrainedOn({}, 'w')).toBeUndefined();
    expect(readTrainedOn({ window: 'hann' }, 'w')).toBeUndefined();
    expect(readTrainedOn({ model: 'spotr', size: 'tiny' }, 'w')).toBeUndefined();
    for (const [told, message] of [
      [
        { window: '0' },
        /w: says that it was trained with window "0", which must be seconds, over 0, at most 64, and a whole number of samples at 200 Hz/,
      ],
      [{ window: '1,' }, /window "", which must be/],
      [{ window: '1', bandPass: 'wide' }, /bandPass "wide", which must be two frequencies/],
      [{ window: '1', detrend: 'none' }, /detrend "none", which must be one of constant, linear; the file/],
    ] as const)
      expect(() => readTrainedOn({ model: 'spotr', ...told }, 'w')).toThrow(message);
  });

  it('holds where the command line says nothing', () => {
    const trained = { windows: [4, 1], bandPass: { low: 1, high: 40 }, detrend: 'linear' } as const;
    const nothing = { window: undefined, bandPass: undefined, detrend: undefined };
    expect(cutAsTrained(nothing, trained)).toEqual({
      window: 4,
      bandPass: { low: 1, high: 40 },
      detrend: 'linear',
    });
    expect(cutAsTrained({ window: 2, bandPass: 'none', detrend: 'constant' }, trained)).toEqual({
      window: 2,
      bandPass: undefined,
      detrend: 'constant',
    });
    expect(cutAsTrained(nothing, undefined)).toEqual({ ...nothing, window: 1 });
  });

  it('is told beside how windows are cut', () => {
    const rest = { stride: undefined, mains: 'none', units: 'correct' } as const;
    const plain = { bandPass: undefined, detrend: undefined };
    const band = { bandPass: { low: 1 }, detrend: undefined };
    const words = (
      window: number,
      filters: typeof plain | typeof band,
      trained?: typeof band | typeof plain,
    ) => cutInWords({ ...rest, ...filters, window }, true, trained && { ...trained, windows: [4] }, ['eeg']);
    expect(words(4, plain, plain)).toBe('of 4 s at 200 Hz, as the weights were trained; mains hum left in');
    expect(words(2, plain, band)).toBe(
      'of 2 s at 200 Hz, but the weights were trained on windows of 4 s; mains hum left in, but the weights were trained with --band-pass 1-',
    );
    expect(words(4, band, band)).toMatch(/; mains hum left in, above 1 Hz of order 4, as in their training$/);
    expect(words(4, band, plain)).toMatch(/but the weights were trained without filters$/);
    expect(words(2, plain)).toBe('of 2 s at 200 Hz, mains hum left in');
  });

  it('is the length of most windows first', () => {
    expect(windowSeconds(new SyntheticDataset({ seed: 1, batchSize: 2, seconds: 3 }).describe())).toEqual([
      3,
    ]);
    const source = new WindowDataset(
      [
        markedWindows({ name: 'a', windows: 20, samples: 400 }),
        markedWindows({ name: 'b', windows: 30, samples: 200 }),
        markedWindows({ name: 'c', windows: 20, samples: 600 }),
      ],
      { seed: 1, batchSize: 2 },
    );
    expect(windowSeconds(source.describe())).toEqual([1, 2, 3]);
    expect(() => windowSeconds({})).toThrow(/without any windows/);
  });
});

describe('weights that say on which windows they were trained', () => {
  it('get such windows by default, and others where --window says so', async () => {
    const own = await embed('own.csv', 'four.safetensors');
    expect(own).toMatchObject({ code: 0, err: '' });
    expect(own.out).toContain(
      'of 4 s at 200 Hz, as the weights were trained (on others of 1 s too); mains hum left in, linear trend removed, as in their training',
    );
    expect(placesIn('own.csv')).toEqual([
      [0, 4],
      [4, 4],
      [8, 4],
    ]);
    const other = await embed('other.csv', 'four.safetensors', '--window', '6', '--detrend', 'none');
    expect(other.out).toContain(
      'of 6 s at 200 Hz, but the weights were trained on windows of 4, 1 s; mains hum left in, but the weights were trained with --detrend linear',
    );
    expect(placesIn('other.csv')).toEqual([
      [0, 6],
      [6, 6],
    ]);
  });

  it('get windows of a second where they do not say it, with a line about it', async () => {
    const { out } = await embed('untold.csv', 'untold.safetensors');
    expect(out).toContain(
      'of 1 s at 200 Hz, since the weights do not state their window length (--window sets it)',
    );
    expect(placesIn('untold.csv')).toHaveLength(12);
  });

  it('are not gone on with by windows of another length', async () => {
    const part = ['--shard', '0/1', '--stride', '3'];
    expect(await embed('parts', 'four.safetensors', ...part)).toMatchObject({ code: 0, err: '' });
    const same = await embed('parts', 'four.safetensors', ...part, '--window', '4', '--detrend', 'linear');
    expect(same.out).toContain('already exists, of the same run');
    expect((await embed('parts', 'four.safetensors', ...part, '--window', '1')).err).toMatch(
      /of another run: --window was 4 and is 1\. Give another --out/,
    );
    expect((await embed('parts', 'four.safetensors', ...part, '--detrend', 'none')).err).toMatch(
      /of another run: --detrend was "linear" and is none\. Give another --out/,
    );
  });
});
