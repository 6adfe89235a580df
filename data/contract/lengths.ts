/** How long the windows were that weights were trained on, and how long those of a recording are to be. */
import { groupBy } from '../group-by.ts';
import type { Modality } from '../recording.ts';

/** Seconds: that of most windows first. */
export type Lengths = readonly [number, ...number[]];

/** `unknown` where files did not say what they hold. */
export type TrainedKind = Modality | 'unknown';

/** Of all windows that weights were trained on. */
export interface TrainedLengths {
  readonly windows: Lengths;
  /** Of all montages, those beyond the listed ones too. */
  readonly kinds: readonly TrainedKind[];
  /** Of kinds whose windows were not as long as those of all together. */
  readonly lengths?: { readonly [kind in TrainedKind]?: Lengths };
}

/** Windows that are trained on. */
export interface CountedWindows {
  /** Absent where they are generated without end. */
  readonly windows?: number;
  /** In each of them; absent where that is not known. */
  readonly seconds?: number;
  /** Of an earlier stage of a curriculum: what the model is for are the windows of the last. */
  readonly isBefore?: boolean;
}

/** Lengths of a montage or of a kind that go into the metadata of weights. */
export const MOST_LENGTHS = 64;

/** Seconds in a window of a recording, by what it holds. */
export type SecondsByKind = { readonly [kind in TrainedKind]?: number } & {
  /** Of kinds that are not named. */
  readonly other: number;
};

/** Seconds in a window: of every recording, or of each kind its own. */
export type WindowSeconds = number | SecondsByKind;

/** Of recordings of a kind; undefined: one that does not say what it holds. */
export function secondsOfKind(seconds: WindowSeconds, kind: Modality | undefined): number {
  return typeof seconds === 'number' ? seconds : (seconds[kind ?? 'unknown'] ?? seconds.other);
}

/** Each of them once. */
export function eachLength(seconds: WindowSeconds): number[] {
  return typeof seconds === 'number' ? [seconds] : [...new Set(Object.values(seconds))];
}

/** The lengths that a kind was trained on; of one that was not, those of all. */
export function lengthsOfKind({ windows, lengths }: TrainedLengths, kind: TrainedKind): Lengths {
  return lengths?.[kind] ?? windows;
}

/** As weights were trained: of each kind the length of most of its windows, of other kinds that of most windows of all. */
export function trainedSeconds(trained: TrainedLengths): WindowSeconds {
  const [other] = trained.windows;
  const own = trained.kinds.map((kind) => [kind, lengthsOfKind(trained, kind)[0]] as const);
  if (own.every(([, seconds]) => seconds === other)) return other;
  return { ...Object.fromEntries(own), other };
}

/**
 * Lengths of windows, that of most windows first; those of the last stage of a curriculum before those of earlier stages,
 * whatever their number. Undefined where none of them says how long it is.
 */
export function lengthsOf(windows: readonly CountedWindows[]): Lengths | undefined {
  const known = windows.filter(({ seconds }) => seconds !== undefined);
  const counted = [...groupBy(known, ({ seconds }) => seconds as number)].map(([seconds, alike]) => {
    const last = alike.filter(({ isBefore }) => !isBefore);
    return { seconds, isLast: last.length > 0, windows: countOf(last.length > 0 ? last : alike) };
  });
  const [first, ...others] = counted
    .sort((a, b) => Number(b.isLast) - Number(a.isLast) || b.windows - a.windows || a.seconds - b.seconds)
    .map(({ seconds }) => seconds);
  return first === undefined ? undefined : [first, ...others];
}

const countOf = (alike: readonly CountedWindows[]): number =>
  alike.reduce((sum, { windows = 0 }) => sum + windows, 0);

/** What they say beyond `all`, as far as it goes into the metadata of weights. */
export function lengthsBeyond(windows: readonly CountedWindows[], all: Lengths): Lengths | undefined {
  const own = lengthsOf(windows)?.slice(0, MOST_LENGTHS) as Lengths | undefined;
  const isTold =
    own?.length === Math.min(all.length, MOST_LENGTHS) && own.every((each, i) => each === all[i]);
  return isTold ? undefined : own;
}
