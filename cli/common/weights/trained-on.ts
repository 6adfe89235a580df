/** What weights were trained on: written with them, and by default how recordings are cut for them. */
import {
  type Band,
  type ChannelContract,
  contractMetadata,
  type Detrend,
  filtersInWords,
  isTrainedKind,
  type Kinds,
  kindInWords,
  lengthsInWords,
  lengthsOfKind,
  type Modality,
  type RecordingWindows,
  readContract,
  secondsInWords,
  secondsOfKind,
  trainedSeconds,
  type WindowOptions,
  type WindowSeconds,
} from '../../../data/index.ts';
import {
  CHANNELS_UNSTATED,
  type ChannelUse,
  channelUse,
  contractInWords,
  usesInWords,
} from '../../../workflows/channel-contract.ts';
import { CommandError } from '../errors.ts';
import { choice, type Option } from '../options.ts';
import { nearPaths, type Row } from '../text.ts';
import {
  type CutValues,
  OTHER_KINDS,
  PRETRAIN_OPTIONS,
  READING_OPTIONS,
  windowOptionsOf,
} from '../training/options.ts';
import { windowLength } from '../training/window-length.ts';

export interface TrainedOn {
  /** Lengths in seconds: that of most windows first. */
  readonly windows: readonly [number, ...number[]];
  readonly bandPass: Band | undefined;
  readonly detrend: Detrend | undefined;
  /** All of it with the channels; undefined in files of before. */
  readonly contract?: ChannelContract | undefined;
}

const { bandPass: BAND, detrend: DETREND } = READING_OPTIONS;
const { window: WINDOW } = PRETRAIN_OPTIONS;

const showBand = (band: Band): string => BAND.show?.(band) ?? '';

/** Goes into the metadata of weights. */
export function trainedOnMetadata(trained: TrainedOn): Record<string, string> {
  const { windows, bandPass, detrend, contract } = trained;
  if (contract) return contractMetadata(contract);
  return {
    window: windows.join(','),
    ...(bandPass && { bandPass: showBand(bandPass) }),
    ...(detrend && { detrend }),
  };
}

/**
 * What a file of weights says of its training; undefined where it says nothing.
 * @throws CommandError and SignalError where it says what cannot be.
 */
export function readTrainedOn(
  metadata: Readonly<Record<string, string>>,
  path: string,
): TrainedOn | undefined {
  const contract = readContract(metadata, path);
  if (contract) return trainedBy(contract);
  const { model, window, bandPass, detrend } = metadata;
  if (model !== 'spotr' || window === undefined) return undefined;
  const read = <T>(name: string, option: Option<T>, text: string): T & {} => {
    const value = option.read(text);
    if (value !== undefined && value !== null) return value;
    throw new CommandError(
      `${path}: says that it was trained with ${name} "${text}", which must be ${option.expected}; the file is damaged.`,
    );
  };
  const [first = '', ...others] = window.split(',');
  return {
    windows: [read('window', WINDOW, first), ...others.map((text) => read('window', WINDOW, text))],
    bandPass: bandPass === undefined ? undefined : read('bandPass', BAND, bandPass),
    detrend: detrend === undefined ? undefined : read('detrend', DETREND, detrend),
  };
}

export function trainedBy(contract: ChannelContract): TrainedOn {
  const { windows, bandPass, detrend } = contract;
  return { windows, bandPass, detrend, contract };
}

const FILTERS = {
  bandPass: {
    help: 'frequencies to keep, in Hz: 0.5-45, 1- or -40; by default as the weights were trained',
    value: `${BAND.value}|none`,
    expected: `${BAND.expected}, or none`,
    fallback: undefined,
    read: (given) => (given === 'none' ? given : BAND.read(given)),
    show: (band) => (band === 'none' || band === undefined ? 'none' : showBand(band)),
  } as Option<Band | 'none' | undefined>,
  detrend: choice({
    advanced: true,
    of: ['constant', 'linear', 'none'],
    fallback: undefined,
    help: `${DETREND.help}; by default as the weights were trained`,
  }),
};

