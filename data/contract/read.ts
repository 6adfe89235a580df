/** A channel contract as one entry of JSON, in the metadata of weights and in `config.json`, and back. */
import { quoteValue } from '../../base/quote.ts';
import { SignalError } from '../errors.ts';
import type { Band } from '../preprocess/band-pass.ts';
import type { Detrend } from '../preprocess/detrend.ts';
import type { Mains } from '../preprocess/notch.ts';
import { MODEL_RATE, windowSamples } from '../rate.ts';
import { CHANNEL_KINDS, type ChannelKind, MODALITIES, type Modality } from '../recording.ts';
import { MAXIMUM_CHANNELS } from '../windows/channel-choice.ts';
import {
  type ChannelContract,
  definedCut,
  MOST_MONTAGE_BYTES,
  type Montage,
  packedMontage,
} from './contract.ts';
import { type Lengths, MOST_LENGTHS, type TrainedKind } from './lengths.ts';

const VERSION = 1;
/** Characters of an entry that is read: all montages, and the rest many times over. */
const LONGEST_ENTRY = 4 * MOST_MONTAGE_BYTES;

/** The name of the entry in the metadata of weights. */
export const CONTRACT_ENTRY = 'contract';

/** As plain JSON, the same for the same contract. */
export function packedContract(contract: ChannelContract) {
  const { rate, kinds, lengths, montages, more, rows } = contract;
  return {
    version: VERSION,
    ...{ rate, ...definedCut(contract), kinds, ...(lengths && { lengths }), rows },
    montages: montages.map(packedMontage),
    ...(more > 0 && { more }),
  };
}

/** Metadata of weights: the contract, and beside it the entries of files before there was one. */
export function contractMetadata(contract: ChannelContract): Record<string, string> {
  const { windows, bandPass, detrend } = contract;
  return {
    window: windows.join(','),
    ...(bandPass && { bandPass: `${bandPass.low ?? ''}-${bandPass.high ?? ''}` }),
    ...(detrend && { detrend }),
    [CONTRACT_ENTRY]: JSON.stringify(packedContract(contract)),
  };
}

/**
 * The contract in the metadata of weights; undefined where they say nothing. `name` is the file's.
 * @throws SignalError where the entry is none, or of a version that is not known.
 */
export function readContract(
  metadata: Readonly<Record<string, string>>,
  name: string,
): ChannelContract | undefined {
  const { model, [CONTRACT_ENTRY]: entry } = metadata;
  if (model !== 'spotr' || entry === undefined) return undefined;
  const refuse = refuser(name);
  if (entry.length > LONGEST_ENTRY)
    refuse(`has ${entry.length} characters, where at most ${LONGEST_ENTRY} are read`);
  let value: unknown;
  try {
    value = JSON.parse(entry);
  } catch {
    refuse('is not JSON');
  }
  return unpackContract(value, name);
}

type Refuse = (what: string) => never;

const refuser =
  (name: string): Refuse =>
  (what) => {
    throw new SignalError(
      `${name}: its channel contract (what the weights were trained on) ${what}; the file is damaged.`,
    );
  };

/**
 * A contract from plain JSON, as `packedContract` makes it. `name` is that of the file which has it.
 * @throws SignalError where it is none, of a version that is not known, or of another rate than the model's.
 */
