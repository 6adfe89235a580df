import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedName } from '../../data/channels/folded-name.ts';
import { MOST_MONTAGE_BYTES } from '../../data/contract/contract.ts';
import { MOST_LENGTHS } from '../../data/contract/lengths.ts';
import {
  CHANNEL_KINDS,
  type ChannelContract,
  CONTRACT_ENTRY,
  Curriculum,
  contractMetadata,
  contractOf,
  cutWindows,
  fitChannels,
  isTrainedKind,
  lengthsInWords,
  loadWindows,
  MODALITIES,
  type Modality,
  type Montage,
  packedContract,
  readContract,
  SyntheticDataset,
  secondsOfKind,
  type TrainedWindows,
  trainedSeconds,
  WindowDataset,
} from '../../data/index.ts';
import { channelUse } from '../../workflows/channel-contract.ts';
import { memoryRecording } from './memory-recording.ts';

const eeg = (names: readonly string[], windows?: number): Montage => ({
  kind: 'eeg',
  channels: names.map((name) => ({ name, kind: 'eeg', unit: 'uV' })),
  ...(windows !== undefined && { windows }),
});
const given = (names: readonly string[]) => names.map((name) => ({ name, kind: 'eeg' as const, unit: 'uV' }));
const trainedOn = (...montages: Montage[]) => contractOf(montages, { windows: [2] });
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

