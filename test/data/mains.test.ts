import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../base/random-stream.ts';
import { openPaths } from '../../data/open-node.ts';
import { detectMains, mainsOfRecording } from '../../data/preprocess/mains.ts';
import { filtfilt, type Mains, notch } from '../../data/preprocess/notch.ts';
import { resamplerFor } from '../../data/preprocess/resample.ts';
import { powerLawNoise } from '../../data/synthetic/noise.ts';
import { memoryRecording } from './memory-recording.ts';
import { sharedSignals } from './shared-signals.ts';

/** Ten-second stretches of 1/f^1.8 background with a little white noise, amplitude 10, made at 200 Hz and resampled. */
function background(seed: number, rate = 200, stretches = 3, seconds = 10): Float64Array[] {
  return Array.from({ length: stretches }, (_, i) => {
    const random = new RandomStream(seed, i);
    const noise = powerLawNoise(1.8).generate(seconds * 200, random);
    const values = noise.map((value) => 10 * value + 0.5 * random.noise());
    return rate === 200 ? values : resamplerFor(200, rate).apply(values);
  });
}

function plus(
  stretches: readonly Float64Array[],
  rate: number,
  wave: (seconds: number, i: number) => number,
) {
  return stretches.map((values) => values.map((value, t) => value + wave(t / rate, t)));
}

const hum = (frequency: number, amplitude: number) => (seconds: number) =>
  amplitude * Math.sin(2 * Math.PI * frequency * seconds + 0.3);

describe('detectMains', () => {
  it.each([
    [50, 200],
    [60, 200],
    [50, 128],
    [60, 128],
    [50, 173.61],
    [60, 1000],
    [50, 125],
    [60, 500],
  ] as const)('finds a hum of %i Hz at %f Hz, a tenth as large as the background', (mains, rate) => {
    const found = detectMains(plus(background(1, rate), rate, hum(mains, 1)), rate);
    expect(found.mains).toBe(mains);
    const [at50, at60] = found.evidence;
    const [here, there] = mains === 50 ? [at50, at60] : [at60, at50];
    expect(here.decibels).toBeGreaterThan(10);
    expect(there.decibels ?? 0).toBeLessThan(10);
    expect(here.sentence).toMatch(new RegExp(`^${mains} Hz stands \\d\\d\\.\\d dB over its neighbourhood$`));
    expect(found.sentence).toMatch(
      new RegExp(`^mains hum at ${mains} Hz: 50 Hz .*; 60 Hz .*; 10 dB are needed\\.$`),
    );
  });

  it('measures what it says: a line ten times as large stands 20 dB higher', () => {
    const height = (amplitude: number) =>
      detectMains(plus(background(2), 200, hum(50, amplitude)), 200).evidence[0].decibels as number;
    expect(height(30) - height(3)).toBeCloseTo(20, 0);
  });

  it('finds it a third of a hertz off, and in one channel of eight', () => {
    expect(detectMains(plus(background(3), 200, hum(49.7, 1)), 200).mains).toBe(50);
    const [first, ...rest] = background(4, 200, 8) as [Float64Array, ...Float64Array[]];
    expect(detectMains([...plus([first], 200, hum(60, 3)), ...rest], 200).mains).toBe(60);
  });

  it('gives no alarm in 300 recordings without hum, of ten seconds and of two', () => {
    let [alarms, short] = [0, 0];
    for (let seed = 0; seed < 300; seed++) {
      if (detectMains(background(100 + seed, 200, 1), 200).mains !== 'none') alarms++;
      if (detectMains(background(500 + seed, 200, 1, 2), 200).mains !== 'none') short++;
    }
    expect(alarms).toBe(0);
    expect(short).toBe(0);
  });

  it('takes neither rhythms with their harmonics, nor muscle, pops, nor edges of the spectrum for hum', () => {
    const random = new RandomStream(9);
    const cases: [string, Float64Array[]][] = [
      ['alpha', plus(background(10), 200, hum(10, 30))],
      ['beta', plus(background(11), 200, hum(22, 20))],
      ['muscle', plus(background(12), 200, () => 10 * random.noise())],
      ['pop', plus(background(13), 200, (seconds) => (seconds > 4 ? 2000 * Math.exp(4 - seconds) : 0))],
      ['pulse', plus(background(14), 200, (seconds) => (seconds % 0.83 < 0.04 ? 200 : 0))],
      ['notched', background(15).map((values) => filtfilt(notch(50, 200), values))],
      // The transition band of this low-pass lies at 50 Hz.
      ['low-pass', background(16).map((v) => resamplerFor(100, 200).apply(resamplerFor(200, 100).apply(v)))],
    ];
    for (const [name, stretches] of cases)
      expect([name, detectMains(stretches, 200).mains]).toEqual([name, 'none']);
  });

  it('takes a gamma rhythm, which is no line, for none', () => {
    const random = new RandomStream(21);
    let phase = 0;
    // A phase that diffuses so fast that the spectrum has a bump 5 Hz wide (at half its height).
    const wave = () => {
      phase += (2 * Math.PI * 50) / 200 + 0.4 * random.normal();
      return 6 * Math.sin(phase);
    };
    expect(detectMains(plus(background(20), 200, wave), 200).mains).toBe('none');
  });

  it('takes the higher of two lines', () => {
    const both = plus(plus(background(30), 200, hum(50, 1)), 200, hum(60, 2));
    expect(detectMains(both, 200).mains).toBe(60);
  });

  it('passes over missing samples and dead channels', () => {
    const stretches = plus(background(40), 200, hum(50, 1));
    stretches[0]?.fill(Number.NaN, 300, 340);
    stretches.push(new Float64Array(2000).fill(-3), new Float64Array(2000).fill(Number.NaN));
    expect(detectMains(stretches, 200).mains).toBe(50);
    for (const dead of [
      [],
      [new Float64Array(2000)],
      [new Float64Array(2000).fill(Number.NaN)],
      [new Float64Array(90)],
    ]) {
      const found = detectMains(dead, 200);
      expect(found.mains).toBe('none');
      expect(found.sentence).toMatch(/50 Hz: there is no second of signal/);
    }
  });

  it('says where the rate cannot hold the frequency', () => {
    const slow = detectMains(plus(background(50, 100), 100, hum(40, 5)), 100);
    expect(slow.mains).toBe('none');
    expect(slow.evidence.map(({ decibels }) => decibels)).toEqual([undefined, undefined]);
    expect(slow.sentence).toMatch(/100 samples a second cannot hold 50 Hz/);
    const between = detectMains(background(51, 110), 110);
    expect(between.evidence[0].decibels).toBeTypeOf('number');
    expect(between.evidence[1].sentence).toBe('110 samples a second cannot hold 60 Hz');
    expect(() => detectMains([], 0)).toThrow(/positive number/);
  });
});

