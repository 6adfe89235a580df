import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../base/bytes.ts';
import { FileSet } from '../../../data/formats/format.ts';
import { text } from '../../../data/formats/text/csv.ts';
import { openFiles } from '../../../data/open.ts';
import { ecg, firstOf, labelsOf, lines, open, used } from './open.ts';

const files = (contents: Readonly<Record<string, string>>) =>
  Object.entries(contents).map(([path, content]) => ({
    path,
    open: async () => memorySource(path, new TextEncoder().encode(content)),
  }));
const START = 1_544_027_337;

describe('Empatica E4', () => {
  const head = (rate: number, columns = 1) =>
    `${Array(columns).fill(`${START}.000000`).join(', ')}\n${Array(columns).fill(`${rate}.000000`).join(', ')}\n`;
  const session = {
    's/ACC.csv': head(32, 3) + lines(320, (i) => `${i % 61},${(7 * i) % 59},60`),
    's/BVP.csv': head(64) + lines(640, (i) => ecg(i).toFixed(2)),
    's/EDA.csv': head(4) + lines(40, (i) => ecg(i).toFixed(6)),
    's/HR.csv': head(1) + lines(10, (i) => (70 + (i % 3)).toFixed(2)),
    's/IBI.csv': `${START}.000000, IBI\n${lines(40, (i) => `${0.8 * i + 3},0.8${i}`)}`,
    's/TEMP.csv': head(4) + lines(40, (i) => (33 + 0.01 * (i % 5)).toFixed(2)),
    's/info.txt': '.csv files in this archive are in the following format:\nThe first row is the time.\n',
    's/tags.csv': `${START + 3}.10\n${START + 5}.20\n`,
  };

  it.each([{}, { rate: 64, modality: 'ppg' as const }])(
    'is read as what each file is, with %j',
    async (options) => {
      const { recordings, skipped } = await openFiles(files(session), options);
      const facts = await Promise.all(
        recordings.map(async (one) => [
          one.name,
          one.channels[0]?.rate,
          await used(one).catch((error) => error.message),
        ]),
      );
      expect(facts).toEqual([
        ['s/ACC.csv', 32, expect.stringMatching(/"ACC x" is acceleration/)],
        ['s/BVP.csv', 64, ['BVP']],
        ['s/EDA.csv', 4, expect.stringMatching(/"EDA" is skin conductance/)],
        ['s/HR.csv', 1, expect.stringMatching(/"HR" is a computed measure/)],
        ['s/TEMP.csv', 4, expect.stringMatching(/"TEMP" is temperature/)],
      ]);
      expect(skipped.map(({ path, reason }) => [path, reason])).toEqual([
        ['s/IBI.csv', expect.stringMatching(/intervals between beats/)],
        ['s/info.txt', expect.stringMatching(/holds texts and no numbers/)],
        ['s/tags.csv', expect.stringMatching(/points in time .* and nothing else/)],
      ]);
      const bvp = recordings[1];
      expect(bvp).toMatchObject({
        format: 'Empatica E4',
        modality: 'ppg',
        startTime: '2018-12-05T16:28:57.000',
      });
      expect(bvp?.channels[0]?.length).toBe(640);
      expect(bvp && (await firstOf(bvp, 1))).toEqual([Number(ecg(0).toFixed(2))]);
      expect(await bvp?.annotations?.()).toEqual([
        { onset: expect.closeTo(3.1, 5), duration: 0, text: 'tag' },
        { onset: expect.closeTo(5.2, 5), duration: 0, text: 'tag' },
      ]);
    },
  );

  it('is no other table that begins with large numbers', async () => {
    const [entry] = files({ 'x.csv': lines(100, (i) => `${1_544_027_337 + ((i * 7) % 13)}`) });
    const recording = entry && (await text.open(entry, new FileSet([]), { rate: 100 }));
    expect(recording).toMatchObject({ format: 'text', channels: [{ rate: 100, length: 100 }] });
  });
});

