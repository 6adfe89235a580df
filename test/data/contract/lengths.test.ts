import { describe, expect, it } from 'vitest';
import { MOST_LENGTHS } from '../../../data/contract/lengths.ts';
import {
  type ChannelContract,
  Curriculum,
  contractMetadata,
  contractOf,
  lengthsInWords,
  loadWindows,
  MODALITIES,
  type Montage,
  packedContract,
  readContract,
  SyntheticDataset,
  secondsOfKind,
  type TrainedWindows,
  trainedSeconds,
  WindowDataset,
} from '../../../data/index.ts';
import { memoryRecording } from '../memory-recording.ts';

describe('lengths of windows', () => {
  const windows = (kind: Montage['kind'], name: string, seconds: number, count?: number): TrainedWindows => ({
    ...(kind && { kind }),
    channels: [{ name }],
    seconds,
    ...(count !== undefined && { windows: count }),
  });
  const mixed = contractOf(
    [
      windows('eeg', 'C3', 4, 700),
      windows('ppg', 'PLETH', 10, 50),
      windows('eeg', 'C4', 10, 500),
      windows('eeg', 'C3', 10, 300),
      windows('ppg', 'PLETH', 4, 20),
      windows(undefined, 'x', 1, 9),
    ],
    {},
  );

  it('are those of most windows, of all, of each kind and of each montage', () => {
    // Of EEG 800 windows of 10 s and 700 of 4 s, of all 850 and 720.
    expect(mixed).toMatchObject({
      windows: [10, 4, 1],
      lengths: { eeg: [10, 4], ppg: [10, 4], unknown: [1] },
    });
    expect(
      mixed.montages.map(({ channels, windows: count, lengths }) => [channels[0]?.name, count, lengths]),
    ).toEqual([
      ['C3', 1000, [4, 10]],
      ['C4', 500, [10]],
      ['PLETH', 70, [10, 4]],
      ['x', 9, [1]],
    ]);
    expect(trainedSeconds(mixed)).toEqual({ eeg: 10, ppg: 10, unknown: 1, other: 10 });
    expect(lengthsInWords(mixed)).toBe(
      'EEG 10 s (also 4 s), PPG 10 s (also 4 s), signals of unknown kind 1 s',
    );
  });

  it('of a recording are those of its kind, and of kinds that were not trained those of most windows', () => {
    const contract = contractOf([windows('ppg', 'p', 10, 5), windows('eeg', 'C3', 4, 9)], {});
    const seconds = trainedSeconds(contract);
    expect(MODALITIES.map((kind) => [kind, secondsOfKind(seconds, kind)])).toEqual([
      ['ecg', 4],
      ['ppg', 10],
      ['eeg', 4],
      ['ieeg', 4],
    ]);
    expect(secondsOfKind(seconds, undefined)).toBe(4);
    expect(secondsOfKind(trainedSeconds(mixed), undefined)).toBe(1);
    expect(secondsOfKind(2, 'ppg')).toBe(2);
  });

  it('are written only where kinds or montages differ, so that files of one length stay as they are', () => {
    const one = [windows('eeg', 'C3', 4, 9), windows('ppg', 'p', 4, 5)];
    expect(contractMetadata(contractOf(one, { mains: 50 }))).toEqual({
      window: '4',
      contract:
        '{"version":1,"rate":200,"windows":[4],"mains":50,"kinds":["eeg","ppg"],"rows":1,"montages":[{"kind":"eeg","windows":9,"channels":["C3"],"kinds":[null]},{"kind":"ppg","windows":5,"channels":["p"],"kinds":[null]}]}',
    });
    expect(trainedSeconds(contractOf(one, {}))).toBe(4);
    expect(contractMetadata(contractOf([...one, windows('ppg', 'p', 10, 1)], {})).contract).toContain(
      '"windows":[4,10],"kinds":["eeg","ppg"],"lengths":{"eeg":[4]},"rows":1,"montages":[{"kind":"eeg","windows":9,"lengths":[4],"channels":["C3"],"kinds":[null]},{"kind":"ppg","windows":6,"channels":["p"],"kinds":[null]}]',
    );
  });

  it('of files of before are those of all', () => {
    const before = { ...packedContract(mixed), lengths: undefined };
    const contract = readContract(
      { model: 'spotr', contract: JSON.stringify(before) },
      'w',
    ) as ChannelContract;
    expect(trainedSeconds(contract)).toBe(10);
    expect(lengthsInWords(contract)).toBe('10, 4, 1 s');
  });

  it('count montages that are too many to be listed', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({
      ...windows('eeg', 'x', 4, 50),
      channels: Array.from({ length: 19 }, (__, channel) => ({ name: `${i}-${channel}` })),
    }));
    const few = Array.from({ length: 9 }, (_, i) => ({
      ...windows('ppg', 'x', i < 4 ? 8 : 10, 1),
      channels: Array.from({ length: 70 }, (__, channel) => ({ name: `of the finger ${i}-${channel}` })),
    }));
    const contract = contractOf([...many, ...few], {});
    expect(contract.montages.some(({ kind }) => kind === 'ppg')).toBe(false);
    expect(contract.lengths).toEqual({ eeg: [4], ppg: [10, 8] });
  });

  it('are as many as are read again', () => {
    const all = Array.from({ length: 200 }, (_, i) => windows('eeg', 'C3', (i + 1) / 200, 200 - i));
    const contract = contractOf([...all, windows('ppg', 'p', 9, 1)], {});
    expect(contract.windows).toEqual(all.slice(0, MOST_LENGTHS).map(({ seconds }) => seconds));
    expect(contract.lengths).toEqual({ ppg: [9] });
    const turned = contractOf([...all, windows('ppg', 'p', 9, 999)], {});
    expect(turned.lengths?.eeg).toHaveLength(MOST_LENGTHS);
    for (const each of [contract, turned])
      expect(readContract({ model: 'spotr', ...contractMetadata(each) }, 'w')).toEqual(each);
  });

  it('of a curriculum are the last stage first, however many windows those before had', () => {
    const synthetic = (seconds: number) => ({
      source: new SyntheticDataset({ seed: 1, batchSize: 2, seconds, channels: { ppg: 1 } }),
      share: 1,
    });
    const generated = new Curriculum([1, 10, 3].map(synthetic), 30, 1);
    expect(contractOf(generated.montages(), {})).toMatchObject({ windows: [3, 1, 10] });
    const counted = [
      { ...windows('eeg', 'C3', 1, 900), isBefore: true },
      { ...windows('ecg', 'II', 1, 80), isBefore: true },
      { ...windows('eeg', 'C3', 3, 300), isBefore: true },
      windows('eeg', 'C3', 10, 90),
    ];
    // ECG was too short for the last stage.
    expect(contractOf(counted, {})).toMatchObject({ windows: [10, 1, 3], lengths: { ecg: [1] } });
    expect(contractOf(counted, {}).montages[0]).toMatchObject({ windows: 1290 });
  });

  it('are those of the windows of a source', async () => {
    const signals = [Float64Array.from({ length: 8000 }, (_, i) => 30 * Math.sin(i * 1.37))];
    const { recordings } = await loadWindows(
      [
        memoryRecording({ name: 'a', modality: 'eeg', rate: 200, labels: ['C3'], signals }),
        memoryRecording({ name: 'b', modality: 'ppg', rate: 200, labels: ['PLETH'], signals, unit: '' }),
      ],
      { seconds: { eeg: 2, ppg: 5, other: 1 }, mains: 'none', units: 'trust' },
    );
    expect(recordings.map(({ shape, starts }) => [shape, starts[1]])).toEqual([
      [[20, 1, 400], 2],
      [[8, 1, 1000], 5],
    ]);
    const source = new WindowDataset(recordings, { seed: 1, batchSize: 2 });
    expect(contractOf(source.montages(), {})).toMatchObject({
      windows: [2, 5],
      lengths: { eeg: [2], ppg: [5] },
    });
  });

  const told = JSON.stringify(packedContract(mixed));
  const first = JSON.stringify(packedContract(mixed).lengths);
  it.each([
    '4',
    '[4]',
    '"4"',
    'null',
    '{"eeg":4}',
    '{"eeg":[]}',
    '{"eeg":[0]}',
    '{"eeg":[-4]}',
    '{"eeg":[null]}',
    '{"eeg":[1e999]}',
    '{"eeg":["4"]}',
    '{"eeg":[65]}',
    '{"eeg":[0.0071]}',
    '{"ieeg":[4]}',
    '{"soul":[4]}',
    '{"__proto__":[4]}',
    `{"eeg":[${Array(MOST_LENGTHS + 1).fill(4)}]}`,
    `{"eeg":[${Array(9000).fill(4)}]}`,
  ])('%.30s are refused', (lengths) => {
    const contract = told.replace(first, lengths);
    expect(contract).not.toBe(told);
    expect(() => readContract({ model: 'spotr', contract }, 'w.pt')).toThrow(
      /^w\.pt: its channel contract .* has lengths .*, which must be seconds over 0 that windows can have, up to 64 of each/,
    );
  });

  it.each(['4', '[]', '[0]', '[null]', '["4"]', '[1e999]', `[${Array(MOST_LENGTHS + 1).fill(4)}]`])(
    '%.30s are none of a montage',
    (lengths) => {
      const contract = told.replace('"lengths":[4,10]', `"lengths":${lengths}`);
      expect(contract).not.toBe(told);
      expect(() => readContract({ model: 'spotr', contract }, 'w.pt')).toThrow(
        /w\.pt: .* has a montage 1 that is none/,
      );
    },
  );

  it('are no windows that cannot be', () => {
    for (const list of ['[1e999]', '[65]', '[0]', '["4"]']) {
      const contract = told.replace('"windows":[10,4,1]', `"windows":${list}`);
      expect(() => readContract({ model: 'spotr', contract }, 'w')).toThrow(
        /has windows .*, which must be seconds over 0/,
      );
    }
  });
});
