import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSource, memorySource } from '../../base/bytes.ts';
import { FormatError } from '../../data/errors.ts';
import { openEdf } from '../../data/formats/edf/edf.ts';
import { pseudonym } from '../../data/privacy.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { agrees, sharedSignals, summary } from './shared-signals.ts';
import { type EdfSignalSpec, type EdfSpec, edfBytes } from './writers.ts';

const caseOf = (path: string) => fileURLToPath(new URL(`cases/${path}`, import.meta.url));

const open = (spec: EdfSpec) => openEdf(memorySource('test.edf', edfBytes(spec)));
const ramp = (count: number, start = 0) => Array.from({ length: count }, (_, i) => start + i);
const one = (values: number[], records = values.length) => ({
  records,
  signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: values.length / records, values }],
});

interface Expected {
  n_annotations?: number;
  annotations_first20?: { onset: number; duration: number | null; text: string }[];
  record_onsets_first3?: number[];
  gaps_after_record?: { record: number; gap_s: number }[];
  record_duration: number;
  signals: {
    label: string;
    unit: string;
    rate_hz: number;
    n_samples: number;
    annotation_channel?: boolean;
    phys_first5: number[];
    phys_last5: number[];
    phys_min: number;
    phys_max: number;
    phys_mean: number;
  }[];
}

/** A file of ours with its expected values, for machines without the real ones. */
function selfWritten(): [string, Expected, () => Promise<ByteSource>] {
  const values = Array.from({ length: 600 }, (_, i) => ((i * 7919) % 4001) - 2000);
  const bytes = edfBytes({
    records: 3,
    reserved: 'EDF+D',
    tals: [{ onset: 0 }, { onset: 1, texts: ['blink'] }, { onset: 5.5 }],
    signals: [
      { label: 'EEG Cz', unit: 'uV', physical: [200, -200], digital: [-2000, 2000], perRecord: 200, values },
    ],
  });
  const physical = values.map((value) => -0.1 * value);
  const expected: Expected = {
    n_annotations: 1,
    annotations_first20: [{ onset: 1, duration: 0.5, text: 'blink' }],
    gaps_after_record: [{ record: 1, gap_s: 3.5 }],
    record_duration: 1,
    signals: [
      {
        label: 'EEG Cz',
        unit: 'uV',
        rate_hz: 200,
        n_samples: 600,
        phys_first5: physical.slice(0, 5),
        phys_last5: physical.slice(-5),
        phys_min: Math.min(...physical),
        phys_max: Math.max(...physical),
        phys_mean: physical.reduce((a, b) => a + b) / 600,
      },
    ],
  };
  return ['self-written EDF+D', expected, async () => memorySource('self-written', bytes)];
}

const folder = sharedSignals('edf.test.ts');
const cases: [string, Expected, () => Promise<ByteSource>][] = [selfWritten()];
if (folder) {
  const table = JSON.parse(readFileSync(`${folder}/eeg/edf-bdf/expected.json`, 'utf8')) as Record<
    string,
    Expected
  >;
  for (const [file, expected] of Object.entries(table)) {
    cases.push([file, expected, () => nodeFileSource(`${folder}/eeg/edf-bdf/${file}`)]);
  }
}

describe('known files', () => {
  it.each(cases)('%s', async (_, expected, source) => {
    const signals = expected.signals.filter(({ annotation_channel }) => !annotation_channel);
    if (signals.length === 0) {
      await expect(openEdf(await source())).rejects.toThrow(/annotations only/);
      return;
    }
    const recording = await openEdf(await source());
    expect(recording.channels.map(({ label, unit, length }) => [label, unit, length])).toEqual(
      signals.map(({ label, unit, n_samples }) => [label, unit, n_samples]),
    );
    for (const [index, signal] of signals.entries()) {
      expect(recording.channels[index]?.rate).toBeCloseTo(signal.rate_hz, 6);
      const [values] = (await recording.read([index], 0, signal.n_samples)) as [Float64Array];
      const { mean, min, max } = summary(values);
      const found = [...values.slice(0, 5), ...values.slice(-5), min, max, mean];
      const wanted = [
        ...signal.phys_first5,
        ...signal.phys_last5,
        signal.phys_min,
        signal.phys_max,
        signal.phys_mean,
      ];
      found.forEach((value, i) => {
        expect(agrees(value, wanted[i] as number), `${signal.label} ${i}: ${value} for ${wanted[i]}`).toBe(
          true,
        );
      });
    }
    expect(recording.startOffset ?? 0).toBeCloseTo(expected.record_onsets_first3?.[0] ?? 0, 6);
    const gaps = expected.gaps_after_record ?? [];
    expect(recording.gaps.length).toBe(gaps.length);
    gaps.forEach(({ record, gap_s }, i) => {
      expect(recording.gaps[i]?.at).toBeCloseTo((record + 1) * expected.record_duration, 6);
      expect(recording.gaps[i]?.seconds).toBeCloseTo(gap_s, 4);
    });
    const annotations = (await recording.annotations?.()) ?? [];
    expect(annotations.length).toBe(expected.n_annotations ?? 0);
    expected.annotations_first20?.forEach(({ onset, duration, text }, i) => {
      expect(annotations[i]?.onset).toBeCloseTo(onset, 5);
      expect(annotations[i]?.duration).toBeCloseTo(duration ?? 0, 5);
      expect(annotations[i]?.text).toBe(text);
    });
  });
});

