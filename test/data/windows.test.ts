import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../base/random-stream.ts';
import { filtfilt, notch } from '../../data/preprocess/notch.ts';
import { resamplerFor } from '../../data/preprocess/resample.ts';
import { chooseChannels } from '../../data/windows/channel-choice.ts';
import { bridgeMissing, findDefect } from '../../data/windows/checks.ts';
import { cutWindows, type RecordingWindows, readWindows } from '../../data/windows/cut.ts';
import { loadWindows } from '../../data/windows/load.ts';
import { memoryRecording } from './memory-recording.ts';

const signalOf = ({ signal }: RecordingWindows) => signal as Float32Array;

/** A lively signal without a repeated value. */
function lively(count: number, rate: number, seed = 1): Float64Array {
  const random = new RandomStream(seed);
  return Float64Array.from(
    { length: count },
    (_, t) =>
      Math.sin((2 * Math.PI * 3 * t) / rate) +
      0.3 * Math.sin((2 * Math.PI * 50 * t) / rate) +
      0.1 * random.uniform(),
  );
}

describe('cutWindows', () => {
  it('cuts a recording at the right rate into its own samples', async () => {
    const signals = [lively(2100, 200, 1), lively(2100, 200, 2)];
    const cut = await cutWindows(memoryRecording({ rate: 200, signals }), { seconds: 2, mains: 'none' });
    expect(cut.shape).toEqual([5, 2, 400]);
    expect([...cut.starts]).toEqual([0, 2, 4, 6, 8]);
    for (const [window, channel] of [
      [0, 0],
      [3, 1],
    ] as const) {
      const at = (window * 2 + channel) * 400;
      const expected = Float32Array.from(
        (signals[channel] as Float64Array).subarray(window * 400, window * 400 + 400),
      );
      signalOf(cut)
        .subarray(at, at + 400)
        .forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i] as number, 6);
        });
    }
  });

  it('gives the same from blocks as from the whole recording filtered at once', async () => {
    for (const [rate, mains] of [
      [250, 50],
      [173.61, 60],
      [128, 50],
    ] as const) {
      const signal = lively(Math.round(rate * 150), rate);
      const cut = await cutWindows(memoryRecording({ rate, signals: [signal] }), {
        seconds: 4,
        stride: 3,
        mains,
      });
      const resampler = resamplerFor(rate, 200, { constants: 'kept' });
      // The ends are held, where scipy takes zeros; so compare away from them.
      const whole = filtfilt(notch(mains, 200), resampler.apply(signal));
      let worst = 0;
      for (let window = 3; window < cut.shape[0] - 3; window++) {
        const start = Math.round((cut.starts[window] as number) * 200);
        for (let i = 0; i < 800; i++) {
          const value = signalOf(cut)[window * 800 + i] as number;
          worst = Math.max(worst, Math.abs(value - (whole[start + i] as number)));
        }
      }
      expect(cut.shape[0]).toBeGreaterThan(45);
      // To the rounding of windows to f32.
      expect(worst).toBeLessThan(1e-6);
    }
  });

  it('keeps a large offset free of tones and steps', async () => {
    const rate = 360;
    const signal = Float64Array.from(lively(rate * 30, rate), (value) => 20_000 + 0.01 * value);
    const options = { seconds: 2, mains: 'none', units: 'trust' } as const;
    const cut = await cutWindows(memoryRecording({ rate, signals: [signal] }), options);
    const [low, high] = [Math.min(...signalOf(cut)), Math.max(...signalOf(cut))];
    expect(high - low).toBeLessThan(0.05);
    expect(Math.abs(low - 20_000)).toBeLessThan(0.05);
  });

  it('lets no window cross a gap', async () => {
    const rate = 100;
    const signal = Float64Array.from({ length: 1000 }, (_, t) => (t < 450 ? 0 : 1000) + Math.sin(t * t));
    const cut = await cutWindows(
      memoryRecording({ rate, signals: [signal], gaps: [{ at: 4.5, seconds: 60 }] }),
      {
        seconds: 2,
        mains: 'none',
      },
    );
    expect([...cut.starts]).toEqual([0, 2, 4.5, 6.5]);
    for (let window = 0; window < 4; window++) {
      const values = signalOf(cut).subarray(window * 400, window * 400 + 400);
      expect(values.every((value) => (window < 2 ? Math.abs(value) < 10 : Math.abs(value - 1000) < 10))).toBe(
        true,
      );
    }
    const tooShort = memoryRecording({
      rate,
      signals: [signal],
      gaps: [
        { at: 1, seconds: 3 },
        { at: 9, seconds: -2 },
      ],
    });
    const short = await cutWindows(tooShort, { seconds: 2, mains: 'none' });
    expect(short.dropped.shortStretches).toBe(2);
    expect([...short.starts]).toEqual([1, 3, 5, 7]);
  });

  it('drops windows with missing, flat or clipped stretches, counts them, and names the channel', async () => {
    const [good, bad] = [lively(2000, 200, 1), lively(2000, 200, 2)];
    bad[10] = Number.NaN;
    bad.fill(0.123, 850, 1100);
    for (let i = 1200; i < 1600; i++) bad[i] = Math.min(0.9, 3 * (bad[i] as number));
    const cut = await cutWindows(memoryRecording({ rate: 200, signals: [good, bad] }), {
      seconds: 2,
      mains: 50,
    });
    expect(cut.dropped).toEqual({ missing: 1, impossible: 0, flat: 1, clipped: 1, shortStretches: 0 });
    expect([...cut.starts]).toEqual([2, 8]);
    expect(cut.blamed).toEqual([{ label: 'c1', windows: 3 }]);
    expect(signalOf(cut).every(Number.isFinite)).toBe(true);
  });

  it('finds as many windows as fit, for any lengths', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 3000 }),
        fc.constantFrom(100, 128, 173.61, 200, 250),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 500 }),
        async (length, rate, samples, stride) => {
          const recording = memoryRecording({ rate, signals: [lively(length, rate)] });
          const cut = await cutWindows(recording, {
            seconds: samples / 200,
            stride: stride / 200,
            mains: 'none',
          });
          const output = Math.ceil((length * 200) / rate - 1e-9);
          const fit = Math.max(0, Math.floor((output - samples) / stride) + 1);
          const { missing, flat, clipped } = cut.dropped;
          expect(cut.shape[0] + missing + flat + clipped).toBe(fit);
          expect(signalOf(cut).length).toBe(cut.shape[0] * samples);
          expect(cut.starts.length).toBe(cut.shape[0]);
        },
      ),
      { numRuns: 60, seed: 9 },
    );
  });

  it('leaves windows in the file where they do not fit, and reads the same values from there, in any order', async () => {
    const signals = [lively(9000, 360, 1), lively(9000, 360, 2)];
    (signals[0] as Float64Array).fill(7, 2000, 3500);
    const recording = memoryRecording({ rate: 360, signals, gaps: [{ at: 15, seconds: 9 }] });
    const options = { seconds: 1, stride: 0.5, mains: 50 as const };
    const kept = await cutWindows(recording, options);
    const left = await cutWindows(recording, { ...options, maximumBytes: 1000 });
    expect(left.signal).toBeUndefined();
    expect({ ...left, read: null, signal: null }).toEqual({ ...kept, read: null, signal: null });
    expect(kept.dropped.flat).toBeGreaterThan(3);
    const count = kept.shape[0];
    for (const window of [count - 1, 0, 17, 3, count >> 1]) {
      const expected = await kept.read(window);
      for (const [i, value] of (await left.read(window)).entries())
        expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6);
    }
    expect(await readWindows(left, 4, 3)).toHaveLength(3 * 2 * 200);
    expect(() => kept.read(count)).toThrow(`There is no window ${count}`);
  });

  it('cuts windows where they are asked for, the same ones; those over a gap are missing', async () => {
    const signals = [lively(20_000, 250, 1)];
    const recording = memoryRecording({ rate: 250, signals, gaps: [{ at: 30, seconds: 9 }] });
    const options = { seconds: 2, mains: 50 as const };
    const every = await cutWindows(recording, { ...options, stride: 0.5 });
    const starts = [61, 4.5, 0, 29, 30.5, 79, 200];
    const chosen = await cutWindows(recording, { ...options, starts });
    expect([...chosen.starts]).toEqual([0, 4.5, 30.5, 61]);
    expect(chosen.dropped).toMatchObject({ missing: 3, shortStretches: 0 });
    for (const [window, start] of chosen.starts.entries()) {
      const same = every.starts.indexOf(start);
      const [found, wanted] = [await chosen.read(window), await every.read(same)];
      for (const [i, value] of found.entries())
        expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-6);
    }
  });

  it('looks for mains hum, unless a file beside the recording tells, and says what it found', async () => {
    const signal = Float64Array.from(
      lively(12_000, 250),
      (value, t) => value + 4 * Math.sin((2 * Math.PI * 60 * t) / 250),
    );
    const recording = memoryRecording({ rate: 250, signals: [signal] });
    const cut = (options: object, from = recording) =>
      cutWindows(from, { seconds: 2, mains: 'auto', ...options });
    const heard = await cut({});
    expect(heard.notes.join()).toMatch(/^mains hum at 60 Hz: .*60 Hz stands \d+\.\d dB/);
    const notched = await cut({ mains: 60 });
    expect(signalOf(heard)).toEqual(signalOf(notched));
    const told = await cut({}, { ...recording, mains: 50 });
    expect(told.notes).toEqual(['mains of 50 Hz, as a file beside the recording says']);
    expect(signalOf(told)).toEqual(signalOf(await cut({ mains: 50 })));
  });

  it('filters a band and takes trends from windows where that is asked for', async () => {
    const drift = Float64Array.from(lively(12_000, 200), (value, t) => value + 0.05 * t);
    const recording = memoryRecording({ rate: 200, signals: [drift] });
    const range = (values: Float32Array) => Math.max(...values) - Math.min(...values);
    const plain = await cutWindows(recording, { seconds: 10, mains: 'none' });
    const high = await cutWindows(recording, { seconds: 10, mains: 'none', bandPass: { low: 1 } });
    const line = await cutWindows(recording, { seconds: 10, mains: 'none', detrend: 'linear' });
    expect(range((await plain.read(2)) as Float32Array)).toBeGreaterThan(90);
    for (const cut of [high, line]) expect(range((await cut.read(2)) as Float32Array)).toBeLessThan(12);
    await expect(
      cutWindows(recording, { seconds: 1, mains: 'none', bandPass: { low: 120 } }),
    ).rejects.toThrow(/120/);
  });

  it('refuses options that make no sense', async () => {
    const recording = memoryRecording({ rate: 200, signals: [lively(2000, 200)] });
    const cut = (options: object) => cutWindows(recording, { seconds: 2, mains: 50, ...options });
    await expect(cut({ seconds: 0 })).rejects.toThrow(/window of 0 s makes 0 samples/);
    await expect(cut({ seconds: 65 })).rejects.toThrow(/1 to 12800/);
    await expect(cut({ seconds: 0.0101 })).rejects.toThrow(/2\.02 samples/);
    await expect(cut({ stride: -1 })).rejects.toThrow(/stride of -1 s/);
    await expect(cut({ channels: ['nose'] })).rejects.toThrow(/no channel "nose"; it has c0/);
  });
});

