/** What recordings lose without a model, where there is nothing but these: beside what comes back of them through the token. */
import {
  type Modality,
  type RecordingWindows,
  readWindows,
  type SamplePart,
  type SignalBatch,
} from '../../data/index.ts';
import type { Conditioning, SpotrConfig } from '../../model/index.ts';
import { plural, showCount } from '../words.ts';
import { type MeasuredWindows, measured } from './compare.ts';

/** Mean squared errors over that of predicting zero, without padding, of all channels and windows together. */
export interface RecordingYardsticks {
  /** Undefined where windows have a single patch: one waveform is then all there is. */
  readonly positionBlind: number | undefined;
  /** Fitted to `windows` of the very windows that it is measured on: flattered. */
  readonly pca: readonly { readonly components: number; readonly error: number; readonly windows: number }[];
}

/** Windows for each number of a linear code below which it may know them by heart. */
const MIN_WINDOWS = 4;

/** Values read at once: 512 KiB. */
const READ_AT_ONCE = 2 ** 17;

export interface RecordingComparison {
  readonly config: SpotrConfig;
  /** See `ComparisonOptions`. */
  readonly pause?: (part: number) => Promise<void> | void;
}

/**
 * The position-blind floor, PCA-d and PCA-D of all windows of the recordings, by modality. Memory is bounded whatever there is; windows
 * that are not in memory are read anew.
 * @throws ModelError for windows that are not finite.
 */