/** How recordings are read where weights are given. */
export const READING_FOR_WEIGHTS = {
  ...READING_OPTIONS,
  ...FILTERS,
  otherKinds: OTHER_KINDS,
};

export const WINDOW_FOR_WEIGHTS = windowLength({
  fallback: undefined,
  help: `${WINDOW.help}; by default as the weights were trained, for each kind of signal, or ${WINDOW.fallback} where they do not state it`,
});

/** What the command line says. */
interface Asked {
  readonly window?: number | undefined;
  readonly bandPass?: Band | 'none' | undefined;
  readonly detrend?: Detrend | 'none' | undefined;
}

export interface Filters {
  readonly bandPass: Band | undefined;
  readonly detrend: Detrend | undefined;
}

/** The options with the filters of the weights where none are given. */
export function filteredAsTrained<V extends Asked>(values: V, trained: TrainedOn | undefined): V & Filters {
  const own = <T>(asked: T | 'none' | undefined, trainedWith: T | undefined) =>
    asked === 'none' ? undefined : (asked ?? trainedWith);
  return {
    ...values,
    bandPass: own(values.bandPass, trained?.bandPass),
    detrend: own(values.detrend, trained?.detrend),
  };
}

/** The same, and the length of the weights' windows: that of each kind where they were trained on several. */
export function cutAsTrained<V extends Asked>(
  { window, ...values }: V,
  trained: TrainedOn | undefined,
): Omit<V, 'window'> & Filters & { readonly window: WindowSeconds } {
  return {
    ...filteredAsTrained(values, trained),
    window: window ?? windowAsTrained(trained) ?? WINDOW.fallback,
  };
}

/** Undefined where the weights say nothing. */
export function windowAsTrained(trained: TrainedOn | undefined): WindowSeconds | undefined {
  return trained?.contract ? trainedSeconds(trained.contract) : trained?.windows[0];
}

/** For `WindowOptions`: recordings are compared with what the weights were trained on. */
export function comparedWith(
  trained: TrainedOn | undefined,
  { otherKinds }: { readonly otherKinds: boolean },
  unlessAsked: 'pass-over' | 'refuse' = 'pass-over',
): Pick<WindowOptions, 'trained'> {
  const contract = trained?.contract;
  return contract ? { trained: { contract, otherKinds: otherKinds ? 'use' : unlessAsked } } : {};
}

/** How the channels of recordings go with those of training: one sentence each way. */
export function channelRows(
  recordings: readonly Pick<RecordingWindows, 'name' | 'fit'>[],
  trained: TrainedOn | undefined,
): Row[] {
  const contract = trained?.contract;
  if (!contract) return [['  channels', CHANNELS_UNSTATED]];
  const uses = recordings.flatMap(({ name, fit }) => (fit ? [{ name, ...channelUse(fit, contract) }] : []));
  return useRows(uses);
}

const MAX_WAYS = 5;

export function useRows(uses: readonly (ChannelUse & { readonly name: string })[]): Row[] {
  const sentences = usesInWords(uses.map((use) => ({ ...use, name: nearPaths(use.name) })));
  const rows = sentences.slice(0, MAX_WAYS).map(({ text }): Row => ['  channels', text]);
  const rest = sentences.length - rows.length;
  return rest > 0 ? [...rows, ['  channels', `and ${rest} more ways`]] : rows;
}

/** Beside the line about weights: what they were trained on. */
export function trainedRows(trained: TrainedOn | undefined): Row[] {
  return [['  trained on', trained?.contract ? contractInWords(trained.contract) : CHANNELS_UNSTATED]];
}

/**
 * How windows are cut, and whether the weights were trained on such, in words. `isGiven`: whether --window was; `kinds`: those
 * of the recordings.
 */