describe('openEdf', () => {
  it('reads any stretch of any signal of files of any layout', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          records: fc.integer({ min: 1, max: 6 }),
          perRecord: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
          bdf: fc.boolean(),
          tal: fc.boolean(),
          seed: fc.nat(1000),
          part: fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.double({ min: 0, max: 1, noNaN: true }),
          ),
        }),
        async ({ records, perRecord, bdf, tal, seed, part }) => {
          const limit = bdf ? 8388607 : 32767;
          const signals = perRecord.map((count, s) => ({
            label: `s${s}`,
            perRecord: count,
            physical: [-3, 5] as [number, number],
            values: ramp(count * records).map(
              (i) => (((i + 1) * (seed + s + 1) * 7907) % (2 * limit)) - limit,
            ),
          }));
          const recording = await open({
            records,
            signals,
            bdf,
            ...(tal
              ? { reserved: bdf ? 'BDF+C' : 'EDF+C', tals: ramp(records).map((onset) => ({ onset })) }
              : {}),
          });
          for (const [s, { values, perRecord: count }] of signals.entries()) {
            expect(recording.channels[s]?.rate).toBe(count);
            const start = Math.floor(part[0] * values.length);
            const length = Math.floor(part[1] * (values.length - start));
            const [read] = (await recording.read([s], start, length)) as [Float64Array];
            expect(read.length).toBe(length);
            const wanted = values
              .slice(start, start + length)
              .map((v) => -3 + (8 * (v + limit + 1)) / (2 * limit + 1));
            read.forEach((value, i) => {
              expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-9);
            });
          }
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  it('keeps values outside the declared digital range', async () => {
    const recording = await open({
      records: 1,
      signals: [{ label: 'a', perRecord: 3, physical: [0, 10], digital: [0, 100], values: [-50, 50, 30000] }],
    });
    expect([...((await recording.read([0], 0, 3))[0] as Float64Array)]).toEqual([-5, 5, 3000]);
  });

  it('reads numbers without a sign where the digital range says so', async () => {
    const recording = await openEdf(memorySource('uns.edf', readFileSync(caseOf('edf-unsigned/uns.edf'))));
    const [values] = await recording.read([0], 0, 3);
    expect([...(values as Float64Array)].map((value) => Number(value.toFixed(1)))).toEqual([
      8195.4, 8212.4, 8249.6,
    ]);
    expect(recording.notes.join()).toMatch(/digital range 0 to 65535.*without a sign/);
    const read = async (signal: Partial<EdfSignalSpec>, bdf = false) => {
      const one = await open({
        bdf,
        records: 1,
        signals: [{ label: 'a', unit: 'uV', perRecord: 3, values: [], ...signal }],
      });
      return { notes: one.notes, values: [...((await one.read([0], 0, 3))[0] as Float64Array)] };
    };
    const values3 = [100, 40_000, 65_535];
    expect((await read({ digital: [0, 65_535], physical: [0, 65_535], values: values3 })).values).toEqual(
      values3,
    );
    expect((await read({ digital: [100, 40_000], physical: [0, 39_900], values: values3 })).values).toEqual([
      0, 39_900, 65_435,
    ]);
    // A range that numbers with a sign can have keeps their sign.
    expect((await read({ digital: [0, 32_767], physical: [0, 32_767], values: [-5, 0, 5] })).values).toEqual([
      -5, 0, 5,
    ]);
    const wide = [0, 8_388_608, 16_777_215];
    const bdf = await read({ digital: [0, 16_777_215], physical: [0, 16_777_215], values: wide }, true);
    expect(bdf.values.map(Math.round)).toEqual(wide);
    // One too many is a slip; the scale is as it says.
    expect(
      await read({ digital: [-32_768, 32_768], physical: [-32_768, 32_768], values: [-32_768, 0, 7] }),
    ).toEqual({
      notes: [],
      values: [-32_768, 0, 7],
    });
    const inverted = await read({ digital: [-100, 100], physical: [10, -10], values: [-100, 0, 50] });
    expect(inverted).toEqual({ notes: [], values: [10, 0, -5] });
  });

  it('leaves out signals without samples, and those whose range their numbers cannot have', async () => {
    const zero = await openEdf(memorySource('z.edf', readFileSync(caseOf('edf-zero-samples/spr0.edf'))));
    expect(zero.channels.map(({ label }) => label)).toEqual(['EEG Fp1']);
    expect(zero.notes).toEqual(['"Empty" is left out: it has no samples']);
    const values = [3, -4, 5, 6];
    const recording = await open({
      records: 2,
      signals: [
        { label: 'none', perRecord: 0, values: [] },
        { label: 'far', perRecord: 2, digital: [-8_388_608, 8_388_607], values: [1, 1, 1, 1] },
        { label: 'good', perRecord: 2, physical: [-32_768, 32_767], values },
        { label: 'flat', unit: 'uV', perRecord: 2, physical: [5, 5], values },
        { label: 'point', unit: 'uV', perRecord: 2, digital: [7, 7], values },
      ],
      tals: [{ onset: 0, texts: ['mark'] }, { onset: 1 }],
      reserved: 'EDF+C',
    });
    expect(recording.channels.map(({ label, unit }) => [label, unit])).toEqual([
      ['good', ''],
      ['flat', ''],
      ['point', ''],
    ]);
    const read = await recording.read([0, 1, 2], 0, 4);
    for (const channel of read) expect([...channel].map((value) => Number(value.toFixed(9)))).toEqual(values);
    expect(recording.notes).toEqual([
      '"none" is left out: it has no samples',
      '"far" is left out: it has the digital range -8388608 to 8388607, which numbers of 16 bits cannot have',
      expect.stringMatching(/"flat" has an empty .* range.*without a unit/),
      expect.stringMatching(/"point" has an empty .* range/),
    ]);
    expect((await recording.annotations?.())?.map(({ text }) => text)).toEqual(['mark']);
    const beyond = open({
      records: 1,
      signals: [{ label: 'far', perRecord: 1, digital: [-99_999, 99_999], values: [1] }],
    });
    await expect(beyond).rejects.toThrow(
      /no signal that can be read: "far" has the digital range -99999 to 99999/,
    );
  });

  it('finds the data behind a header that is longer than its signals need', async () => {
    const bytes = edfBytes(one(ramp(8), 4));
    const padded = new Uint8Array(bytes.length + 256);
    padded.set(bytes.subarray(0, 512));
    padded.set(bytes.subarray(512), 768);
    padded.set(new TextEncoder().encode('768     '), 184);
    const whole = await openEdf(memorySource('a.edf', bytes));
    const [wanted] = await whole.read([0], 0, 8);
    const long = await openEdf(memorySource('b.edf', padded));
    expect((await long.read([0], 0, 8))[0]).toEqual(wanted);
    expect(long.notes.join()).toMatch(
      /768 bytes long, but 1 signals make 512; the data are taken to begin at byte 768/,
    );
    // Where the file is not filled so, the signals are believed.
    const lied = bytes.slice();
    lied.set(new TextEncoder().encode('768     '), 184);
    expect((await (await openEdf(memorySource('c.edf', lied))).read([0], 0, 8))[0]).toEqual(wanted);
  });

  it('counts the records itself where the header cannot know, and says so', async () => {
    const unfinished = await open({ ...one(ramp(8), 4), declaredRecords: -1 });
    expect(unfinished.channels[0]?.length).toBe(8);
    expect(unfinished.notes.join()).toMatch(/not stated; the file holds 4/);
    expect((await open({ ...one(ramp(8), 4), declaredRecords: 0 })).channels[0]?.length).toBe(8);
    const bytes = edfBytes(one(ramp(8), 4));
    const cut = await openEdf(memorySource('cut.edf', bytes.subarray(0, bytes.length - 5)));
    expect(cut.channels[0]?.length).toBe(4);
    expect(cut.notes.join()).toMatch(/cut short: 2 of 4/);
  });

  it('knows sub-second records, the start, the subject, and Latin-1 units', async () => {
    const recording = await open({
      ...one(ramp(12), 3),
      recordSeconds: 0.1,
      reserved: 'EDF+C',
      patient: 'P-07 F X Some_Name',
      recording: 'Startdate 02-MAR-2121 X X X',
      tals: [{ onset: 0 }, { onset: 0.1 }, { onset: 0.2 }],
    });
    expect(recording.channels[0]?.rate).toBe(40);
    expect(recording.startTime).toBe('2121-03-02T04:05:06');
    expect(recording.subject).toBe(await pseudonym('P-07'));
    expect(recording.patient?.()).toBe('P-07 F X Some_Name\nStartdate 02-MAR-2121 X X X');
    expect(recording.modality).toBe('eeg');
    const latin = await open({
      records: 1,
      signals: [{ label: 'x', unit: 'µV', perRecord: 1, values: [0] }],
    });
    expect(latin.channels[0]?.unit).toBe('µV');
    expect(latin.subject).toBeUndefined();
    expect(latin.startTime).toBe('2021-03-02T04:05:06');
  });

  it('finds gaps in EDF+D from the records themselves, and none in EDF+C', async () => {
    const tals = [0, 1, 2.5, 3.5, 10].map((onset) => ({ onset: onset + 0.25 }));
    const gappy = await open({ ...one(ramp(20), 5), reserved: 'EDF+D', tals });
    expect(gappy.gaps).toEqual([
      { at: 2, seconds: 0.5 },
      { at: 4, seconds: 5.5 },
    ]);
    expect((await open({ ...one(ramp(20), 5), reserved: 'EDF+C', tals })).gaps).toEqual([]);
  });

  it('sees no gap in onsets that are rounded, and real ones beside them', async () => {
    // Records of 1/24 s, with onsets in milliseconds.
    const onsets = ramp(30).map((record) => record / 24 + (record >= 20 ? 0.05 : 0));
    const tals = onsets.map((onset) => ({ onset: Number(onset.toFixed(3)) }));
    const { gaps } = await open({
      ...one(ramp(30 * 40), 30),
      recordSeconds: 0.041667,
      reserved: 'EDF+D',
      tals,
    });
    expect(gaps.length).toBe(1);
    expect(gaps[0]?.at).toBeCloseTo(20 / 24, 4);
    expect(gaps[0]?.seconds).toBeCloseTo(0.05, 2);
    const whole = [0, 1, 3, 4].map((onset) => ({ onset }));
    expect((await open({ ...one(ramp(8), 4), reserved: 'EDF+D', tals: whole })).gaps).toEqual([
      { at: 2, seconds: 1 },
    ]);
  });

  it('knows the start only where the header names a moment', async () => {
    const start = async (date: string, time: string, recording = '') => {
      const bytes = edfBytes({ ...one(ramp(8), 4), recording });
      bytes.set(new TextEncoder().encode(date + time), 168);
      return (await openEdf(memorySource('a.edf', bytes))).startTime;
    };
    expect(await start('31.12.84', '23.59.59')).toBe('2084-12-31T23:59:59');
    expect(await start('01.01.85', '00.00.00')).toBe('1985-01-01T00:00:00');
    expect(await start('01.02.yy', '01.02.03', 'Startdate 01-FEB-2091 X X X')).toBe('2091-02-01T01:02:03');
    expect(await start('00.00.00', '00.00.00')).toBeUndefined();
    expect(await start('30.02.20', '00.00.00')).toBeUndefined();
    expect(await start('01.02.20', '25.00.00')).toBeUndefined();
  });

  it('says what is wrong with a file, in one sentence with its name', async () => {
    const good = edfBytes(one(ramp(8), 4));
    const broken = (offset: number, text: string) => {
      const bytes = good.slice();
      bytes.set(new TextEncoder().encode(text), offset);
      return openEdf(memorySource('bad.edf', bytes));
    };
    await expect(openEdf(memorySource('bad.edf', good.subarray(0, 100)))).rejects.toThrow(
      /bad\.edf: is 100 bytes/,
    );
    await expect(openEdf(memorySource('bad.edf', good.subarray(0, 300)))).rejects.toThrow(
      /ends inside the header/,
    );
    await expect(openEdf(memorySource('bad.edf', good.subarray(0, 512)))).rejects.toThrow(
      /before its first data/,
    );
    await expect(broken(0, 'RIFF')).rejects.toThrow(/byte 0: does not start as EDF does/);
    await expect(broken(236, 'many    ')).rejects.toThrow(
      /byte 236: the number of data records is not a number/,
    );
    await expect(broken(236, '1.2.3   ')).rejects.toThrow(/number of data records is "1\.2\.3"/);
    await expect(broken(236, '2.5     ')).rejects.toThrow(/byte 236: declares 2\.5 data records/);
    await expect(broken(184, '0x200   ')).rejects.toThrow(/byte 184: the header size is not a number/);
    await expect(broken(244, '0       ')).rejects.toThrow(/data records of 0 seconds/);
    await expect(broken(252, '0   ')).rejects.toThrow(/declares 0 signals/);
    await expect(broken(256 + 216, '0       ')).rejects.toThrow(/has no signal with a sample/);
    await expect(broken(256 + 104, 'low     ')).rejects.toThrow(
      /physical minimum of signal 1 \("EEG Cz"\) is not a number/,
    );
    await expect(broken(0, 'x')).rejects.toBeInstanceOf(FormatError);
    const recording = await openEdf(memorySource('ok.edf', good));
    await expect(recording.read([0], 5, 4)).rejects.toThrow(/samples 5 to 9 of "EEG Cz".*0 to 8/);
    await expect(recording.read([1], 0, 1)).rejects.toThrow(/no channel 1/);
  });
});