describe('loadWindows', () => {
  const recording = (name: string, seconds: number, broken = false) => {
    const signal = lively(seconds * 200, 200);
    if (broken) for (let i = 0; i < signal.length; i += 100) signal[i] = Number.NaN;
    return memoryRecording({ name, rate: 200, signals: [signal], labels: ['EEG Cz'] });
  };

  it('goes on where a recording is unfit, and says why it was', async () => {
    const slow = memoryRecording({ name: 'slow', rate: 1, signals: [lively(50, 1)] });
    const seen: string[] = [];
    const { recordings, skipped, dropped } = await loadWindows(
      [recording('a', 10), slow, recording('short', 1), recording('holes', 6, true), recording('b', 4)],
      { seconds: 2, mains: 50, onRecording: (done, of, { name }) => seen.push(`${done}/${of} ${name}`) },
    );
    expect(recordings.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ['a', 5],
      ['b', 2],
    ]);
    const reasons = Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
    expect(reasons.slow).toMatch(/^no channel is left to use: .*too slow: it has 1 Hz only/);
    expect(reasons.short).toMatch(/shorter than a window of 2 s/);
    expect(reasons.holes).toMatch(/3 for missing samples.*"EEG Cz" \(3\)\.$/);
    expect(dropped).toEqual({ missing: 3, impossible: 0, flat: 0, clipped: 0, shortStretches: 1 });
    expect(seen).toEqual(['1/5 a', '2/5 slow', '3/5 short', '4/5 holes', '5/5 b']);
  });

  it('cuts recordings into windows of lengths of their own', async () => {
    const { recordings, skipped } = await loadWindows(
      [recording('beats', 10), recording('rhythm', 10), recording('other', 9), recording('short', 4)],
      {
        seconds: 2,
        mains: 'none',
        secondsOf: ({ name }) => ({ beats: 0.7, rhythm: 10, short: 5 })[name],
      },
    );
    expect(recordings.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['beats', 14, 1, 140],
      ['rhythm', 1, 1, 2000],
      ['other', 4, 1, 400],
    ]);
    expect([...(recordings[0]?.starts ?? [])].slice(0, 3)).toEqual([0, 0.7, 1.4]);
    expect(skipped).toEqual([{ path: 'short', reason: 'is shorter than a window of 5 s.' }]);
  });

  it('fails where nothing is left and where options are wrong, and leaves in files what does not fit', async () => {
    const short = recording('short', 1);
    await expect(loadWindows([short], { seconds: 2, mains: 50 })).rejects.toThrow(/^short: is shorter than/);
    await expect(loadWindows([short, short], { seconds: 2, mains: 50 })).rejects.toThrow(
      /^None of 2 recordings gives a window\. short: is shorter than a window of 2 s; short: .*s\.$/,
    );
    await expect(loadWindows([recording('a', 10)], { seconds: -2, mains: 50 })).rejects.toThrow(
      /window of -2 s/,
    );
    const budget = { seconds: 2, mains: 50 as const, maximumBytes: 10_000 };
    await expect(loadWindows([recording('a', 10)], budget)).resolves.toBeDefined();
    const { recordings } = await loadWindows([recording('a', 10), recording('b', 10)], budget);
    expect(recordings.map(({ signal }) => signal !== undefined)).toEqual([true, false]);
  });
});

