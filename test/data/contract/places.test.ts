import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedName } from '../../../data/channels/folded-name.ts';
import {
  type ChannelContract,
  contractOf,
  cutWindows,
  fitChannels,
  isTrainedKind,
  loadWindows,
  type Modality,
  type Montage,
} from '../../../data/index.ts';
import { channelUse } from '../../../workflows/channel-contract.ts';
import { memoryRecording } from '../memory-recording.ts';
import { eeg, given, trainedOn } from './montages.ts';

/** Names in the order in which they go into the model. */
const inOrder = (contract: ChannelContract, names: readonly string[], isOrdered = false) =>
  fitChannels(contract, given(names), { kind: 'eeg', isOrdered })?.order.map((index) => names[index]);

describe('names of channels', () => {
  it.each([
    ['EEG Fp1-Ref', 'Fp1'],
    ['FP1', 'Fp1'],
    ['Fc5.', 'FC5'],
    ['POL C3', 'C3'],
    ['C3-A2', 'C3'],
    ['EEG O2-LE', 'o2'],
    ['T3', 'T7'],
    ['EEG T6-REF', 'P8'],
    ['ECG II', 'II'],
    ['Lead  I', 'i'],
  ])('%s is %s', (a, b) => expect(foldedName(a, true)).toBe(foldedName(b, true)));

  it.each([
    ['Fp1-F7', 'Fp1'],
    ['Fp1', 'Fp2'],
    ['MLII', 'II'],
    ['A1', 'A2'],
    ['T3', 'T8'],
    ['Fz-Cz', 'Fz'],
  ])('%s is not %s', (a, b) => expect(foldedName(a, true)).not.toBe(foldedName(b, true)));

  it('T3 is the third contact of T where it is none of the scalp', () => {
    expect(foldedName('T3', false)).not.toBe(foldedName('T7', false));
  });
});

it('a recording that does not say its kind is not passed off as what was trained under the same name', () => {
  const one = (kind: Modality): Montage => ({ ...eeg(['1'], 9), kind });
  const both = trainedOn(one('ppg'), one('eeg'));
  const textOf = (contract: typeof both, kind?: Modality) => {
    const fit = fitChannels(contract, given(['1']), { kind }) ?? expect.fail();
    return channelUse(fit, contract).text;
  };
  expect(textOf(both, 'eeg')).toBe('as trained: "1"');
  expect(textOf(both)).toMatch(/^as trained: "1"; the kind of signal is not declared, .* best PPG$/);
  // Where there is one kind alone, nothing can be mixed up.
  expect(textOf(trainedOn(one('ppg')))).toBe('as trained: "1"');
});

describe('the place of a channel', () => {
  const contract = trainedOn(eeg(['Fp1', 'F3', 'C3', 'O1'], 9));

  it('is that of training, however names are spelled', () => {
    expect(inOrder(contract, ['Fp1', 'F3', 'C3', 'O1'])).toEqual(['Fp1', 'F3', 'C3', 'O1']);
    expect(inOrder(contract, ['EEG O1-Ref', 'EEG C3-Ref', 'EEG Fp1-Ref', 'EEG F3-Ref'])).toEqual([
      'EEG Fp1-Ref',
      'EEG F3-Ref',
      'EEG C3-Ref',
      'EEG O1-Ref',
    ]);
    const fit = fitChannels(contract, given(['O1', 'C3', 'F3', 'Fp1']), { kind: 'eeg' });
    expect(fit).toMatchObject({ isReordered: true, missing: [], extra: [], isTrainedKind: true });
    expect(fit?.rows.every(({ isOwn }) => isOwn)).toBe(true);
  });

  it('stays free of those behind a missing one as far as there are others to fill it', () => {
    // O1 alone has no row of its own among three.
    expect(inOrder(contract, ['C3', 'O1', 'Fp1'])).toEqual(['Fp1', 'O1', 'C3']);
    expect(inOrder(contract, ['X', 'O1', 'C3', 'F3'])).toEqual(['X', 'F3', 'C3', 'O1']);
    expect(inOrder(contract, ['X', 'Fp1', 'O1', 'C3', 'F3'])).toEqual(['Fp1', 'F3', 'C3', 'O1', 'X']);
    const fit = fitChannels(contract, given(['C3', 'O1', 'Fp1']), { kind: 'eeg' });
    expect(fit).toMatchObject({ missing: ['F3'], extra: [] });
    expect(fit?.rows).toEqual([
      { name: 'Fp1', of: 'Fp1', isOwn: true },
      { name: 'O1', of: 'F3', isOwn: false },
      { name: 'C3', of: 'C3', isOwn: true },
    ]);
  });

  it('is its own where nothing is known, and where somebody named the channels', () => {
    expect(inOrder(contract, ['b', 'a'])).toEqual(['b', 'a']);
    expect(inOrder(contract, ['O1', 'Fp1'], true)).toEqual(['O1', 'Fp1']);
  });

  it('is always one of each, with every channel at its own that has one', () => {
    const names = fc.uniqueArray(fc.constantFrom('Fp1', 'F3', 'C3', 'O1', 'x', 'y', 'z'), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (trained, here) => {
        const order = inOrder(trainedOn(eeg(trained, 1)), here);
        expect([...(order ?? [])].sort()).toEqual([...here].sort());
        for (const [row, name] of trained.entries())
          if (row < here.length && here.includes(name)) expect(order?.[row]).toBe(name);
        const others = here.filter((name) => !(trained.indexOf(name) in here));
        expect(order?.filter((name) => others.some((one) => one === name))).toEqual(others);
      }),
    );
  });

  it('twice the same name is two channels', () => {
    const twice = trainedOn(eeg(['C3', 'T8-P8', 'T8-P8']));
    expect(fitChannels(twice, given(['T8-P8', 'T8-P8', 'C3']), { kind: 'eeg' })?.order).toEqual([2, 0, 1]);
  });

  it('goes by the montage that fits best', () => {
    const several = contractOf(
      [
        eeg(['A1', 'A2', 'C3', 'C4'], 9),
        eeg(['C4', 'C3'], 5),
        {
          kind: 'ecg',
          channels: [
            { name: 'C4', kind: 'ecg' },
            { name: 'C3', kind: 'ecg' },
            { name: 'A1', kind: 'ecg' },
          ],
          windows: 99,
        },
        eeg(['C3', 'C4'], 3),
      ],
      { windows: [1] },
    );
    const of = (names: readonly string[]) =>
      fitChannels(several, given(names), { kind: 'eeg' })
        ?.montage.channels.map(({ name }) => name)
        .join();
    // Most names in common, then fewest too many, then most windows; never another kind's.
    expect(of(['C3', 'C4', 'A1'])).toBe('A1,A2,C3,C4');
    expect(of(['C3', 'C4'])).toBe('C4,C3');
    expect(of(['x'])).toBe('C4,C3');
  });

  it('names what is missing and what was not trained, and of several kinds one that is none', () => {
    const both = { ...eeg(['II'], 1), kind: 'ecg' as const };
    const contract = trainedOn(eeg(['C3', 'C4']), both);
    const fit = fitChannels(contract, given(['x', 'C4']), { kind: 'eeg' });
    expect(fit).toMatchObject({ missing: ['C3'], extra: ['x'], isTrainedKind: true });
    expect(fitChannels(contract, given(['C3']), { kind: 'ppg' })?.isTrainedKind).toBe(false);
  });

  it('says where units are others', () => {
    const volts = [
      { name: 'Fp1', unit: 'V' },
      { name: 'F3', unit: 'uV' },
      { name: 'C3' },
      { name: 'q', unit: 'V' },
    ];
    expect(fitChannels(contract, volts)?.otherUnits).toEqual(['Fp1']);
  });
});

