import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../base/random-stream.ts';
import type { SignalBatch } from '../../data/dataset/batches.ts';
import { MODALITIES, type Modality } from '../../data/recording.ts';
import { drawBeats, drawRhythm } from '../../data/synthetic/heart.ts';
import { SyntheticDataset } from '../../data/synthetic/index.ts';
import { addSine, powerLawNoise, RATE } from '../../data/synthetic/noise.ts';
import { bandPower, powerAt } from './spectrum.ts';

/** Channel `channel` of window `index`. */
function row(batch: SignalBatch, index: number, channel: number): Float32Array {
  const [, channels, samples] = batch.shape;
  const start = (index * channels + channel) * samples;
  return batch.signal.subarray(start, start + samples);
}

function only(modality: Modality, channels: number, seconds: number, batchSize = 8): SignalBatch {
  return new SyntheticDataset({
    seed: 11,
    batchSize,
    seconds,
    channels: { [modality]: channels },
  }).trainBatch(0);
}

function windows(batch: SignalBatch): string[] {
  const [count, channels, samples] = batch.shape;
  const size = channels * samples;
  return Array.from({ length: count }, (_, i) => batch.signal.subarray(i * size, i * size + 32).join());
}

describe('SyntheticDataset', () => {
  const dataset = new SyntheticDataset({ seed: 7, batchSize: 4, heldOutWindows: 6 });

  it('samples the windows that training draws first, whatever the parts', () => {
    const dataset = new SyntheticDataset({ seed: 4, batchSize: 3, seconds: 0.5 });
    const eeg = { source: 'eeg', channels: 8, samples: 100 };
    const steps = [2, 6, 10].map((step) => dataset.trainBatch(step));
    expect(steps.map(({ source }) => source)).toEqual(['eeg', 'eeg', 'eeg']);
    const wanted = steps.flatMap(({ signal }) => [...signal]).slice(0, 7 * 800);
    const parts = [0, 2, 4, 6].map((first) => dataset.trainSample({ ...eeg, most: 7, first, count: 2 }));
    expect(parts.map(({ shape }) => shape[0])).toEqual([2, 2, 2, 1]);
    expect(parts.flatMap(({ signal }) => [...signal])).toEqual(wanted);
    const turned = new SyntheticDataset({
      ...{ seed: 4, batchSize: 3, seconds: 0.5 },
      turns: ['eeg', 'ecg', 'eeg', 'ppg', 'ieeg'],
    });
    expect([...turned.trainSample({ ...eeg, most: 9, first: 0, count: 9 }).signal]).toEqual(
      [0, 2, 5].flatMap((step) => [...turned.trainBatch(step).signal]),
    );
    expect(dataset.trainSample({ ...eeg, most: 7, first: 9, count: 2 }).shape).toEqual([0, 8, 100]);
    for (const other of [{ channels: 7 }, { samples: 200 }, { source: 'emg' }])
      expect(dataset.trainSample({ ...eeg, ...other, most: 7, first: 0, count: 2 }).shape[0]).toBe(0);
  });

  it('visits the modalities in turn, each with its own shape', () => {
    const batches = [0, 1, 2, 3, 4].map((step) => dataset.trainBatch(step));
    expect(batches.map(({ source }) => source)).toEqual(['ecg', 'ppg', 'eeg', 'ieeg', 'ecg']);
    expect(batches.map(({ shape }) => shape.join('x'))).toEqual([
      '4x3x400',
      '4x1x400',
      '4x8x400',
      '4x6x400',
      '4x3x400',
    ]);
    for (const { signal, shape } of batches) {
      expect(signal.length).toBe(shape[0] * shape[1] * shape[2]);
      expect(signal.every(Number.isFinite)).toBe(true);
    }
  });

  it('is a pure function of seed and step, in any order and in another instance', () => {
    const again = new SyntheticDataset({ seed: 7, batchSize: 4, heldOutWindows: 6 });
    for (const step of [9, 2, 1000]) expect(again.trainBatch(step)).toEqual(dataset.trainBatch(step));
    expect(again.heldOut()).toEqual(dataset.heldOut());
    const other = new SyntheticDataset({ seed: 8, batchSize: 4 });
    expect(other.trainBatch(2).signal).not.toEqual(dataset.trainBatch(2).signal);
  });

  it('draws what it has always drawn: weights are compared over months', () => {
    const held = new SyntheticDataset({ seed: 3, batchSize: 2, seconds: 10, heldOutWindows: 2 });
    const batches = [...[0, 1, 2, 3].map((step) => held.trainBatch(step)), ...held.heldOut()];
    const samples = batches.map(({ source, signal }) => [
      source,
      ...[7, 777, 1999].map((back) => Number(signal.at(-back)?.toPrecision(4))),
    ]);
    expect(samples).toEqual([
      ['ecg', 0.1932, 0.04607, 0.0421],
      ['ppg', 0.07184, 0.773, -0.08854],
      ['eeg', 10.02, -4.368, -0.2942],
      ['ieeg', 49.54, 25.17, 34.08],
      ['ecg', -0.009407, 0.002985, -0.0001779],
      ['ppg', 0.02305, 0.5594, 0.7002],
      ['eeg', -9.609, -4.724, -9.675],
      ['ieeg', 29.01, -26.29, 45.12],
    ]);
  });

  it('never shows a window twice, nor a held-out window in training', () => {
    const keys = dataset.heldOut().flatMap(windows);
    for (let step = 0; step < 200; step++) keys.push(...windows(dataset.trainBatch(step)));
    expect(keys.length).toBe(24 + 800);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('holds out the asked number of windows of each modality, in batches no larger than in training', () => {
    const counts = new Map<string, number>();
    for (const { source, shape } of dataset.heldOut()) {
      expect(shape[0]).toBeLessThanOrEqual(4);
      counts.set(source, (counts.get(source) ?? 0) + shape[0]);
    }
    expect([...counts]).toEqual(MODALITIES.map((modality) => [modality, 6]));
  });

  it('refuses options that make no sense, by name', () => {
    const make = (options: object) => () => new SyntheticDataset({ seed: 1, batchSize: 2, ...options });
    expect(make({ batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(make({ seconds: 0.0123 })).toThrow(/window of 0.0123 s is 2.46, but must be/);
    expect(make({ channels: { ecg: 13 } })).toThrow(/channels of ecg is 13.*1 to 12/);
    expect(make({ seconds: 1.1 })().trainBatch(0).shape).toEqual([2, 3, 220]);
    expect(make({ channels: {} })).toThrow(/No modality/);
    expect(() => make({ seed: -1 })().trainBatch(0)).toThrow(/at least 0, got -1/);
  });
});

describe('power-law noise', () => {
  it.each([1, 1.5, 1.9])('has unit variance and a spectrum of 1/f^%s', (exponent) => {
    const noise = powerLawNoise(exponent).generate(RATE * 400, new RandomStream(5));
    let square = 0;
    for (const value of noise) square += value * value;
    expect(Math.abs(square / noise.length - 1)).toBeLessThan(0.15);
    const slice = (i: number) => noise.subarray(i * RATE * 4, (i + 1) * RATE * 4);
    const mean = (frequency: number) =>
      Array.from({ length: 100 }, (_, i) => powerAt(slice(i), frequency, RATE)).reduce((a, b) => a + b) / 100;
    const slope = -Math.log(mean(20) / mean(2)) / Math.log(10);
    expect(Math.abs(slope - exponent)).toBeLessThan(0.2);
  });

  it('is as large in its first sample as later', () => {
    const noise = powerLawNoise(1.9);
    let first = 0;
    for (let i = 0; i < 2000; i++) first += (noise.generate(1, new RandomStream(1, i))[0] as number) ** 2;
    expect(Math.abs(first / 2000 - 1)).toBeLessThan(0.15);
  });

  it('adds sines that are sines', () => {
    const out = new Float64Array(1000);
    addSine(out, 3, 50, 0.4);
    out.forEach((value, t) => {
      expect(value).toBeCloseTo(3 * Math.sin((2 * Math.PI * 50 * t) / RATE + 0.4), 9);
    });
  });
});

describe('heart rhythm', () => {
  it('keeps the rate it drew, with variability, and beats on both sides of the window', () => {
    for (let person = 0; person < 30; person++) {
      const rhythm = { ...drawRhythm(new RandomStream(1, person)), ectopic: 0 };
      expect(rhythm.heartRate).toBeGreaterThanOrEqual(52);
      expect(rhythm.heartRate).toBeLessThanOrEqual(98);
      const beats = drawBeats(rhythm, 120, 0, new RandomStream(2, person));
      const inside = beats.filter(({ time }) => time >= 0 && time < 120);
      expect(Math.abs(inside.length / 2 - rhythm.heartRate)).toBeLessThan(3);
      expect(beats[0]?.time).toBeLessThan(0);
      expect(beats.at(-1)?.time).toBeGreaterThan(120);
      const intervals = inside.map(({ interval }) => interval);
      expect(Math.max(...intervals) - Math.min(...intervals)).toBeGreaterThan(0.01);
    }
  });

  it('follows an early beat with a pause', () => {
    const rhythm = { heartRate: 60, respiration: 0.25, respiratorySwing: 0, slowSwing: 0, ectopic: 0.1 };
    const beats = drawBeats(rhythm, 300, 0, new RandomStream(4));
    const early = beats.findIndex(({ ectopic }, i) => ectopic && i > 0 && beats[i + 1]?.ectopic === false);
    expect(early).toBeGreaterThan(0);
    expect(beats[early]?.interval).toBeLessThan(beats[early + 1]?.interval as number);
  });
});

describe('morphology', () => {
  it('ECG: R peaks in lead II come at a heart rate of 45 to 110, about 1 mV high', () => {
    const seconds = 20;
    const batch = only('ecg', 3, seconds);
    for (let i = 0; i < batch.shape[0]; i++) {
      const lead = row(batch, i, 0);
      const height = Math.max(...lead);
      expect(height).toBeGreaterThan(0.4);
      expect(height).toBeLessThan(4);
      const sorted = [...lead].sort((a, b) => a - b);
      const median = sorted[sorted.length >> 1] as number;
      const threshold = median + 0.5 * (height - median);
      let beats = 0;
      let last = -RATE;
      lead.forEach((value, t) => {
        if (value > threshold && t - last > 0.3 * RATE) {
          beats++;
          last = t;
        }
      });
      expect((beats * 60) / seconds).toBeGreaterThan(40);
      expect((beats * 60) / seconds).toBeLessThan(115);
    }
  });

  it('ECG: V1 sees the beat from the other side: mostly downwards, where II and V5 go up', () => {
    const batch = only('ecg', 3, 20, 40);
    const upward = [0, 1, 2].map((lead) => {
      let count = 0;
      for (let i = 0; i < 40; i++) {
        const values = row(batch, i, lead);
        const sorted = [...values].sort((a, b) => a - b);
        const median = sorted[sorted.length >> 1] as number;
        if ((sorted.at(-1) as number) - median > median - (sorted[0] as number)) count++;
      }
      return count;
    });
    expect(upward[0]).toBeGreaterThan(32);
    expect(upward[1]).toBeLessThan(12);
    expect(upward[2]).toBeGreaterThan(28);
  });

  it('PPG: most of the power lies at the pulse, and mains hum is a trace', () => {
    const batch = only('ppg', 1, 20);
    for (let i = 0; i < batch.shape[0]; i++) {
      const pulse = row(batch, i, 0);
      const heart = bandPower(pulse, 0.7, 3.5, RATE);
      expect(heart).toBeGreaterThan(3 * bandPower(pulse, 4, 9, RATE));
      expect(heart).toBeGreaterThan(50 * bandPower(pulse, 49, 61, RATE));
    }
  });

  it('EEG: alpha stands out at the back, not at the front; neighbours correlate; slow waves dominate', () => {
    const batch = only('eeg', 8, 8, 40);
    let [front, back, flank, slow, fast] = [0, 0, 0, 0, 0];
    for (let i = 0; i < batch.shape[0]; i++) {
      front += bandPower(row(batch, i, 0), 8.5, 11.5, RATE);
      back += bandPower(row(batch, i, 7), 8.5, 11.5, RATE);
      flank += bandPower(row(batch, i, 7), 15, 20, RATE);
      slow += bandPower(row(batch, i, 2), 0.5, 4, RATE);
      fast += bandPower(row(batch, i, 2), 30, 45, RATE);
    }
    expect(back).toBeGreaterThan(4 * front);
    expect(back).toBeGreaterThan(10 * flank);
    expect(slow).toBeGreaterThan(20 * fast);
  });

  it('EEG: blinks are large at the forehead and small at the back', () => {
    const batch = only('eeg', 8, 8, 40);
    const peak = (channel: number) => {
      const peaks = Array.from({ length: 40 }, (_, i) => Math.max(...row(batch, i, channel)));
      return peaks.sort((a, b) => b - a)[4] as number;
    };
    expect(peak(0)).toBeGreaterThan(80);
    expect(peak(0)).toBeGreaterThan(1.3 * peak(4));
  });

  it('iEEG: spikes reach several deviations of the background and fade along the shaft', () => {
    const batch = only('ieeg', 6, 8, 40);
    let reach = 0;
    let background = 0;
    for (let i = 0; i < batch.shape[0]; i++) {
      const swings = Array.from({ length: 6 }, (_, c) => {
        const values = row(batch, i, c);
        let square = 0;
        for (const value of values) square += value * value;
        background += Math.sqrt(square / values.length);
        return Math.max(...values.map(Math.abs));
      });
      reach += Math.max(...swings) / Math.min(...swings);
    }
    expect(reach / 40).toBeGreaterThan(1.5);
    expect(background / 240).toBeGreaterThan(25);
    expect(background / 240).toBeLessThan(150);
  });

  it('makes a batch of 16 windows quickly enough not to hold up training', () => {
    const dataset = new SyntheticDataset({ seed: 1, batchSize: 16 });
    const times: number[] = [];
    for (let step = 0; step < 80; step++) {
      const start = performance.now();
      dataset.trainBatch(step);
      times.push(performance.now() - start);
    }
    // The best of many is about 4 ms for the slowest modality; the bound leaves room for a busy machine.
    const best = [0, 1, 2, 3].map((kind) =>
      Math.min(...times.filter((_, step) => step % 4 === kind && step > 20)),
    );
    expect(Math.max(...best)).toBeLessThan(40);
  });
});
