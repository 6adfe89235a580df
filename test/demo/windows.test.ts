import { expect, it } from 'vitest';
import { contractOf } from '../../data/index.ts';
import type { Tokens } from '../../demo/worker/maps.ts';
import { windowAsTrained } from '../../demo/worker/model.ts';
import { probe } from '../../demo/worker/probe.ts';
import { factsOf, openDropped, openGenerated } from '../../demo/worker/signals.ts';
import { cut } from '../../demo/worker/windows.ts';
import { Workspace } from '../../demo/worker/workspace.ts';
import type { Engine } from '../../engine/index.ts';

const CUTTING = { mains: 'none', seconds: 1, channels: null } as const;
const dropped = (name: string, rows: readonly (number | string)[]) => ({
  path: name,
  file: new File([`II\n${rows.join('\n')}\n`], name),
});
const wave = (rows: number) =>
  Array.from({ length: rows }, (_, i) => Math.sin(i / 7) + 0.4 * Math.cos(i * i));

it('every generated recording gives all its windows, and nothing is said to be left out', async () => {
  const signals = openGenerated();
  expect(factsOf(signals).recordings.flatMap(({ notes }) => notes)).toEqual([]);
  const { recordings, remarks } = await cut(signals, CUTTING);
  expect(remarks).toEqual([]);
  expect(recordings.map(({ modality, shape }) => `${modality} ${shape[0]}`)).toEqual(
    ['ecg', 'ppg', 'eeg', 'ieeg'].flatMap((modality) => Array(6).fill(`${modality} 32`)),
  );
  // By the names of their electrodes, as everywhere.
  expect(recordings.find(({ modality }) => modality === 'ieeg')?.labels[0]).toBe('contact 1');
});

it('results are called by all recordings that they are of', async () => {
  const named = async (...names: string[]) =>
    factsOf(
      await openDropped(
        names.map((name) => dropped(name, wave(400))),
        { rate: 100, modality: 'ecg' },
      ),
    ).name;
  expect(factsOf(openGenerated()).name).toBe('the generated signals');
  expect(await named('a.csv')).toBe('a.csv');
  expect(await named('a.csv', 'b.csv')).toBe('a.csv and 1 more recording');
  expect(await named('a.csv', 'b.csv', 'c.csv')).toBe('a.csv and 2 more recordings');
});

it('what gives no windows is told with its reason, in the words of the command, each time that it is cut', async () => {
  const rows: (number | string)[] = wave(1200);
  for (let i = 250; i < 280; i++) rows[i] = 'nan';
  const flat = Array(300).fill(1.5);
  const told: (readonly string[])[] = [];
  const signals = await openDropped(
    [dropped('holed.csv', rows), dropped('flat.csv', flat), dropped('short.csv', wave(60))],
    { rate: 100, modality: 'ecg' },
  );
  const work = new Workspace(
    signals,
    { rate: 100, modality: 'ecg' },
    () => {},
    undefined,
    (remarks) => told.push(remarks),
  );
  await work.cut(CUTTING);
  await work.cut(CUTTING);
  expect(told).toHaveLength(2);
  expect(told[1]).toEqual(told[0]);
  const all = told[0]?.join('\n');
  expect(all).toContain('Not used: ');
  expect(all).toContain('window with missing samples');
  expect(all).toMatch(/Passed over: flat\.csv/);
  expect(all).toMatch(/Passed over: short\.csv/);
});