export function cutInWords(
  cut: CutValues,
  isGiven: boolean,
  trained: TrainedOn | undefined,
  kinds: Kinds,
): string {
  const windows = `of ${secondsInWords(cut.window, kinds)} at 200 Hz`;
  const filters = `${filtersInWords(windowOptionsOf(cut))}${filterRemark(cut, trained)}`;
  if (!trained)
    return isGiven
      ? `${windows}, ${filters}`
      : `${windows}, since the weights do not state their window length (--window sets it); ${filters}`;
  return `${windows}, ${lengthRemark(cut.window, trained, kinds)}; ${filters}`;
}

const nameOf = (kind: Modality | undefined): string => kindInWords(kind ?? 'unknown');

/** Whether the weights were trained on such windows of such kinds. */
export function lengthRemark(window: WindowSeconds, trained: TrainedOn, kinds: Kinds): string {
  const { contract } = trained;
  if (typeof window === 'number' && !contract?.lengths) return remarkOf(window, trained.windows);
  // Weights without a contract have one length for all.
  const known = contract as ChannelContract;
  const each = kinds.map((kind) => {
    const isTrained = known.kinds.includes(kind ?? 'unknown');
    const seconds = secondsOfKind(window, kind);
    const lengths = lengthsOfKind(known, kind ?? 'unknown');
    return {
      name: nameOf(kind),
      seconds,
      isKnown: kind !== undefined,
      isTrained,
      lengths,
      isAs: isTrained && lengths.includes(seconds),
    };
  });
  const as = each.filter(({ isAs }) => isAs);
  const also = as.flatMap(({ name, seconds, lengths }) => {
    const others = lengths.filter((length) => length !== seconds);
    return others.length > 0 ? [`on ${name} of ${others.join(', ')} s too`] : [];
  });
  const names =
    as.length < each.length || each.length === 1 ? ` on ${as.map(({ name }) => name).join(' and ')}` : '';
  return [
    as.length > 0 && `as the weights were trained${names}${also.length > 0 ? ` (${also.join(', ')})` : ''}`,
    ...each.map(({ name, isKnown, isTrained, lengths, isAs }) => {
      if (isAs) return false;
      if (!isKnown && !isTrained)
        return 'the recordings do not state their modality (set it with --modality), so whether the weights were trained on it is unknown';
      return isTrained
        ? `but the weights were trained on ${name} of ${lengths.join(', ')} s`
        : `the weights were not trained on ${name}`;
    }),
  ]
    .filter((text) => text !== false)
    .join('; ');
}

function remarkOf(seconds: number, windows: TrainedOn['windows']): string {
  const others = windows.filter((length) => length !== seconds);
  if (others.length === windows.length)
    return `but the weights were trained on windows of ${windows.join(', ')} s`;
  return `as the weights were trained${others.length > 0 ? ` (on others of ${others.join(', ')} s too)` : ''}`;
}

/** Of those that are cut for the weights: others are passed over, unless somebody wants them. */
export function kindsUsed(
  kinds: Iterable<Modality | undefined>,
  trained: TrainedOn | undefined,
  { otherKinds }: { readonly otherKinds: boolean },
): Kinds {
  const contract = trained?.contract;
  return [...new Set(kinds)].filter((kind) => otherKinds || !contract || isTrainedKind(contract, kind));
}

const filterOptions = ({ bandPass, detrend }: Filters): string =>
  [
    ...(bandPass ? [`--band-pass ${showBand(bandPass)}`] : []),
    ...(detrend ? [`--detrend ${detrend}`] : []),
  ].join(' and ');

export function trainedInWords({ windows, contract, ...filters }: TrainedOn): string {
  const options = filterOptions(filters);
  return `windows of ${contract ? lengthsInWords(contract) : `${windows.join(', ')} s`}${options && `, with ${options}`}`;
}

/** Nothing where the weights say nothing, or neither they nor the command line name a filter. */
export function filterRemark(filters: Filters, trained: TrainedOn | undefined): string {
  if (!trained) return '';
  const [here, there] = [filterOptions(filters), filterOptions(trained)];
  if (here !== there)
    return `, but the weights were trained ${there === '' ? 'without' : 'with'} ${there || 'filters'}`;
  return here === '' ? '' : ', as in their training';
}