describe('mainsOfRecording', () => {
  it('looks all over a recording, and over all its channels', async () => {
    // Hum in the last of twenty channels that are looked at, and late in the recording alone.
    const signals = Array.from({ length: 20 }, (_, channel) => {
      const [values] = background(60 + channel, 200, 1, 120) as [Float64Array];
      return values.map((value, t) =>
        channel >= 15 && t > 16_000 ? value + 3 * hum(50, 1)(t / 200) : value,
      );
    });
    const recording = memoryRecording({ rate: 200, signals });
    const all = signals.map((_, channel) => channel);
    expect((await mainsOfRecording(recording, all)).mains).toBe(50);
    expect((await mainsOfRecording(recording, all.slice(0, 15))).mains).toBe('none');
    await expect(mainsOfRecording(recording, [])).rejects.toThrow(/^memory: .*name one or more/);
  });
});

const folder = sharedSignals('mains.test.ts');
describe.runIf(folder)('recordings of known countries', () => {
  it.each([
    ['eeg/bonn-eyes/O', 173.61, 50],
    ['ecg/biosppy/ecg.txt', 1000, 50],
    ['ecg/wfdb/100.hea', undefined, 60],
    ['ecg/wfdb/test01_00s.hea', undefined, 60],
    ['ppg/biosppy/ppg.txt', 1000, 'none'],
    ['ecg/heartpy/e0103.csv', 250, 'none'],
  ] as const)('%s', async (path, rate, mains) => {
    const { recordings } = await openPaths([`${folder}/${path}`], rate ? { rate } : {});
    const found: Mains[] = [];
    for (const recording of recordings.slice(0, 20)) {
      const all = recording.channels.map((_, channel) => channel);
      found.push((await mainsOfRecording(recording, all)).mains);
    }
    // One file of a set may have less.
    expect(found.filter((one) => one === mains).length).toBeGreaterThanOrEqual(0.9 * found.length);
  });
});
