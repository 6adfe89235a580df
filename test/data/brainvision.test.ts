import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openFile, openFiles } from '../../data/open.ts';
import { type BrainVisionSpec, brainVisionFiles, entriesOf, latin1 } from './writers.ts';

type Files = Record<string, string | number[] | Uint8Array>;

const openIn = (files: Files, name = 'r.vhdr') => {
  const entries = entriesOf(files);
  const entry = entries.find(({ path }) => path === name);
  if (!entry) throw new Error(`no ${name} among the files`);
  return openFile(entry, entries);
};
const open = (spec: BrainVisionSpec) => openIn(brainVisionFiles(spec));
const ramp = (count: number, step = 1) => Array.from({ length: count }, (_, i) => (i + 1) * step);

/** Of each type, the least and the greatest. */
const RANGES: [string, number, number][] = [
  ['INT_16', -32_768, 32_767],
  ['UINT_16', 0, 65_535],
  ['INT_32', -2_147_483_648, 2_147_483_647],
  ['IEEE_FLOAT_32', -1024.25, 1_048_576.5],
];

describe('BrainVision', () => {
  it('is read in any stretch, in every type and orientation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...RANGES),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(100),
        fc.nat(100),
        async ([type, least, most], vectorized, count, length, from, part) => {
          const signals = Array.from({ length: count }, (_, s) =>
            Array.from({ length }, (_, i) => [least, most, i * (s + 3), 7][i % 4] as number),
          );
          const recording = await open({ signals, type, vectorized });
          expect(recording.channels[0]).toEqual({ label: 'C1', unit: 'µV', rate: 500, length });
          const start = Math.floor((from / 101) * length);
          const wanted = Math.floor((part / 101) * (length - start));
          const asked = signals.map((_, s) => s).reverse();
          const read = await recording.read(asked, start, wanted);
          expect(read.map((values) => [...values])).toEqual(
            asked.map((s) => (signals[s] as number[]).slice(start, start + wanted).map((value) => value / 2)),
          );
        },
      ),
      { numRuns: 150, seed: 6 },
    );
  });

  it('has a resolution and unit a channel, names with commas, and defaults', async () => {
    const recording = await open({
      signals: [[1], [2], [3]],
      channels: ['Ch2=Resp\\1 belt,,2.5e-1,mmHg', 'Ch1=Cz,Fpz', 'Ch3=ECG,,-1,mV'],
      common: ['SamplingInterval=3906.25'],
    });
    expect(recording.channels.map(({ label, unit, rate }) => [label, unit, rate])).toEqual([
      ['Cz', 'µV', 256],
      ['Resp, belt', 'mmHg', 256],
      ['ECG', 'mV', 256],
    ]);
    expect((await recording.read([0, 1, 2], 0, 1)).flatMap((values) => [...values])).toEqual([1, 0.5, -3]);
  });

  it('may be in UTF-8 or in Latin-1, and in either byte order', async () => {
    const files = brainVisionFiles({ signals: [[258, -2]], binary: ['UseBigEndianOrder=YES'] });
    const recording = await openIn({
      ...files,
      'r.vhdr': latin1(String(files['r.vhdr'])),
      'r.eeg': [1, 2, 255, 254],
    });
    expect(recording.channels[0]?.unit).toBe('µV');
    expect([...((await recording.read([0], 0, 2))[0] ?? [])]).toEqual([129, -1]);
  });

  it('has markers as annotations, and new segments as gaps whose length their dates tell', async () => {
    const recording = await open({
      signals: [ramp(2000)],
      markers: [
        'Mk1=New Segment,,1,1,0,20240229235959500000',
        'Mk2=Stimulus,S  1,251,1,0',
        'Mk3=Comment,eyes closed\\1 relaxed,501,250,1',
        'Mk4=New Segment,,1001,1,0,20240301000011750000',
        'Mk5=New Segment,,1501,1,0',
        'Mk10=Response,,2000,0,0',
      ],
    });
    expect(recording.startTime).toBe('2024-02-29T23:59:59.5');
    // The second segment begins 12.25 s after the first, which has 2 s.
    expect(recording.gaps).toEqual([
      { at: 2, seconds: 10.25 },
      { at: 3, seconds: Number.NaN },
    ]);
    const annotations = await recording.annotations?.();
    expect(
      annotations?.map(({ onset, duration, text, sample, symbol, channel }) => [
        onset,
        duration,
        text,
        sample,
        symbol,
        channel,
      ]),
    ).toEqual([
      [0, 0, 'New Segment', 0, 'New Segment', undefined],
      [0.5, 0, 'S  1', 250, 'Stimulus', undefined],
      [1, 0.5, 'eyes closed, relaxed', 500, 'Comment', 1],
      [2, 0, 'New Segment', 1000, 'New Segment', undefined],
      [3, 0, 'New Segment', 1500, 'New Segment', undefined],
      [3.998, 0, 'Response', 1999, 'Response', undefined],
    ]);
  });

  it('breaks between segments of equal length, also where no marker says so', async () => {
    const recording = await open({
      signals: [ramp(10)],
      common: ['SegmentationType=MARKERBASED', 'SegmentDataPoints=4'],
    });
    expect(recording.gaps).toEqual([4, 8].map((sample) => ({ at: sample / 500, seconds: Number.NaN })));
    expect(recording.annotations).toBeUndefined();
  });

  it('finds its files after they were renamed together, and says so', async () => {
    const files = brainVisionFiles({ signals: [ramp(4)], markers: ['Mk1=Stimulus,S1,2,1,0'] });
    const moved = {
      'sub-01.vhdr': files['r.vhdr'] ?? '',
      'sub-01.eeg': files['r.eeg'] ?? '',
      'sub-01.vmrk': files['r.vmrk'] ?? '',
    };
    const recording = await openIn(moved, 'sub-01.vhdr');
    expect(recording.notes).toEqual([
      expect.stringMatching(/DataFile "r\.eeg" of the header is not there; "sub-01\.eeg" is taken/),
      expect.stringMatching(/MarkerFile "r\.vmrk" of the header is not there; "sub-01\.vmrk" is taken/),
    ]);
    expect((await recording.annotations?.())?.length).toBe(1);
    const wild = await openIn(
      brainVisionFiles({ signals: [ramp(4)], common: ['DataFile=$b.eeg'], name: 'q' }),
      'q.vhdr',
    );
    expect(wild.notes).toEqual([]);
  });

  it('is one recording of a folder; two that were renamed from one name are two', async () => {
    const files = brainVisionFiles({ signals: [ramp(4)], markers: [] });
    const copies = Object.entries(files).flatMap(([name, content]) =>
      ['a', 'b'].map((letter): [string, string | number[]] => [name.replace(/^r/, letter), content]),
    );
    const { recordings, skipped } = await openFiles(entriesOf({ ...Object.fromEntries(copies), ...files }));
    // All three headers name r.eeg, which is there: then they are one, that of its name.
    expect(recordings.map(({ name }) => name)).toEqual(['r.vhdr']);
    expect(skipped.map(({ path }) => path)).toEqual([
      ...['a.vhdr', 'b.vhdr', 'a.eeg', 'b.eeg', 'a.vmrk', 'b.vmrk'],
    ]);
    const alone = await openFiles(entriesOf(Object.fromEntries(copies)));
    expect(alone.recordings.map(({ name }) => name)).toEqual(['a.vhdr', 'b.vhdr']);
    expect(alone.skipped).toEqual([]);
  });

  it('tells what is short', async () => {
    const cut = (spec: BrainVisionSpec, bytes: number) => {
      const files = brainVisionFiles(spec);
      return openIn({ ...files, 'r.eeg': (files['r.eeg'] as number[]).slice(0, bytes) });
    };
    const spec = { signals: [ramp(5), ramp(5, 10)], common: ['DataPoints=5'] };
    const multiplexed = await cut(spec, 13);
    expect(multiplexed.channels[0]?.length).toBe(3);
    expect(multiplexed.notes.join()).toMatch(/cut short: 3 of 5 samples/);
    const vectorized = await cut({ ...spec, vectorized: true }, 14);
    expect((await vectorized.read([0, 1], 1, 4)).map((values) => [...values])).toEqual([
      [1, 1.5, 2, 2.5],
      [10, Number.NaN, Number.NaN, Number.NaN],
    ]);
    expect(vectorized.notes.join()).toMatch(/of 2 channels of 5 samples not all are there/);
    const less = await open({ signals: [ramp(5)], common: ['DataPoints=4'] });
    expect(less.channels[0]?.length).toBe(4);
    expect(less.notes.join()).toMatch(/1 samples after the declared 4 are left out/);
    const lost = await open({ signals: [[1]], common: ['MarkerFile=lost.vmrk'] });
    expect(lost.notes.join()).toMatch(/marker file "lost\.vmrk" is not there/);
  });

  it('is refused in a sentence that names line and field', async () => {
    const signals = [ramp(3)];
    const bad = (spec: Partial<BrainVisionSpec>) => expect(open({ signals, ...spec })).rejects;
    await bad({ common: ['DataFormat=ASCII'] }).toThrow(
      /^r\.vhdr, line 4: has "ASCII" as its DataFormat; read are BINARY\. .*ASCII data are not read/,
    );
    await bad({ common: ['DataType=FREQUENCYDOMAIN'] }).toThrow(
      /has "FREQUENCYDOMAIN" as its DataType; read are TIMEDOMAIN/,
    );
    await bad({ common: ['DataOrientation=SIDEWAYS'] }).toThrow(/read are MULTIPLEXED, VECTORIZED/);
    await bad({ common: ['SamplingInterval=0'] }).toThrow(/line 4: has "0" as its SamplingInterval/);
    await bad({ common: ['NumberOfChannels=2'] }).toThrow(
      /declares 2 channels but does not describe channel 2/,
    );
    await bad({ common: ['NumberOfChannels=many'] }).toThrow(/line 4: has no number as its NumberOfChannels/);
    await bad({ binary: ['BinaryFormat=INT_24'] }).toThrow(
      /has "INT_24" as its BinaryFormat; read are INT_16, UINT_16, INT_32, IEEE_FLOAT_32/,
    );
    await bad({ binary: ['TrailerSize=16'] }).toThrow(/has "16" as its TrailerSize; read are 0/);
    await bad({ channels: ['Ch1=Cz,,none,µV'] }).toThrow(/gives channel 1 the resolution no number/);
    await bad({ signals: [[]] }).toThrow(/^r\.eeg, byte 0: holds 0 samples, too few for 1 channels/);
    await bad({ vectorized: true, common: ['DataPoints=9'] }).toThrow(
      /holds 3 samples, too few for 1 channels of 9/,
    );
    await bad({ markers: ['Mk1=Stimulus,S1,here,1,0'] }).toThrow(
      /^r\.vmrk, line 6: gives marker 1 the position "here"/,
    );
    // What a damaged header has there may be about the patient.
    for (const field of [
      'DataFormat',
      'DataOrientation',
      'SamplingInterval',
      'NumberOfChannels',
      'DataPoints',
    ])
      await bad({ common: [`${field}=Jane Doe`] }).not.toThrow(/Jane/i);
    const files = brainVisionFiles({ signals });
    await expect(openIn({ 'r.vhdr': files['r.vhdr'] ?? '' })).rejects.toThrow(
      /names the data file "r\.eeg", which is not there/,
    );
    await expect(openIn({ ...files, 'r.vhdr': 'RIFF' })).rejects.toThrow(
      /does not start with "Brain Vision Data Exchange Header File"/,
    );
    await expect(
      openIn({ ...files, 'r.vhdr': String(files['r.vhdr']).replace(/SamplingInterval.*/, '') }),
    ).rejects.toThrow(/has no SamplingInterval in its \[Common Infos\]/);
  });
});
