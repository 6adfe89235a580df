import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../base/bytes.ts';
import { type CsvOptions, openCsv } from '../../data/formats/text/csv.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { cutWindows } from '../../data/windows/cut.ts';
import { sharedSignals } from './shared-signals.ts';

const open = (text: string, options?: CsvOptions) =>
  openCsv(memorySource('t.csv', new TextEncoder().encode(text)), options);

async function columns(text: string, options?: CsvOptions): Promise<number[][]> {
  const recording = await open(text, options);
  const all = await recording.read(
    recording.channels.map((_, i) => i),
    0,
    recording.channels[0]?.length ?? 0,
  );
  return all.map((values) => [...values]);
}

describe('openCsv', () => {
  it('reads what any spreadsheet writes: every delimiter, header or not, any line end, decimal comma', async () => {
    const value = fc.integer({ min: -99999, max: 99999 }).map((number) => number / 100);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(',', ';', '\t', ' '),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 2, max: 5 }).chain((width) =>
          fc.array(fc.array(value, { minLength: width, maxLength: width }), {
            minLength: 2,
            maxLength: 12,
          }),
        ),
        async (delimiter, end, header, comma, rows) => {
          const decimalComma = comma && delimiter !== ',';
          const write = (number: number) =>
            decimalComma ? number.toFixed(2).replace('.', ',') : number.toFixed(2);
          const lines = rows.map((row) => row.map(write).join(delimiter));
          if (header) lines.unshift((rows[0] ?? []).map((_, i) => `lead${i}`).join(delimiter));
          // A rising first column without a name would be taken for times.
          const read = await columns(lines.join(end), { rate: 100 }).catch(() => undefined);
          const first = rows.map((row) => row[0] as number);
          const steps = first.slice(1).map((number, i) => number - (first[i] as number));
          fc.pre(header || steps.some((step) => step <= 0));
          expect(read).toEqual((rows[0] ?? []).map((_, c) => rows.map((row) => row[c])));
        },
      ),
      { numRuns: 150, seed: 6 },
    );
  });

  it('reads one column of integers with Windows line ends, and one row of a whole signal', async () => {
    expect(await columns('12\r\n-22\r\n35\r\n', { rate: 173.61 })).toEqual([[12, -22, 35]]);
    expect(await columns('0.5,0.25,0.75,1', { rate: 100 })).toEqual([[0.5, 0.25, 0.75, 1]]);
  });

  it('makes missing values NaN and keeps the rows', async () => {
    const read = await columns('ecg,ppg\n1,2\n"",3\nNaN,4\nNA,\n5,"6"\n', { rate: 10 });
    expect(read).toEqual([
      [1, Number.NaN, Number.NaN, Number.NaN, 5],
      [2, 3, 4, Number.NaN, 6],
    ]);
    expect(await columns('1\n""\n3\n', { rate: 10 })).toEqual([[1, Number.NaN, 3]]);
  });

  it('finds times in seconds and milliseconds, by name and by look', async () => {
    const at = (step: number, name: string) =>
      open(`${name}${Array.from({ length: 9 }, (_, i) => `${(i * step).toFixed(4)},${i * i}`).join('\n')}`);
    expect((await at(0.004, 'time,x\n')).channels).toMatchObject([{ label: 'x', rate: 250, length: 9 }]);
    expect((await at(4, 'Time (ms),x\n')).channels[0]?.rate).toBe(250);
    expect((await at(8, 'timer,x\n')).channels[0]?.rate).toBe(125);
    expect((await at(0.01, '')).channels).toMatchObject([{ label: '2', rate: 100 }]);
  });

  it('leaves out a first column that counts the rows, and no other', async () => {
    const rows = [5, 7, 6, 9];
    const counted = (header: string, first: (i: number) => number) =>
      open(`${header}${rows.map((row, i) => `${first(i)},${row}`).join('\n')}`, { rate: 100 });
    for (const header of ['', ',ecg\n', 'Unnamed: 0,ecg\n', 'index,ecg\n', '"",ecg\n']) {
      for (const start of [0, 1, 4000]) {
        const recording = await counted(header, (i) => start + i);
        expect(recording.channels.map(({ label }) => label)).toEqual([header === '' ? '2' : 'ecg']);
        expect([...((await recording.read([0], 0, 4))[0] as Float64Array)]).toEqual(rows);
        expect(recording.notes.join()).toMatch(/first column counts the rows/);
      }
    }
    expect((await counted('II,V5\n', (i) => i)).channels.map(({ label }) => label)).toEqual(['II', 'V5']);
    expect((await counted(',V5\n', (i) => i % 3)).channels.length).toBe(2);
    expect(await columns('0\n1\n2\n3\n', { rate: 1 })).toEqual([[0, 1, 2, 3]]);
    // The times come after the count, with and without names.
    for (const header of ['', ',time,ecg\n']) {
      const text = `${header}${rows.map((row, i) => `${i},${(i * 0.004).toFixed(3)},${row}`).join('\n')}`;
      expect((await open(text)).channels).toMatchObject([{ rate: 250, length: 4 }]);
    }
  });

  it('reads date-times as times, to the last digit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(50, 100, 125, 200, 250, 500, 1000),
        fc.integer({ min: 3, max: 400 }),
        fc.date({ min: new Date('1971-01-01'), max: new Date('2199-01-01'), noInvalidDate: true }),
        fc.constantFrom('T', ' '),
        fc.constantFrom('', 'Z', '+01:00', '-0530'),
        fc.constantFrom('', 'timestamp,ecg\n', 'date,ecg\n', ',ecg\n'),
        async (rate, count, start, between, zone, header) => {
          const rows = Array.from({ length: count }, (_, i) => {
            const time = new Date(start.getTime() + (1000 * i) / rate).toISOString().slice(0, -1);
            return `${time.replace('T', between)}${zone},${i * i}`;
          });
          const recording = await open(header + rows.join('\n'));
          expect(recording.channels).toMatchObject([{ label: header ? 'ecg' : '2', rate, length: count }]);
        },
      ),
      { numRuns: 100, seed: 12 },
    );
    const at = (times: string[]) =>
      open(`time,ecg\n${times.map((time, i) => `${time},${i * i}`).join('\n')}`);
    // Clocks change, the time goes on; rows that are missing stay missing.
    const change = ['2024-03-31T01:59:59+01:00', '2024-03-31T03:00:00+02:00', '2024-03-31T03:00:01+02:00'];
    expect((await at(change)).channels[0]).toMatchObject({ rate: 1, length: 3 });
    const times = [0, 1, 2, 3, 4, 95, 96, 97, 98, 99].map(
      (i) => `2024-01-01 00:00:00.${String(i).padStart(2, '0')}`,
    );
    expect((await at(times)).channels[0]).toMatchObject({ rate: 100, length: 100 });
    await expect(at(['2024-01-01T00:00:00', '2024-02-30T00:00:01', '2024-03-01T00:00:02'])).rejects.toThrow(
      /, line 3:.*the text "2024-02-30T00:00:01" in column time/,
    );
    await expect(at(['2024-01-01T00:00:02', '2024-01-01T00:00:01'])).rejects.toThrow(/does not rise \(row 2/);
  });

  it('leaves a recording that is too slow to be cut as such, whatever told its rate', async () => {
    const value = (i: number) => Math.sin(i * i).toFixed(3);
    const count = 200;
    const lines = (first: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => `${first(i)}${value(i)}`).join('\n');
    const minute = (i: number) => new Date(60_000 * i).toISOString();
    for (const [text, options] of [
      [`time,ppg\n${lines((i) => `${minute(i)},`)}`, {}],
      [`time_s,ppg\n${lines((i) => `${i},`)}`, {}],
      [`ppg\n${lines(() => '')}`, { rate: 19 }],
      [`# Sampling rate: 10\n${lines(() => '')}`, {}],
    ] as const) {
      const recording = await open(text, options);
      await expect(cutWindows(recording, { seconds: 1, mains: 'none' })).rejects.toThrow(
        /is too slow: it has [\d.]+ Hz/,
      );
    }
  });

  it('puts uneven rows on an even grid, with the holes missing', async () => {
    const times = [0, 10, 20, 30, 40, 100, 110, 120, 130];
    const text = `ms,v\n${times.map((time) => `${time},${2 * time}`).join('\n')}`;
    const recording = await open(text);
    expect(recording.channels[0]).toMatchObject({ rate: 100, length: 14 });
    const [values] = (await recording.read([0], 0, 14)) as [Float64Array];
    expect([...values].map((v) => (Number.isNaN(v) ? Number.NaN : Math.round(v)))).toEqual([
      0,
      20,
      40,
      60,
      80,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      200,
      220,
      240,
      260,
    ]);
    expect(recording.notes.join()).toMatch(/5 samples are missing between rows at 100 Hz/);
  });

  it('makes pauses gaps, of even and of uneven rows', async () => {
    const even = Array.from({ length: 2000 }, (_, i) => `${(i / 250 + (i < 700 ? 0 : 300)).toFixed(3)},${i}`);
    const recording = await open(`time,v\n${even.join('\n')}`);
    expect(recording.channels).toMatchObject([{ rate: 250, length: 2000 }]);
    expect(recording.gaps).toEqual([{ at: 2.8, seconds: expect.closeTo(300, 6) }]);
    expect(recording.notes).toEqual([]);
    expect([...((await recording.read([0], 699, 2))[0] as Float64Array)]).toEqual([699, 700]);
    // Labels stand at seconds of stored signal, as gaps do.
    const states = even.map((row, i) => `${row},${i < 500 ? 'a' : 'b'}`);
    expect(await (await open(`time,v,state\n${states.join('\n')}`)).annotations?.()).toEqual([
      { onset: 0, duration: expect.closeTo(2, 6), text: 'a' },
      { onset: expect.closeTo(2, 6), duration: expect.closeTo(6, 6), text: 'b' },
    ]);
    const uneven = Array.from({ length: 600 }, (_, i) => {
      const wander = (i * 37) % 23;
      return `${33 * i + wander + (i < 400 ? 0 : 60_000)},${i}`;
    });
    const camera = await open(`ms,v\n${uneven.join('\n')}`);
    expect(camera.gaps.length).toBe(1);
    const rate = camera.channels[0]?.rate ?? 0;
    expect(Math.abs(rate - 1000 / 33)).toBeLessThan(0.5);
    expect(camera.gaps[0]?.seconds).toBeGreaterThan(59.9);
    const at = Math.round((camera.gaps[0]?.at ?? 0) * rate);
    const [before, after] = [...((await camera.read([0], at - 1, 2))[0] as Float64Array)] as [number, number];
    // No value lies between those of the two sides.
    expect(before).toBeLessThanOrEqual(399);
    expect(after).toBe(400);
  });

  it('finds the rate behind a coarse clock, with rows missing', async () => {
    for (const rate of [360, 300, 256, 173.61]) {
      const rows = Array.from({ length: 3000 }, (_, i) => `${(i / rate).toFixed(3)},${i}`);
      rows.splice(1000, 5);
      const recording = await open(`time,v\n${rows.join('\n')}`);
      expect(recording.channels[0]?.length, `${rate} Hz`).toBe(3000);
      expect(Math.abs((recording.channels[0]?.rate ?? 0) / rate - 1)).toBeLessThan(
        Number.isInteger(rate) ? 1e-9 : 1e-4,
      );
      const [values] = (await recording.read([0], 999, 7)) as [Float64Array];
      expect([...values]).toEqual([999, ...new Array(5).fill(Number.NaN), 1005]);
    }
  });

  it('takes micro- and nanoseconds by their steps, and times of day over midnight', async () => {
    const rate = async (times: (i: number) => string) =>
      (
        await open(
          `timestamp,ppg\n${Array.from({ length: 300 }, (_, i) => `${times(i)},${i % 7}`).join('\n')}`,
        )
      ).channels[0]?.rate;
    expect(await rate((i) => String(1_700_000_000_000_000 + 10_000 * i))).toBe(100);
    expect(await rate((i) => String(1_700_000_000_000 + 4 * i))).toBe(250);
    expect(
      await rate(
        (i) =>
          `${i < 100 ? '23:59' : '00:00'}:${((i < 100 ? 59 : -1) + i / 100).toFixed(2).padStart(5, '0')}`,
      ),
    ).toBe(100);
  });

  it('makes columns of labels annotations, in words or as classes', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 7},${i < 30 ? 'rest' : 'task'},${i < 20 ? 1 : 2}`,
    );
    const recording = await open(`Fz,state,label\n${rows.join('\n')}`, { rate: 10 });
    expect(recording.channels.map(({ label }) => label)).toEqual(['Fz']);
    expect(await recording.annotations?.()).toEqual([
      { onset: 0, duration: 3, text: 'rest' },
      { onset: 0, duration: 2, text: 'label=1' },
      { onset: 2, duration: 4, text: 'label=2' },
      { onset: 3, duration: 3, text: 'task' },
    ]);
  });

  it('reads units from a second row, quotes over several lines, UTF-16, and long files in pieces', async () => {
    const scope = await open(
      `Time,Channel A\n(ms),(mV)\n\n${Array.from({ length: 9 }, (_, i) => `${4 * i},${i}`).join('\n')}`,
    );
    expect(scope.channels).toMatchObject([{ label: 'Channel A', unit: 'mV', rate: 250, length: 9 }]);
    const quoted = await open('"Fz","note"\n1,"a ""b""\nc"\n2,"d"\n', { rate: 1 });
    expect(await quoted.annotations?.()).toEqual([
      { onset: 0, duration: 1, text: 'a "b"\nc' },
      { onset: 1, duration: 1, text: 'd' },
    ]);
    const utf16 = Uint8Array.from([
      0xff,
      0xfe,
      ...[...'EEG \u00b5V\n1\n2\n'].flatMap((letter) => [letter.charCodeAt(0), 0]),
    ]);
    const wide = await openCsv(memorySource('t.txt', utf16), { rate: 1 });
    expect(wide.channels).toMatchObject([{ label: 'EEG \u00b5V', length: 2 }]);
    // Over several blocks, of short lines and of one long line; with multi-byte letters at any place.
    const count = 600_000;
    const lines = Array.from({ length: count }, (_, i) => (i % 997) / 8);
    for (const [text, options] of [
      [`# \u00b5\u00b5\u00b5\n${lines.join('\r\n')}`, { rate: 1 }],
      [lines.join(', '), { rate: 1 }],
    ] as const) {
      const long = await open(text, options);
      expect(long.channels[0]?.length).toBe(count);
      const [values] = (await long.read([0], 0, count)) as [Float64Array];
      expect(values.every((value, i) => value === lines[i])).toBe(true);
    }
  });

  it('refuses windows a row, lists of recordings and positions of beats', async () => {
    const windows = Array.from({ length: 40 }, (_, r) =>
      [r % 2, ...Array.from({ length: 64 }, (__, c) => Math.sin(c / 9 + r * r).toFixed(4))].join(' '),
    );
    await expect(open(windows.join('\n'), { rate: 100 })).rejects.toThrow(/65 columns.*one window a row/);
    const wide = Array.from({ length: 40_000 }, (_, i) => i % 7).join(' ');
    await expect(open(`${wide}\n${wide}\n`, { rate: 100 })).rejects.toThrow(
      /over 512 columns.*one window a row/,
    );
    await expect(open('file,start,label\na.txt,0,1\nb.txt,5,0\n', { rate: 1 })).rejects.toThrow(
      /columns file, start, label: it looks like a list of recordings/,
    );
    const beats = Array.from({ length: 40 }, (_, i) => 200 * i + ((i * i) % 17));
    await expect(open(beats.join('\n'), { rate: 360 })).rejects.toThrow(/as positions of beats or events/);
    await expect(open('a,b\n')).rejects.toThrow(/a row of names and no numbers/);
  });

  it('refuses times that leave most samples missing, and times that do not move', async () => {
    await expect(open('time,v\n0,1\n0.01,2\n0.02,1\n5000,2\n')).rejects.toThrow(
      /4 rows over 5000 s.*most samples/,
    );
    await expect(open('time,v\n3,1\n3,2\n3,1\n')).rejects.toThrow(/does not move/);
  });

  it('takes rate and labels from comments, and units from the header', async () => {
    const commented = await open('# Sampling Rate (Hz):= 1000.00\n# Labels:= ECG\n2044.0\n2045.0\n');
    expect(commented.channels).toEqual([{ label: 'ECG', unit: '', rate: 1000, length: 2 }]);
    expect(commented.modality).toBe('ecg');
    expect((await open('Fp1 (uV);Cz [mV]\n1;2\n3;1\n', { rate: 5 })).channels).toMatchObject([
      { label: 'Fp1', unit: 'uV' },
      { label: 'Cz', unit: 'mV' },
    ]);
  });

  it('says what is wrong, with the line', async () => {
    await expect(open('1\n2\n')).rejects.toThrow(/t\.csv: has no column of times.*--rate HZ/);
    await expect(open('1\n2\n', { rate: -5 })).rejects.toThrow(/rate of -5 Hz/);
    await expect(open('')).rejects.toThrow(/holds no rows/);
    await expect(open('a,b\n1,2\n3,oops\n', { rate: 1 })).rejects.toThrow(/, line 3:.*"oops" in column b/);
    await expect(open('a,b\n1,2\n3,4,5\n', { rate: 1 })).rejects.toThrow(/, line 3:.*3 fields where 2/);
    await expect(open('time,b\n1,2\n0.5,4\n')).rejects.toThrow(/does not rise \(row 2/);
    expect((await open('time,b\n1,2\n0.5,4\n', { rate: 1 })).notes.join()).toMatch(
      /does not rise.*1 Hz given/,
    );
    const wide = Array.from({ length: 600 }, (_, i) => i).join(',');
    await expect(open(`${wide}\n${wide}`, { rate: 1 })).rejects.toThrow(/600 columns.*one window a row/);
  });
});