describe('tables of other devices and programs', () => {
  it('LabChart: names, units and interval before the table, remarks behind it', async () => {
    const head = (title: string, range: string) =>
      `Interval=\t0.001 s\r\nExcelDateTime=\t4.3846592939814815e+04\t1/15/2020 2:13:50.000000 PM\r\nTimeFormat=\tStartOfBlock\r\nDateFormat=\t\r\nChannelTitle=\t${title}\r\nRange=\t${range}\r\n`;
    const two = await open(
      head('ECG\tResp', '10.000 mV\t5.000 V') +
        lines(
          300,
          (i) =>
            `${(0.001 * i).toFixed(3)}\t${ecg(i).toFixed(4)}\t${ecg(i + 9).toFixed(4)}${i === 30 ? '\t#1 start' : ''}`,
        ),
    );
    expect(two.channels).toMatchObject([
      { label: 'ECG', unit: 'mV', rate: 1000, length: 300 },
      { label: 'Resp', unit: 'V' },
    ]);
    expect(two.notes.join()).toMatch(/1 remarks/);
    const one = await open(head('ECG', '10.000 mV') + lines(300, (i) => ecg(i).toFixed(4)));
    expect(one.channels).toMatchObject([{ label: 'ECG', unit: 'mV', rate: 1000, length: 300 }]);
  });

  it.each(['min,CH1,CH2,\n,300,300,\n', 'CH1,CH2,\n300,300,\n'])('AcqKnowledge: %j', async (header) => {
    const time = (i: number) => (header.startsWith('min') ? `${((0.001 * i) / 60).toFixed(9)},` : '');
    const recording = await open(
      `x.acq\n1 msec/sample\n2 channels\nECG\nmV\nRSP\nVolts\n${header}${lines(300, (i) => `${time(i)}${ecg(i).toFixed(4)},${ecg(i + 9).toFixed(4)},`)}`,
    );
    expect(recording.channels).toMatchObject([
      { label: 'ECG', unit: 'mV', rate: 1000, length: 300 },
      { label: 'RSP', unit: 'Volts' },
    ]);
  });

  it('the watch: a sheet of facts, of which no name is kept, before one column', async () => {
    const recording = await open(
      `Name,Jane Doe\nDate of Birth,1970-01-01\nDevice,"Watch6,1"\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,\u00b5V\n\n${lines(300, (i) => (100 * ecg(i)).toFixed(3))}`,
    );
    expect(recording.channels).toMatchObject([{ label: 'Lead I', unit: '\u00b5V', rate: 512, length: 300 }]);
    expect(JSON.stringify([recording.notes, recording.channels])).not.toMatch(/Jane|1970/);
  });

  it('Emotiv: labels or a header after a line of facts', async () => {
    const old = await open(
      `title:x, recorded:01.02.20 10:00:00, sampling:128, subject:me, labels:COUNTER INTERPOLATED AF3 F7, chan:4, units:emotiv\n${lines(400, (i) => `${i % 129}, 0, ${(4200 + 30 * ecg(i)).toFixed(2)}, ${(4200 + 20 * ecg(i + 9)).toFixed(2)}`)}`,
    );
    expect(await used(old)).toEqual(['AF3', 'F7']);
    expect(old.channels[0]?.rate).toBe(128);
    const pro = await open(
      `title:x,start timestamp:1.7e9,headset type:EPOC,sampling rate:eeg_128;mot_64,samples:400,version:2.0\nTimestamp,EEG.Counter,EEG.AF3,EEG.F7,MOT.Q0\n${lines(400, (i) => `${(1_700_000_000 + i / 128).toFixed(6)},${i % 128},${(4200 + 30 * ecg(i)).toFixed(2)},${(4200 + 20 * ecg(i + 9)).toFixed(2)},`)}`,
    );
    expect(await used(pro)).toEqual(['EEG.AF3', 'EEG.F7']);
  });

  it('Shimmer: rows for device, signal, calibration and unit', async () => {
    const recording = await open(
      `sep=\\t\nShimmer_1\tShimmer_1\nTimestamp_Unix\tECG_LL-RA\nCAL\tCAL\nms\tmV\n${lines(300, (i) => `${1_700_000_000_000 + 1.953125 * i}\t${ecg(i).toFixed(4)}\t`)}`,
    );
    expect(recording.channels).toMatchObject([{ label: 'ECG_LL-RA', unit: 'mV', rate: 512, length: 300 }]);
  });

  it('Mind Monitor: raw signals apart from powers of bands, rows of marks are no samples', async () => {
    const time = (i: number) =>
      new Date(1.7e12 + 46.875 * Math.floor(i / 12)).toISOString().replace('T', ' ').slice(0, -1);
    const recording = await open(
      `TimeStamp,Delta_TP9,RAW_TP9,RAW_AF7,HeadBandOn,HSI_TP9,Elements\n${lines(2400, (i) =>
        i === 700
          ? `${time(i)},,,,,,/muse/elements/blink`
          : `${time(i)},0.${100 + ((31 * i) % 17)},${(800 + 40 * ecg(i)).toFixed(2)},${(800 + 40 * ecg(i + 5)).toFixed(2)},1,1,`,
      )}`,
    );
    expect(recording).toMatchObject({ modality: 'eeg' });
    expect(recording.channels[0]).toMatchObject({ rate: 256, length: 2399 });
    expect(await used(recording)).toEqual(['RAW_TP9', 'RAW_AF7']);
    expect(labelsOf(recording)).toContain('Delta_TP9');
    expect(await recording.annotations?.()).toMatchObject([
      { onset: expect.closeTo(700 / 256, 9), text: '/muse/elements/blink' },
    ]);
  });

  it('OpenSignals: inputs by their sensors, single bits apart', async () => {
    const recording = await open(
      `# OpenSignals Text File Format\n# {"x": {"sensor": ["ECG", "RAW"], "column": ["nSeq", "I1", "I2", "O1", "O2", "A1", "A2"], "label": ["A1", "A2"], "sampling rate": 1000}}\n# EndOfHeader\n${lines(600, (i) => `${i % 16}\t0\t${i % 3}\t0\t0\t${Math.round(500 + 99 * ecg(i))}\t${(i * 31) % 97}\t`)}`,
    );
    expect(recording).toMatchObject({
      modality: 'ecg',
      channels: expect.arrayContaining([expect.objectContaining({ rate: 1000 })]),
    });
    expect(labelsOf(recording)).toEqual([
      'digital I1',
      'digital I2',
      'digital O1',
      'digital O2',
      'A1 ECG',
      'A2',
    ]);
    expect(await used(recording)).toEqual(['A1 ECG']);
  });

  it('AcqKnowledge: one channel without times', async () => {
    const recording = await open(
      `rec.acq\n0.5 msec/sample\n1 channels\nECG\nmV\nCH1\n300\n${lines(300, (i) => ecg(i).toFixed(4))}`,
    );
    expect(recording.channels).toMatchObject([{ label: 'ECG', unit: 'mV', rate: 2000, length: 300 }]);
  });

  it("Apple's watch in German", async () => {
    const recording = await open(
      `Abtastrate,"511,5 Hertz"\nAbleitung,Ableitung I\nEinheit,\u00b5V\n\n${lines(300, (i) => `"${(1000 * ecg(i)).toFixed(3).replace('.', ',')}"`)}`,
    );
    expect(recording.channels).toMatchObject([
      { label: 'Ableitung I', unit: '\u00b5V', rate: 511.5, length: 300 },
    ]);
    expect(recording.modality).toBe('ecg');
  });

  it('rdsamp -p -v: names with spaces above columns that are parted by spaces', async () => {
    const recording = await open(
      `   Elapsed time      MLII      V5\n  hh:mm:ss.mmm      (mV)     (mV)\n${lines(300, (i) => `  0:0${(i / 360).toFixed(3)}  ${ecg(i).toFixed(3)}  ${(-ecg(i)).toFixed(3)}`)}`,
    );
    expect(recording.channels).toMatchObject([
      { label: 'MLII', unit: 'mV', rate: 360 },
      { label: 'V5', unit: 'mV' },
    ]);
  });

  it('EmbracePlus: its accelerometer is none of the signals, whatever was said that files hold', async () => {
    const { recordings, skipped } = await openFiles(
      files({
        'bvp.csv': `unix_timestamp,bvp\n${lines(640, (i) => `${1_700_000_000_000_000 + 15_625 * i},${ecg(i).toFixed(3)}`)}`,
        'accelerometer.csv': `unix_timestamp,x,y,z\n${lines(640, (i) => `${1_700_000_000_000_000 + 15_625 * i},${(7 * i) % 61},${(5 * i) % 59},${(3 * i) % 57}`)}`,
      }),
      { modality: 'ppg' },
    );
    expect(skipped).toEqual([]);
    expect(recordings.map(({ channels }) => channels[0]?.rate)).toEqual([64, 64]);
    const [bvp, acceleration] = recordings as [(typeof recordings)[0], (typeof recordings)[0]];
    expect(await used(bvp)).toEqual(['bvp']);
    await expect(used(acceleration)).rejects.toThrow('"x" is acceleration');
  });
});
