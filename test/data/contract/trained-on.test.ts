import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_MONTAGE_BYTES } from '../../../data/contract/contract.ts';
import {
  CHANNEL_KINDS,
  CONTRACT_ENTRY,
  contractMetadata,
  contractOf,
  loadWindows,
  MODALITIES,
  packedContract,
  readContract,
  SyntheticDataset,
  type TrainedWindows,
  WindowDataset,
} from '../../../data/index.ts';
import { memoryRecording } from '../memory-recording.ts';
import { eeg, given, trainedOn } from './montages.ts';

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
    [JSON.stringify({ ...whole, rate: 100 }), /w: .* on 100 samples a second, but .* resampled to 200/],
    [JSON.stringify({ ...whole, kinds: [] }), /has kinds \[\]/],
    [JSON.stringify({ ...whole, montages: [] }), /has montages \[\], which must be a list, empty only where/],
    [JSON.stringify({ ...whole, rows: 1 }), /has rows 1, which must be at least 2/],
    [JSON.stringify({ ...whole, kinds: ['ppg'] }), /has a montage of eeg, which is none of its kinds/],
    [
      JSON.stringify({ ...whole, montages: [{ channels: ['a'] }] }),
      /has a montage of unknown, which is none of its kinds/,
    ],
    ...['version', 'rate', 'windows', 'kinds', 'lengths', 'more', 'rows', 'montages', 'mains'].map(
      (field): [string, RegExp] => [
        JSON.stringify({ ...whole, [field]: '@' }).replace('"@"', `[${'['.repeat(5e4)}${']'.repeat(5e4)}]`),
        new RegExp(field === 'montages' ? 'has a montage 1 that is none' : `has ${field} something nested`),
      ],
    ),
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