type Known = [path: string, options: CsvOptions, rate: number, length: number, first: number[]];

const folder = sharedSignals('csv.test.ts');
const SELF_WRITTEN = '7\r\n""\r\n-3\r\n';
const known: Known[] = [['self-written', { rate: 32 }, 32, 3, [7]]];
if (folder) {
  known.push(
    ['eeg/bonn-eyes/Z/Z001.txt', { rate: 173.61 }, 173.61, 4097, [12, 22, 35]],
    ['ieeg/bonn/N/N001.TXT', { rate: 173.61 }, 173.61, 4097, []],
    ['ecg/biosppy/ecg.txt', {}, 1000, 15000, [2044, 2044, 2044]],
    ['ppg/heartpy/data2.csv', {}, 116.987754, 15000, [515, 514, 514]],
    ['ppg/heartpy/ring_data.csv', { rate: 32 }, 32, 91987, [15926, 15920, 15921]],
  );
}

describe('known text files', () => {
  it.each(known)('%s', async (path, options, rate, length, first) => {
    const isOurs = path === 'self-written';
    const text = isOurs ? SELF_WRITTEN : readFileSync(join(folder as string, path), 'utf8');
    const recording = isOurs
      ? await open(text, options)
      : await openCsv(await nodeFileSource(join(folder as string, path)), options);
    const [channel] = recording.channels;
    expect(channel?.rate).toBeCloseTo(rate, 5);
    expect(channel?.length).toBe(length);
    const [values] = (await recording.read([0], 0, length)) as [Float64Array];
    expect([...values.slice(0, first.length)]).toEqual(first);
    const missing = values.filter(Number.isNaN).length;
    expect(missing).toBe((text.match(/^""\r?$/gm) ?? []).length);
  });
});
