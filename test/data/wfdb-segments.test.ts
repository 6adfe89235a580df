import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWfdb } from '../../data/formats/wfdb/wfdb.ts';
import { openPaths } from '../../data/open-node.ts';
import { annotationBytes, fileSet, format16, interleave } from './writers.ts';

type Files = Record<string, string | number[] | Uint8Array>;

const open = (files: Files, header = 'm.hea') => {
  const { source, find } = fileSet(files);
  return openWfdb(source(header), find);
};

/** A variable layout: b is missing in the first segment, a in the second, and there is a pause between them. */
const variable: Files = {
  'm.hea': 'm/4 2 100 12 13:5:0 04/05/2121\nlayout 0\none 4\n~ 3\ntwo 5\n# 69 M',
  'layout.hea': 'layout 2 100 0\n~ 0 10(0)/mV 12 0 0 0 0 a\n~ 0 10(0)/mV 12 0 0 0 0 b',
  'one.hea': 'one 2 100 4\none.dat 16 10(5)/mV 16 0 0 0 0 other\none.dat 16 10(5)/mV 16 0 0 0 0 a',
  'one.dat': format16([9, 15, 9, 25, 9, -32768, 9, 45]),
  'two.hea': 'two 1 100 5\ntwo.dat 16 2(0)/mV 16 0 0 0 0 b',
  'two.dat': format16([2, 4, 6, 8, 10]),
};
const nan = Number.NaN;