describe('chooseChannels', () => {
  const signals = (count: number) => Array.from({ length: count }, (_, i) => lively(400, 200, i));

  it('leaves out marks and channels that never change, and takes 128 at most', async () => {
    const labels = ['EEG Fz', 'Status', 'EEG Cz', 'dead', 'Event marker'];
    const values = signals(5);
    values[3] = new Float64Array(400).fill(7);
    const choice = await chooseChannels(memoryRecording({ rate: 200, signals: values, labels }));
    expect(choice.channels).toEqual([0, 2]);
    expect(choice.leftOut.map(({ label }) => label).sort()).toEqual(['Event marker', 'Status', 'dead']);
    const many = await chooseChannels(memoryRecording({ rate: 200, signals: signals(131) }));
    expect(many.channels.length).toBe(128);
    expect(many.leftOut.length).toBe(3);
  });

  it('takes the rate of the channels whose kind it knows, however many slow ones there are', async () => {
    const base = memoryRecording({
      rate: 200,
      signals: signals(6),
      labels: ['EEG Fz', 'SpO2', 'a', 'b', 'c', 'Temp'],
    });
    const rates = [200, 25, 25, 25, 25, 1];
    const mixed = {
      ...base,
      channels: base.channels.map((channel, i) => ({ ...channel, rate: rates[i] as number })),
    };
    expect((await chooseChannels(mixed)).channels).toEqual([0]);
    expect((await chooseChannels(mixed, ['b', 'a'])).channels).toEqual([3, 2]);
  });

  it('says why nothing is left', async () => {
    const flat = memoryRecording({ rate: 200, signals: [new Float64Array(400)], labels: ['EEG Fz'] });
    await expect(chooseChannels(flat)).rejects.toThrow(/no channel is left to use: "EEG Fz" never changes/);
    const slow = memoryRecording({ rate: 1, signals: signals(1), labels: ['HR'] });
    await expect(chooseChannels(slow, ['HR'])).rejects.toThrow(/"HR" is too slow/);
    const almost = memoryRecording({ rate: 19.9, signals: signals(1), labels: ['II'] });
    await expect(chooseChannels(almost)).rejects.toThrow(/"II" is too slow: it has 19\.9 Hz only/);
    const enough = memoryRecording({ rate: 20, signals: signals(1), labels: ['II'] });
    expect((await chooseChannels(enough)).channels).toEqual([0]);
  });

  it('tells channels without a number from channels that never change, and from those with few', async () => {
    const none = new Float64Array(9000).fill(Number.NaN);
    const few = none.slice();
    few.set(lively(100, 200), 300);
    const full = lively(9000, 200);
    const choose = (values: Float64Array[]) =>
      chooseChannels(memoryRecording({ rate: 200, signals: values }));
    await expect(choose([none])).rejects.toThrow(
      /^memory: no channel is left to use: "c0" holds no numbers \(all its samples are missing\)\.$/,
    );
    expect(await choose([none, full, few])).toMatchObject({
      channels: [1],
      leftOut: [
        { label: 'c0', reason: 'holds no numbers (all its samples are missing)' },
        { label: 'c2', reason: 'is missing nearly everywhere' },
      ],
    });
    // Alone it is all there is, and its good windows count.
    expect((await choose([few])).channels).toEqual([0]);
  });

  it('advises to leave channels out only where others remain', async () => {
    const bad = lively(2000, 200);
    for (let i = 0; i < bad.length; i += 100) bad[i] = Number.NaN;
    const reason = async (values: Float64Array[]) => {
      const good = memoryRecording({ name: 'good', rate: 200, signals: [lively(2000, 200)] });
      const spoilt = memoryRecording({ name: 'bad', rate: 200, signals: values });
      return (await loadWindows([good, spoilt], { seconds: 2, mains: 'none' })).skipped[0]?.reason;
    };
    expect(await reason([bad])).toMatch(/because of "c0" \(5\)\.$/);
    expect(await reason([bad, lively(2000, 200)])).toMatch(/Name the channels to use without these\.$/);
  });
});

