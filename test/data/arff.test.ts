import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arff } from '../../data/formats/text/arff.ts';
import { openPaths } from '../../data/open-node.ts';
import { openBytes, samplesOf } from './open-bytes.ts';
import { sharedSignals } from './shared-signals.ts';

const HEADER = `% Sampling rate: 50 Hz
@RELATION 'a relation'
@attribute 'EEG Fz' real
@ATTRIBUTE "Cz 2" NUMERIC
@attribute note string
@attribute state {rest, 'deep sleep'}

@DATA
`;
const open = (text: string) => openBytes(arff, 'a.arff', text);

describe('ARFF', () => {
  it('has numbers as channels, nominal values as annotations, and leaves texts out', async () => {
    const rows =
      "1, 2, 'a, \\'b\\'', rest\n% a comment\n?,3,\"?\",'deep sleep'\n3,4e1,?,'deep sleep'\n5,6,x,?\n";
    const recording = await open(HEADER + rows.replaceAll('\n', '\r\n'));
    expect(recording).toMatchObject({ format: 'ARFF', modality: 'eeg' });
    expect(recording.channels.map(({ label, rate, length }) => [label, rate, length])).toEqual([
      ['EEG Fz', 50, 4],
      ['Cz 2', 50, 4],
    ]);
    expect(await samplesOf(recording)).toEqual([
      [1, Number.NaN, 3, 5],
      [2, 3, 40, 6],
    ]);
    expect(await recording.annotations?.()).toEqual([
      { onset: 0, duration: 0.02, text: 'rest' },
      { onset: 0.02, duration: 0.06 - 0.02, text: 'deep sleep' },
    ]);
    expect(recording.notes.join()).toMatch(/"note" holds texts.*"state" holds labels/);
  });

  it('reads dates as times', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `'2024-01-01 00:00:00.${i}0',${i * i}`);
    const text = `@attribute when date 'yyyy-MM-dd HH:mm:ss.SS'\n@attribute x real\n@data\n${rows.join('\n')}`;
    expect((await open(text)).channels).toMatchObject([{ label: 'x', rate: 10, length: 9 }]);
  });

  it('says what is wrong, with the line', async () => {
    await expect(open(`${HEADER}{0 1, 3 rest}`)).rejects.toThrow(/, line 9: holds sparse data/);
    await expect(open(`${HEADER}1,2,x,awake`)).rejects.toThrow(/, line 9: holds "awake" as state/);
    await expect(open(`${HEADER}1,two,x,rest`)).rejects.toThrow(/holds "two" as Cz 2, where a number/);
    await expect(open(`${HEADER}1,2`)).rejects.toThrow(/has 2 values where 4 are declared/);
    await expect(open(HEADER)).rejects.toThrow(/holds no rows/);
    await expect(open('@relation x\n')).rejects.toThrow(/no @data/);
    await expect(open('@attribute x relational\n@data\n1')).rejects.toThrow(
      /line 1: declares .* as "relational"/,
    );
    await expect(open('@attribute x real\n@data\n1\n2')).rejects.toThrow(/--rate HZ/);
    await expect(open('1,2,3\n')).rejects.toThrow(/line 1: holds "1,2,3" before its data/);
  });
});

const shared = sharedSignals('arff.test.ts');
if (shared) {
  describe('a known ARFF file', () => {
    it('has its channels, its rows and its 23 changes of state', async () => {
      const path = join(shared, 'eeg/eye-state/EEG Eye State.arff');
      const recording = (await openPaths([path], { rate: 128 })).recordings[0];
      expect(recording?.channels.length).toBe(14);
      expect(recording?.channels[0]).toMatchObject({ label: 'AF3', rate: 128, length: 14_980 });
      expect([...((await recording?.read([0], 0, 3))?.[0] ?? [])]).toEqual([4329.23, 4324.62, 4327.69]);
      expect((await recording?.annotations?.())?.length).toBe(24);
    });
  });
}