export async function yardsticksOfRecordings(
  recordings: readonly RecordingWindows[],
  { config, pause = () => {} }: RecordingComparison,
): Promise<Map<Modality | undefined, RecordingYardsticks>> {
  const kinds = new Map<string, RecordingWindows[]>();
  for (const one of recordings) {
    const key = keyOf(one);
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  const found = await measured(
    { trainSample: (part) => sampleOf(kinds.get(part.source) ?? [], part) },
    recordings.flatMap(chunksOf),
    { config, padding: 'left out', perValue: MIN_WINDOWS * config.encoderDim, pause },
  );
  const modalities = new Map<Modality | undefined, Sums>();
  for (const [key, [first]] of kinds) {
    const yardsticks = found.get(key);
    if (!first || !yardsticks) continue;
    const { modality, shape } = first;
    const [, channels, samples] = shape;
    // Sums, so that each value counts alike, as in the error of what comes back.
    const values = yardsticks.windows * channels * samples;
    const known = modalities.get(modality) ?? { power: 0, floor: 0, patches: 0, pca: [] };
    modalities.set(modality, {
      power: known.power + values * yardsticks.predictZeroLoss,
      floor: known.floor + values * yardsticks.positionBlindLoss,
      patches: Math.max(known.patches, samples / config.patch),
      pca: yardsticks.pca.map(({ components, loss, windows }, i) => ({
        components,
        error: (known.pca[i]?.error ?? 0) + values * loss,
        windows: Math.min(known.pca[i]?.windows ?? windows, windows),
      })),
    });
  }
  return new Map(
    [...modalities].map(([modality, { power, floor, patches, pca }]) => [
      modality,
      {
        positionBlind: patches > 1 ? floor / power : undefined,
        pca: pca.map((one) => ({ ...one, error: one.error / power })),
      },
    ]),
  );
}

interface Sums {
  readonly power: number;
  readonly floor: number;
  readonly patches: number;
  readonly pca: RecordingYardsticks['pca'];
}

/** Components are of windows of one shape. */
const keyOf = ({ modality, shape: [, channels, samples] }: RecordingWindows): string =>
  JSON.stringify([modality ?? null, channels, samples]);

function chunksOf(recording: RecordingWindows): MeasuredWindows[] {
  const [windows, channels, samples] = recording.shape;
  const most = Math.max(1, Math.floor(READ_AT_ONCE / (channels * samples)));
  return Array.from({ length: Math.ceil(windows / most) }, (_, i): MeasuredWindows => {
    const [first, count] = [i * most, Math.min(most, windows - i * most)];
    return {
      source: keyOf(recording),
      shape: [count, channels, samples],
      signal: () => readWindows(recording, first, count),
    };
  });
}

/** Of all windows of a shape, those from `first` on of `most` that lie evenly among them. */
async function sampleOf(
  recordings: readonly RecordingWindows[],
  { source, channels, samples, most, first, count }: SamplePart,
): Promise<SignalBatch> {
  const all = recordings.reduce((sum, { shape }) => sum + shape[0], 0);
  const kept = Math.min(most, all);
  const own = Math.max(0, Math.min(kept, first + count) - first);
  const signal = new Float32Array(own * channels * samples);
  let [before, at] = [0, 0];
  for (let i = 0; i < own; i++) {
    const place = Math.floor(((first + i + 0.5) * all) / kept);
    for (let [windows] = (recordings[at] as RecordingWindows).shape; place - before >= windows; ) {
      before += windows;
      [windows] = (recordings[++at] as RecordingWindows).shape;
    }
    signal.set(
      await readWindows(recordings[at] as RecordingWindows, place - before, 1),
      i * channels * samples,
    );
  }
  return { signal, shape: [own, channels, samples], source };
}

/** Names and errors, the model's first: for a table beside one another. */
export function costingLess(
  error: number,
  { positionBlind, pca }: RecordingYardsticks,
): { readonly name: string; readonly error: number }[] {
  return [
    { name: 'reconstruction from the token', error },
    ...(positionBlind === undefined ? [] : [{ name: 'position-blind floor', error: positionBlind }]),
    ...pca.filter(isShown).map(({ components, error: own }) => ({ name: `PCA-${components}`, error: own })),
    { name: 'predicting zero', error: 1 },
  ];
}

/** A code that may know its windows by heart says nothing. */
export const isShown = ({ components, windows }: RecordingYardsticks['pca'][number]): boolean =>
  windows >= MIN_WINDOWS * components;

/** What the rows mean, and why one is not there, in sentences. */
export function costingLessNotes({ positionBlind, pca }: RecordingYardsticks): string[] {
  const [shown, hidden] = [pca.filter(isShown), pca.filter((one) => !isShown(one))];
  const names = (some: typeof pca) => some.map(({ components }) => `PCA-${components}`).join(' and ');
  const [first] = shown;
  return [
    'Mean squared error over that of predicting zero, without padding.',
    positionBlind === undefined
      ? 'The position-blind floor is not shown: windows of one patch have nothing to repeat.'
      : 'Position-blind floor: the best waveform for each channel of a window, repeated in each patch.',
    ...(first
      ? [
          `${names(shown)}: the best linear code of as many numbers a window, fitted to ${plural(first.windows, 'window')} of these same recordings, as there are no others, and so optimistic: on other recordings it would lose more.`,
        ]
      : []),
    ...hidden
      .slice(0, 1)
      .map(
        ({ windows }) =>
          `${names(hidden)} ${hidden.length > 1 ? 'are' : 'is'} not shown: a linear code could be fitted to these windows alone, and ${showCount(windows)} of them ${windows === 1 ? 'is' : 'are'} fewer than ${MIN_WINDOWS} for each of its numbers; it might memorise them.`,
      ),
  ];
}

/**
 * What the error of windows amounts to, in one sentence; undefined where it is not a number. `name`: what they are, as EEG; `conditioning`: what
 * the renderer sees.
 */
export function verdictOf(
  name: string,
  error: number,
  { positionBlind, pca }: RecordingYardsticks,
  conditioning: Conditioning,
): string | undefined {
  if (!Number.isFinite(error)) return undefined;
  if (error > 1) return `${name}: nothing is reconstructed; predicting zero would lose less.`;
  if (positionBlind === undefined)
    return `${name}: ${error < 1 ? 'less is lost than by predicting zero' : 'as much is lost as by predicting zero'}.`;
  if (error > positionBlind)
    return `${name}: above the position-blind floor; one waveform repeated in each patch would lose less.`;
  const code = pca.find(isShown);
  const below = `${name}: ${error < positionBlind ? 'below' : 'at'} the position-blind floor`;
  if (!code || conditioning !== 'cls') return `${below}.`;
  const { components, error: own } = code;
  return error < own
    ? `${below}, and below PCA-${components}, which has as many numbers as the renderer sees.`
    : `${below}, but not below PCA-${components}; a linear code of ${components} numbers, fitted to these windows, loses no more.`;
}