describe('recordings of other kinds', () => {
  const labels = ['O1', 'C3', 'F3', 'Fp1'];
  const signals = labels.map((_, i) =>
    Float64Array.from({ length: 2000 }, (_, t) => 30 * Math.sin(t * (i + 1.3))),
  );
  const recording = memoryRecording({ name: 'r', modality: 'eeg', rate: 200, labels, signals });
  const pulse = memoryRecording({
    name: 'p',
    modality: 'ppg',
    rate: 200,
    labels: ['PLETH'],
    signals: [signals[0] ?? []],
    unit: '',
  });
  const contract = trainedOn(eeg(['Fp1', 'F3', 'C3', 'O1'], 9));
  const options = { seconds: 1, mains: 'none' } as const;

  it('are told from those whose kind nobody knows', () => {
    expect(isTrainedKind(contract, 'ppg')).toBe(false);
    expect(isTrainedKind(contract, 'eeg')).toBe(true);
    expect(isTrainedKind(contract, undefined)).toBe(true);
    // Signals that nobody named are no leave for every kind, unless there is nothing else.
    const unnamed = { channels: [{ name: 'x' }] };
    expect(isTrainedKind(trainedOn(eeg(['C3']), unnamed), 'ppg')).toBe(false);
    expect(isTrainedKind(trainedOn(unnamed), 'ppg')).toBe(true);
  });

  it('are passed over, refused or used, as was asked', async () => {
    const load = (otherKinds: 'use' | 'pass-over' | 'refuse') =>
      loadWindows([recording, pulse], { ...options, trained: { contract, otherKinds } });
    const passed = await load('pass-over');
    expect(passed.recordings.map(({ name }) => name)).toEqual(['r']);
    expect(passed.skipped).toEqual([
      {
        path: 'p',
        reason:
          'is PPG, but the weights were trained on EEG; the command uses it all the same with --other-kinds.',
      },
    ]);
    await expect(load('refuse')).rejects.toThrow(/^p: is PPG, but the weights were trained on EEG/);
    expect((await load('use')).recordings.map(({ name }) => name)).toEqual(['r', 'p']);
  });

  it('do not keep channels from their places: values go with their names', async () => {
    const plain = await cutWindows(recording, options);
    const put = await cutWindows(recording, { ...options, trained: { contract, otherKinds: 'pass-over' } });
    expect(put.labels).toEqual(['Fp1', 'F3', 'C3', 'O1']);
    expect(put.signals).toEqual(eeg(['Fp1', 'F3', 'C3', 'O1']).channels);
    expect(put.fit?.isReordered).toBe(true);
    const [own, moved] = [await plain.read(3), await put.read(3)];
    for (const [place, name] of put.labels.entries()) {
      const was = labels.indexOf(name);
      expect(moved.slice(place * 200, (place + 1) * 200)).toEqual(own.slice(was * 200, (was + 1) * 200));
    }
    const asked = {
      ...options,
      trained: { contract, otherKinds: 'pass-over' as const },
      channels: ['C3', 'Fp1'],
    };
    expect((await cutWindows(recording, asked)).labels).toEqual(['C3', 'Fp1']);
  });
});