describe('window checks', () => {
  it('takes single peaks, coarse steps and slow drifts for what they are', () => {
    const find = (values: number[]) => findDefect(Float64Array.from(values), 0, values.length);
    const ramp = Array.from({ length: 100 }, (_, i) => i);
    expect(find(ramp)).toBeUndefined();
    expect(find(ramp.map((i) => Math.floor(i / 4)))).toBeUndefined();
    expect(find(ramp.map((i) => (i % 10 === 0 ? 50 : i % 7)))).toBeUndefined();
    expect(find(ramp.map((i) => Math.min(i, 85)))).toBe('clipped');
    expect(find(ramp.map((i) => Math.max(i, 15)))).toBe('clipped');
    expect(find(ramp.map((i) => (i < 55 ? 5 : i)))).toBe('flat');
    expect(find(ramp.map((i) => (i === 99 ? Number.NaN : i)))).toBe('missing');
    expect(find([1, 1, 1])).toBe('flat');
  });

  it('bridges missing samples by straight lines, and ends by their neighbours', () => {
    const values = Float64Array.of(Number.NaN, 2, Number.NaN, Number.NaN, 5, Number.NaN);
    bridgeMissing(values);
    expect([...values]).toEqual([2, 2, 3, 4, 5, 5]);
    const none = Float64Array.of(Number.NaN, Number.NaN);
    bridgeMissing(none);
    expect([...none]).toEqual([0, 0]);
  });
});