describe('what was trained on', () => {
  const kind = fc.option(fc.constantFrom(...MODALITIES), { nil: undefined });
  const unit = fc.option(fc.constantFrom('uV', 'mV', 'a.u.'), { nil: undefined });
  const channel = fc
    .record({
      name: fc.string(),
      kind: fc.option(fc.constantFrom(...CHANNEL_KINDS), { nil: undefined }),
      unit,
    })
    .map(({ name, ...rest }) => ({
      name,
      ...(rest.kind && { kind: rest.kind }),
      ...(rest.unit && { unit: rest.unit }),
    }));
  const montage = fc
    .record({
      kind,
      channels: fc.array(channel, { minLength: 1, maxLength: 5 }),
      windows: fc.option(fc.nat(), { nil: undefined }),
      seconds: fc.constantFrom(undefined, 1, 2.5, 10),
      isBefore: fc.constantFrom(undefined, true as const),
    })
    .map(
      ({ kind: own, channels, windows, seconds, isBefore }): TrainedWindows => ({
        ...(own && { kind: own }),
        // A channel without a kind has that of its montage in the file.
        channels: channels.map((one) => (own && !one.kind ? { ...one, kind: own } : one)),
        ...(windows !== undefined && { windows }),
        ...(seconds !== undefined && { seconds }),
        ...(isBefore && { isBefore }),
      }),
    );

  it('is read as it was written, and merged once only', () => {
    fc.assert(
      fc.property(
        fc.array(montage, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(
          {},
          { bandPass: { low: 0.5, high: 40 }, mains: 50 as const },
          { detrend: 'linear' as const, mains: 'auto' as const },
        ),
        (montages, cut) => {
          const contract = contractOf(montages, { windows: [2, 1], ...cut });
          const metadata = { model: 'spotr', ...contractMetadata(contract) };
          expect(readContract(metadata, 'w')).toEqual(contract);
          const plain = contract.montages.map(({ lengths: _, ...rest }) => rest);
          expect(contractOf(plain, contract).montages).toEqual(plain);
        },
      ),
    );
  });

  it('counts alike montages together, the most used first', () => {
    const contract = trainedOn(eeg(['C3'], 3), eeg(['C4', 'C3'], 5), eeg(['C3'], 4));
    expect(contract.montages).toEqual([eeg(['C3'], 7), eeg(['C4', 'C3'], 5)]);
    expect(contract).toMatchObject({ rate: 200, kinds: ['eeg'], rows: 2, more: 0 });
    expect(JSON.stringify(packedContract(contract))).toContain(
      '{"kind":"eeg","windows":7,"channels":["C3"],"units":"uV"}',
    );
  });

  it('stays small with a thousand montages, and says how many there are beyond', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      eeg(
        Array.from({ length: i === 999 ? 64 : 19 }, (_, channel) => `É${i}-${channel}`),
        i === 999 ? 1 : 2000 - i,
      ),
    );
    // Of the fewest windows, and too long for what is left.
    const unlisted = {
      channels: given(Array.from({ length: 70 }, (_, i) => `of unknown kind ${i}`)),
      windows: 0,
    };
    const contract = contractOf([...many, unlisted], { windows: [1] });
    const entry = contractMetadata(contract)[CONTRACT_ENTRY] as string;
    expect(new TextEncoder().encode(entry).length).toBeLessThan(MOST_MONTAGE_BYTES + 500);
    expect(contract.montages.length).toBeGreaterThan(100);
    expect(contract.montages.length + contract.more).toBe(1001);
    expect(contract.montages[0]).toEqual(many[0]);
    expect(contract.montages.every(({ kind: own }) => own === 'eeg')).toBe(true);
    // Kinds and rows are those of all.
    expect(contract).toMatchObject({ kinds: ['eeg', 'unknown'], rows: 70 });
    expect(readContract({ model: 'spotr', contract: entry }, 'w')).toEqual(contract);
  });

  it('is nothing in files of others and of before', () => {
    expect(readContract({}, 'w')).toBeUndefined();
    expect(readContract({ model: 'spotr', window: '4' }, 'w')).toBeUndefined();
    expect(readContract({ contract: '{' }, 'w')).toBeUndefined();
  });

  const whole = packedContract(trainedOn(eeg(['C3', 'C4'])));
  it.each([
    ['{', /w: its channel contract .* is not JSON; the file is damaged/],
    ['[]', /is no object of JSON/],
    [JSON.stringify({ ...whole, version: 2 }), /w: .* of version 2, and up to 1 is read; take a newer spotr/],
    [JSON.stringify({ ...whole, rate: Number.NaN }), /has rate null, which must be a number over 0/],
    [JSON.stringify({ ...whole, windows: [] }), /has windows \[\], which must be seconds over 0/],
    [
      JSON.stringify({ ...whole, windows: Array(65).fill(1) }),
      /has windows .*seconds over 0 that windows can have, at most 64/,
    ],
    [JSON.stringify({ ...whole, windows: ['1'] }), /has windows \["1"\]/],
    [JSON.stringify(whole).replace('"windows":[2]', '"windows":[1e999]'), /has windows \[null\]/],
    [
      JSON.stringify(whole).replace('"rate"', '"lengths":{"__proto__":[1]},"rate"'),
      /has lengths \{"__proto__"/,
    ],
    [JSON.stringify({ ...whole, kinds: ['eeg', 'eeg'] }), /has kinds \["eeg","eeg"\].*each once/],
    [JSON.stringify({ ...whole, mains: 40 }), /has mains 40/],
    [JSON.stringify({ ...whole, bandPass: {} }), /has bandPass \{\}/],
    [JSON.stringify({ ...whole, kinds: ['meg'] }), /has kinds \["meg"\]/],
    [JSON.stringify({ ...whole, rows: -1 }), /has rows -1/],
    [JSON.stringify({ ...whole, montages: [{ channels: [] }] }), /has a montage 1 that is none/],
    [
      JSON.stringify({ ...whole, montages: [{ channels: Array(129).fill('x') }] }),
      /has a montage 1 that is none/,
    ],
    [JSON.stringify({ ...whole, montages: [{ channels: ['a'], units: ['uV', 'uV'] }] }), /has a montage 1/],
    [JSON.stringify({ ...whole, montages: [{ channels: ['a'], kinds: ['soul'] }] }), /has a montage 1/],
    [`"${'x'.repeat(300_000)}"`, /has 300002 characters, where at most 262144 are read/],
  ])('%.40s is refused', (contract, message) => {
    expect(() => readContract({ model: 'spotr', contract }, 'w')).toThrow(message);
  });

  it('is what a source says of the windows that it trains on', async () => {
    const noise = (seed: number) =>
      Float64Array.from({ length: 4000 }, (_, i) => 30 * Math.sin(i * (seed + 0.37) + seed));
    const recording = (name: string, labels: readonly string[]) =>
      memoryRecording({
        name,
        modality: 'eeg',
        rate: 200,
        labels,
        signals: labels.map((_, i) => noise(i + 1)),
        unit: 'mV',
      });
    const { recordings } = await loadWindows(
      [recording('a', ['Fp1', 'C3']), recording('b', ['C3', 'Fp1']), recording('c', ['Fp1', 'C3'])],
      { seconds: 1, mains: 'none', units: 'trust' },
    );
    const source = new WindowDataset(recordings, {
      ...{ seed: 1, batchSize: 2 },
      splits: {
        parts: new Map([
          ['a', 'train'],
          ['b', 'validation'],
          ['c', 'train'],
        ] as const),
        how: 'as the manifest or table is divided',
      },
    });
    // What is held out was not trained on, and values are in the unit that they come in.
    expect(contractOf(source.montages(), {}).montages).toEqual([eeg(['Fp1', 'C3'], 40)]);
    const generated = contractOf(new SyntheticDataset({ seed: 1, batchSize: 2 }).montages(), {});
    expect(generated.kinds).toEqual([...MODALITIES]);
    expect(generated.montages[0]?.channels.map(({ name, unit: own }) => [name, own])).toEqual([
      ['II', 'mV'],
      ['V1', 'mV'],
      ['V5', 'mV'],
    ]);
    expect(generated.montages.map(({ channels }) => channels.length)).toEqual([3, 1, 8, 6]);
  });
});

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

it('a recording that does not say its kind is not passed off as what was trained under the same name', () => {
  const one = (kind: Modality): Montage => ({ ...eeg(['1'], 9), kind });
  const both = trainedOn(one('ppg'), one('eeg'));
  const textOf = (contract: typeof both, kind?: Modality) => {
    const fit = fitChannels(contract, given(['1']), { kind }) ?? expect.fail();
    return channelUse(fit, contract).text;
  };
  expect(textOf(both, 'eeg')).toBe('as trained: "1"');
  expect(textOf(both)).toMatch(
    /^as trained: "1"; it is not said what kind of signal this is, .* best with PPG$/,
  );
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
        eeg(['A1', 'A2', 'C3', 'C4'], 2),
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
    expect(isTrainedKind(trainedOn(eeg(['C3']), { channels: [{ name: 'x' }] }), 'ppg')).toBe(true);
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