export function unpackContract(value: unknown, name: string): ChannelContract {
  const refuse: Refuse = refuser(name);
  if (!isObject(value)) return refuse('is no object of JSON');
  const {
    version,
    rate,
    windows,
    bandPass,
    detrend,
    mains,
    kinds,
    lengths,
    montages,
    more = 0,
    rows,
  } = value;
  if (typeof version === 'number' && version > VERSION)
    throw new SignalError(
      `${name}: its channel contract is of version ${version}, and up to ${VERSION} is read; take a newer spotr.`,
    );
  const require = (field: string, isRight: boolean, expected: string): void => {
    if (!isRight) refuse(`has ${field} ${quoteValue(value[field])}, which must be ${expected}`);
  };
  require('version', version === VERSION, String(VERSION));
  require('rate', isPositive(rate), 'a number over 0');
  if (rate !== MODEL_RATE)
    throw new SignalError(
      `${name}: the weights were trained on ${rate} samples a second, but recordings are resampled to ${MODEL_RATE}, of which such weights make nothing; take weights of ${MODEL_RATE} Hz.`,
    );
  require('windows', isLengths(windows), `${SECONDS}, at most ${MOST_LENGTHS}`);
  require('bandPass', bandPass === undefined || isBand(bandPass), 'a low and a high frequency in Hz');
  require('detrend', detrend === undefined || isOneOf(detrend, DETRENDS), `one of ${DETRENDS.join(', ')}`);
  require('mains', mains === undefined || isOneOf(mains, MAINS), `one of ${MAINS.join(', ')}`);
  const isEachOnce = isList(kinds, (kind) => isOneOf(kind, KINDS)) && new Set(kinds).size === kinds.length;
  require('kinds', isEachOnce && (kinds as unknown[]).length > 0, `a list of ${KINDS.join(', ')}, each once`);
  require('lengths', lengths === undefined ||
    isLengthsByKind(lengths, kinds as unknown[]), `${SECONDS}, up to ${MOST_LENGTHS} of each of the kinds`);
  require('more', isCount(more), 'a whole number from 0');
  require('rows', isCount(rows), 'a whole number from 0');
  const isListed = Array.isArray(montages) && (montages.length > 0 || (more as number) > 0);
  require('montages', isListed, 'a list, empty only where more are not listed');
  const listed = (montages as unknown[]).map(
    (montage, i) => unpackedMontage(montage) ?? refuse(`has a montage ${i + 1} that is none`),
  );
  const most = listed.reduce((channels, montage) => Math.max(channels, montage.channels.length), 0);
  require('rows', (rows as number) >= most, `at least ${most}, the channels of its largest montage`);
  const stray = listed.find(({ kind }) => !(kinds as unknown[]).includes(kind ?? 'unknown'));
  if (stray) refuse(`has a montage of ${stray.kind ?? 'unknown'}, which is none of its kinds`);
  return {
    rate: rate as number,
    ...definedCut({
      windows: windows as unknown as Lengths,
      bandPass: bandPass as Band | undefined,
      detrend: detrend as Detrend | undefined,
      mains: mains as Mains | 'auto' | undefined,
    }),
    kinds: kinds as TrainedKind[],
    ...(lengths !== undefined && { lengths: lengths as NonNullable<ChannelContract['lengths']> }),
    montages: listed,
    more: more as number,
    rows: rows as number,
  };
}

const DETRENDS = ['constant', 'linear'] as const;
const MAINS = [50, 60, 'auto', 'none'] as const;
const KINDS = [...MODALITIES, 'unknown'] as const;

function unpackedMontage(value: unknown): Montage | undefined {
  if (!isObject(value)) return undefined;
  const { kind, windows, lengths, channels, units, kinds } = value;
  const isText = (each: unknown) => typeof each === 'string';
  if (!isList(channels, isText) || channels.length === 0 || channels.length > MAXIMUM_CHANNELS)
    return undefined;
  const isEach = (list: unknown, check: (each: unknown) => boolean): list is unknown[] =>
    isList(list, (each) => each === null || check(each)) && list.length === channels.length;
  const isRight =
    (kind === undefined || isOneOf(kind, MODALITIES)) &&
    (windows === undefined || isCount(windows)) &&
    (lengths === undefined || isLengths(lengths)) &&
    (units === undefined || isText(units) || isEach(units, isText)) &&
    (kinds === undefined || isEach(kinds, (each) => isOneOf(each, CHANNEL_KINDS)));
  if (!isRight) return undefined;
  return {
    ...(kind !== undefined && { kind: kind as Modality }),
    channels: channels.map((name, i) => {
      const unit = Array.isArray(units) ? units[i] : units;
      const own = Array.isArray(kinds) ? kinds[i] : kind;
      return {
        name: name as string,
        ...(own ? { kind: own as ChannelKind } : {}),
        ...(unit ? { unit: unit as string } : {}),
      };
    }),
    ...(windows !== undefined && { windows: windows as number }),
    ...(lengths !== undefined && { lengths: lengths as unknown as Lengths }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: unknown, check: (each: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(check);
// JSON has no Infinity, but 1e999 is one.
const isPositive = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
const SECONDS = 'seconds over 0 that windows can have';
const isLength = (value: unknown): boolean => typeof value === 'number' && windowSamples(value) !== undefined;
const isLengths = (value: unknown): boolean =>
  isList(value, isLength) && value.length > 0 && value.length <= MOST_LENGTHS;
const isLengthsByKind = (value: unknown, kinds: readonly unknown[]): boolean =>
  isObject(value) && Object.entries(value).every(([kind, own]) => kinds.includes(kind) && isLengths(own));
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isOneOf = (value: unknown, known: readonly unknown[]): boolean => known.includes(value);
const isBand = (value: unknown): boolean =>
  isObject(value) &&
  (value.low !== undefined || value.high !== undefined) &&
  [value.low, value.high, value.order].every((each) => each === undefined || isPositive(each));