describe('WFDB records of several segments', () => {
  it('are one recording: signals by name, each segment with its own gain, missing samples and pauses as NaN', async () => {
    const recording = await open(variable);
    expect(recording.channels).toEqual([
      { label: 'a', unit: 'mV', rate: 100, length: 12 },
      { label: 'b', unit: 'mV', rate: 100, length: 12 },
    ]);
    expect(recording.startTime).toBe('2121-05-04T13:05:00');
    const a = [1, 2, nan, 4, ...new Array<number>(8).fill(nan)];
    const b = [...new Array<number>(7).fill(nan), 1, 2, 3, 4, 5];
    for (let start = 0; start < 12; start++) {
      for (let count = 0; start + count <= 12; count++) {
        const read = await recording.read([1, 0], start, count);
        expect(read.map((values) => [...values])).toEqual(
          [b, a].map((values) => values.slice(start, start + count)),
        );
      }
    }
  });

  it('of a fixed layout take the signals by their place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(100),
        fc.nat(100),
        async (lengths, samplesPerFrame, from, part) => {
          const total = lengths.reduce((sum, length) => sum + length, 0) * samplesPerFrame;
          const signals = [1, -1].map((sign) => Array.from({ length: total }, (_, i) => sign * (i + 1)));
          const files: Files = {
            'm.hea': `m/${lengths.length} 2 50 ${total / samplesPerFrame}\n${lengths.map((length, i) => `s${i} ${length}`).join('\n')}`,
          };
          let at = 0;
          for (const [i, length] of lengths.entries()) {
            const own = length * samplesPerFrame;
            const frames = signals.map((signal) => signal.slice(at, at + own));
            const inFrames = Array.from({ length }, (_, frame) =>
              frames.flatMap((values) =>
                values.slice(frame * samplesPerFrame, (frame + 1) * samplesPerFrame),
              ),
            ).flat();
            const line = `s${i}.dat 16x${samplesPerFrame} 1(0)/mV 16 0 0 0 0`;
            files[`s${i}.hea`] = `s${i} 2 50 ${length}\n${line} a\n${line} b`;
            files[`s${i}.dat`] = format16(samplesPerFrame === 1 ? interleave(frames) : inFrames);
            at += own;
          }
          const recording = await open(files);
          const start = Math.floor((from / 101) * total);
          const count = Math.floor((part / 101) * (total - start));
          const read = await recording.read([0, 1], start, count);
          expect(recording.channels[0]?.rate).toBe(50 * samplesPerFrame);
          expect(read.map((values) => [...values])).toEqual(
            signals.map((signal) => signal.slice(start, start + count)),
          );
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it('have annotations in samples of the whole', async () => {
    const recording = await open({ ...variable, 'm.atr': annotationBytes([(1 << 10) | 8, 0]) });
    expect(await recording.annotations?.()).toMatchObject([{ sample: 8, onset: 0.08, symbol: 'N' }]);
    expect((await open(variable)).annotations).toBeUndefined();
  });

  it('have a gap where the files of a segment are not there, and are complete elsewhere', async () => {
    const there = fileURLToPath(new URL('cases/wfdb-segment-missing/multi.hea', import.meta.url));
    const [recording] = (await openPaths([there])).recordings;
    expect(recording?.channels[0]).toMatchObject({ rate: 250, length: 1500 });
    expect(recording?.notes).toEqual([
      '1 of 3 segments is not there, first "seg2"; the 2 s that they hold count as missing',
    ]);
    const all = (await recording?.read([0], 0, 1500))?.[0] as Float64Array;
    expect([...all].flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual(
      Array.from({ length: 500 }, (_, i) => 500 + i),
    );
    for (const name of ['seg1', 'seg3']) {
      const [alone] = (await openPaths([there.replace('multi', name)])).recordings;
      const own = (await alone?.read([0], 0, 500))?.[0];
      const start = name === 'seg1' ? 0 : 1000;
      expect((await recording?.read([0], start, 500))?.[0]).toEqual(own);
      expect(all.subarray(start, start + 500)).toEqual(own);
    }
    // Header, samples, or all samples of a file gone; the first as well as the last.
    const b = [nan, nan, nan, nan, nan, nan, nan, 1, 2, 3, 4, 5];
    const without = (name: string) =>
      Object.fromEntries(Object.entries(variable).filter(([path]) => path !== name));
    for (const files of [without('one.hea'), without('one.dat'), { ...variable, 'one.dat': [] }]) {
      const part = await open(files);
      expect((await part.read([0, 1], 0, 12)).map((values) => [...values])).toEqual([
        new Array(12).fill(nan),
        b,
      ]);
      expect(part.notes.join()).toMatch(/1 of 2 segments is not there, first "one"; the 0\.04 s/);
    }
    const first = await open(without('two.dat'));
    expect((await first.read([0], 0, 12)).map((values) => [...values])).toEqual([
      [1, 2, nan, 4, ...new Array<number>(8).fill(nan)],
    ]);
    const none = Object.fromEntries(Object.entries(variable).filter(([path]) => !/\.dat$/.test(path)));
    await expect(open(none)).rejects.toThrow(
      /^one\.hea: names the signal file "one\.dat", which is not there/,
    );
  });

  it('tell what is short, and what does not add up', async () => {
    const short = await open({ ...variable, 'two.dat': format16([2, 4]) });
    expect([...((await short.read([1], 6, 6))[0] ?? [])]).toEqual([nan, 1, 2, nan, nan, nan]);
    expect(short.notes.join()).toMatch(/cut short: 1 of 2 segments, first "two"/);
    const wrong = await open({ ...variable, 'm.hea': String(variable['m.hea']).replace('100 12', '100 99') });
    expect(wrong.channels[0]?.length).toBe(12);
    expect(wrong.notes.join()).toMatch(/says 99 samples, but its segments make 12/);
  });

  it('have the signals of their segments where the layout is not there', async () => {
    const { 'layout.hea': _, ...rest } = variable;
    const recording = await open(rest);
    expect(recording.channels.map(({ label }) => label)).toEqual(['other', 'a', 'b']);
    expect(recording.notes.join()).toMatch('its layout "layout" is not there');
    const read = await recording.read([1, 2], 0, 12);
    expect(read.map((values) => [...values])).toEqual([
      [1, 2, nan, 4, ...new Array<number>(8).fill(nan)],
      [...new Array<number>(7).fill(nan), 1, 2, 3, 4, 5],
    ]);
  });

  it('are refused in a sentence that names the segment and the line', async () => {
    const without = (name: string) =>
      Object.fromEntries(Object.entries(variable).filter(([key]) => key !== name));
    const changed = (name: string, from: string, to: string) => ({
      ...variable,
      [name]: String(variable[name]).replace(from, to),
    });
    await expect(open(changed('two.hea', 'two 1 100', 'two 1 50'))).rejects.toThrow(
      /line 5: has 100 frames a second, its segment "two" 50/,
    );
    await expect(open(changed('two.hea', '/mV', '/uV'))).rejects.toThrow(
      /line 5: has "b" in mV.*its segment "two" in uV/,
    );
    await expect(open({ ...variable, 'two.hea': 'two/1 1 100 5\none 5' })).rejects.toThrow(
      /^two\.hea, line 1: is a record of several segments/,
    );
    await expect(open(changed('m.hea', '~ 3', '~ 4000000000'))).rejects.toThrow(
      /line 4: has a pause of 4000000000 samples, 463 days/,
    );
    await expect(open(changed('m.hea', 'two 5', 'two many'))).rejects.toThrow(
      /line 5: has no number as its length of a segment/,
    );
    await expect(open({ 'm.hea': 'm/2 1 100\nl 0\n~ 5', 'l.hea': 'l 1 100 0\n~ 0 1' })).rejects.toThrow(
      /no segment with samples/,
    );
    await expect(open({ ...without('layout.hea'), 'm.hea': 'm/2 2 100\none 4\ntwo 5' })).rejects.toThrow(
      /line 3: has no layout, and its segment "two" has 1 signals where the first has 2/,
    );
  });
});