it('channels are put into the order of the model at hand, and its other kinds passed over', async () => {
  const columns = (header: string, ...scales: number[]) =>
    new File(
      [
        `${header}\n${wave(800)
          .map((value, i) => scales.map((scale) => scale * value + (i % 9)).join())
          .join('\n')}\n`,
      ],
      'x',
    );
  const signals = await openDropped(
    [
      { path: 'eeg.csv', file: columns('C3,Fp1', 20, 30) },
      { path: 'ppg.csv', file: columns('PLETH', 5) },
    ],
    { rate: 200, modality: null },
  );
  const told: (readonly string[])[] = [];
  const work = new Workspace(
    signals,
    { rate: 200, modality: null },
    () => {},
    undefined,
    (remarks) => told.push(remarks),
  );
  const trained = (...names: string[]) =>
    contractOf([{ kind: 'eeg', channels: names.map((name) => ({ name })), windows: 9 }], { windows: [1] });
  const labels = (windows: Awaited<ReturnType<Workspace['cut']>>) =>
    windows.recordings.map((own) => own.labels.join());
  const own = await work.cut(CUTTING);
  expect(labels(own).sort()).toEqual(['C3,Fp1', 'PLETH']);
  const contract = trained('EEG Fp1', 'EEG C3');
  const put = await work.cut(CUTTING, undefined, contract);
  expect(labels(put)).toEqual(['Fp1,C3']);
  expect(told[1]?.join('\n')).toMatch(/ppg\.csv: is PPG, but the weights were trained on EEG/);
  expect(told[1]).toContain('Channels: put into the trained order: "Fp1", "C3".');
  expect(await work.cut(CUTTING, undefined, contract)).toBe(put);
  expect(labels(await work.cut({ ...CUTTING, channels: ['C3', 'Fp1'] }, undefined, contract))).toEqual([
    'C3,Fp1',
  ]);
  // A new model has each recording in its own order; one that was trained on just that takes the same windows.
  const anew = await work.cut({ ...CUTTING, channels: ['C3'] });
  expect(await work.cut({ ...CUTTING, channels: ['C3'] }, undefined, trained('C3'))).toBe(anew);
});

it('windows are as long as those of their kind that the weights were trained on', async () => {
  const rows = wave(5000).join('\n');
  const signals = await openDropped(
    [
      { path: 'eeg.csv', file: new File([`C3\n${rows}\n`], 'eeg.csv') },
      { path: 'ppg.csv', file: new File([`PLETH\n${rows}\n`], 'ppg.csv') },
    ],
    { rate: 200, modality: null },
  );
  const contract = contractOf(
    [
      { kind: 'eeg', channels: [{ name: 'C3' }], windows: 9, seconds: 4 },
      { kind: 'ppg', channels: [{ name: 'PLETH' }], windows: 2, seconds: 10 },
    ],
    {},
  );
  const trained = windowAsTrained(contract);
  expect(trained).toEqual({ seconds: { eeg: 4, ppg: 10, other: 4 }, inWords: 'EEG 4 s, PPG 10 s' });
  const work = new Workspace(signals, { rate: 200, modality: null }, () => {});
  const windows = await work.cut({ ...CUTTING, seconds: trained?.seconds ?? 1 }, undefined, contract);
  const { recordings, recording, start, seconds } = windows.list();
  expect(Array.from(start, (at, i) => [recordings[recording[i] ?? 0], at, seconds[i]])).toEqual([
    ...[0, 4, 8, 12, 16, 20].map((at) => ['eeg.csv', at, 4]),
    ...[0, 10].map((at) => ['ppg.csv', at, 10]),
  ]);
  windows.label([1, 7], 'seen');
  expect(windows.labels.flatMap((label, i) => (label === 'seen' ? [i] : []))).toEqual([1, 7]);
  expect(windows.isAligned(7)).toBe(true);
  windows.label([0, 6], 'other');
  const tokens = { values: new Float32Array(8), others: new Float32Array(8), dim: 1 } as unknown as Tokens;
  await expect(probe(undefined as unknown as Engine, windows, tokens, null)).rejects.toThrow(
    'The labelled windows are of several lengths, each kind of signal at that of the weights; choose one kind, or enter one length',
  );
  // A number holds for all.
  expect((await work.cut({ ...CUTTING, seconds: 5 }, undefined, contract)).list().seconds).toEqual(
    new Float64Array(10).fill(5),
  );
});

it('weights of before have one length for all, or none', () => {
  const contract = contractOf([{ kind: 'eeg', channels: [{ name: 'C3' }] }], { windows: [4, 1] });
  expect(windowAsTrained(contract)).toEqual({ seconds: 4, inWords: '4 s' });
  expect(windowAsTrained(undefined, '2.5,1')).toEqual({ seconds: 2.5, inWords: '2.5 s' });
  for (const told of [undefined, '', 'hann', '0']) expect(windowAsTrained(undefined, told)).toBeNull();
});

it('finds the labels that a browser keeps of a recording: its key stays what it was', async () => {
  const rows = Array.from({ length: 9000 }, (_, i) => `${(i * i) % 1000},${i % 7}`);
  const file = new File([`C3,C4\n${rows.join('\n')}`], 'a.csv');
  const { places } = await openDropped([{ path: 'a.csv', file }], { rate: 100, modality: 'eeg' });
  expect(places.map(({ key }) => key)).toEqual(['a.csv\n9000 9000\n4c27ab38']);
});
