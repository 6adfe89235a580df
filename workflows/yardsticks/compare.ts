/** What held-out windows lose without a model: the position-blind floor, and principal components of training windows. */
import type { Awaitable, BatchSource, SignalBatch, WindowKind } from '../../data/index.ts';
import { costOfLinearCode, type LinearCode, linearCodeSteps } from '../../evaluate/index.ts';
import { ModelError, paddedLength, type SpotrConfig, tooLarge } from '../../model/index.ts';
import type { Yardsticks } from './losses.ts';
import { betweenPatches, zScored } from './windows.ts';

/** Training windows that components are fitted to, where the budgets allow it. */
const MAX_WINDOWS = 2048;
/** Numbers of those windows that are in memory at once, in single precision: 256 MiB. */
const MAX_VALUES = 2 ** 26;
/** Multiplications of all shapes together for each of the D components: some three seconds of a processor for `tiny` (D = 64). */
const MULTIPLICATIONS = 5e9 / 64;
/** Numbers of windows that are read or generated between two pauses. */
const READ_AT_ONCE = 2 ** 17;
/** Multiplications between two pauses: some milliseconds. */
const PAUSE_EVERY = 2 ** 24;

/** Windows to be measured on: in memory, or read when their turn comes. */
export type MeasuredWindows = Pick<SignalBatch, 'shape' | 'source'> & {
  readonly signal: SignalBatch['signal'] | (() => Awaitable<SignalBatch['signal']>);
};

export interface ComparisonOptions {
  readonly config: SpotrConfig;
  /** Whether losses are over the zeros too that windows are filled up with, as the model's loss in training is. */
  readonly padding?: 'counted' | 'left out';
  /** Multiplications that each measured value may take beyond the budget, where many windows are measured; 0 where it is not given. */
  readonly perValue?: number;
  /** Called every few milliseconds of work, with the part that is done; gives others a turn, or throws to stop. */
  readonly pause?: (part: number) => Promise<void> | void;
}

/**
 * The yardsticks of each source of `heldOut`, measured on those windows: the position-blind floor, PCA-d and PCA-D, with components
 * fitted to a sample of the training windows of the same source and shape. Memory and multiplications are bounded; where that
 * leaves fewer windows, the result says how many there were. The same windows give the same bits.
 * @throws ModelError for held-out windows that are not finite.
 */
export async function yardsticksOf(
  source: Pick<BatchSource, 'trainSample'>,
  heldOut: readonly MeasuredWindows[],
  options: ComparisonOptions,
): Promise<Map<string, Yardsticks>> {
  const found = await measured(source, heldOut, options);
  return new Map([...found].map(([name, { positionBlindLoss, pca }]) => [name, { positionBlindLoss, pca }]));
}

export type Measured = Yardsticks & { readonly predictZeroLoss: number; readonly windows: number };

/** The same, with the windows measured and their loss when zero is predicted. */
export async function measured(
  source: Pick<BatchSource, 'trainSample'>,
  heldOut: readonly MeasuredWindows[],
  { config, padding = 'counted', perValue = 0, pause = () => {} }: ComparisonOptions,
): Promise<Map<string, Measured>> {
  const counts = [config.decoderDim, config.encoderDim];
  const kinds = kindsOf(heldOut);
  const budget = (MULTIPLICATIONS * config.encoderDim) / kinds.length;
  const found = new Map<string, Measured>();
  for (const [number, { batches, ...kind }] of kinds.entries()) {
    const turn = (part: number) => pause((number + part) / kinds.length);
    const own = await yardsticksOfKind(source, kind, batches, {
      config,
      padding,
      counts,
      budget,
      perValue,
      turn,
    });
    const known = found.get(kind.source);
    found.set(kind.source, known ? merged(known, own) : own);
  }
  return found;
}

interface Kind extends WindowKind {
  readonly batches: readonly MeasuredWindows[];
}

/** Components are of windows of one shape; a source may have several. */
function kindsOf(heldOut: readonly MeasuredWindows[]): Kind[] {
  const kinds = new Map<string, Kind & { batches: MeasuredWindows[] }>();
  for (const batch of heldOut) {
    const { source, shape } = batch;
    const [, channels, samples] = shape;
    const key = JSON.stringify([source, channels, samples]);
    const kind = kinds.get(key) ?? { source, channels, samples, batches: [] };
    kind.batches.push(batch);
    kinds.set(key, kind);
  }
  return [...kinds.values()];
}

interface KindOptions {
  readonly config: SpotrConfig;
  readonly padding: 'counted' | 'left out';
  readonly counts: readonly number[];
  readonly budget: number;
  readonly perValue: number;
  readonly turn: (part: number) => Promise<void> | void;
}

async function yardsticksOfKind(
  source: Pick<BatchSource, 'trainSample'>,
  kind: WindowKind,
  batches: readonly MeasuredWindows[],
  { config, padding, counts, budget, perValue, turn }: KindOptions,
): Promise<Measured> {
  const { channels, samples } = kind;
  const dim = channels * samples;
  const windows = batches.reduce((sum, { shape }) => sum + shape[0], 0);
  const most = windowsWithin(budget + perValue * dim * windows, dim, windows);
  const rows = await sampleOf(source, kind, most, () => turn(0));
  const cost = costOfLinearCode(rows.length / dim, dim, windows);
  let done = 0;
  const spent = (multiplications: number) => {
    done += multiplications;
    return turn(Math.min(1, done / cost));
  };
  const code = await fitted(rows, dim, Math.max(...counts), spent);
  const length = padding === 'counted' ? paddedLength(samples, config).length : samples;
  const errors = new Float64Array(counts.length);
  let [floor, power] = [0, 0];
  for (const { signal: kept, shape, source: name } of batches) {
    const signal = typeof kept === 'function' ? await kept() : kept;
    for (let window = 0; window < shape[0]; window++) {
      const own = zScored(signal.subarray(window * dim, (window + 1) * dim), [1, channels, samples]);
      if (!own.every(Number.isFinite))
        throw new ModelError(
          `Window ${window + 1} of a held-out batch (${name}) holds what is not a number.`,
        );
      const { all, between } = betweenPatches(own, { samples, length, patch: config.patch });
      power += all;
      floor += between;
      for (const [i, sum] of code.squaredErrors(own, counts).entries())
        errors[i] = (errors[i] as number) + sum;
      await spent(dim * Math.min(rows.length / dim, dim));
    }
  }
  const values = windows * channels * length;
  return {
    predictZeroLoss: power / values,
    positionBlindLoss: floor / values,
    pca: counts.map((components, i) => ({
      components,
      loss: (errors[i] as number) / values,
      windows: rows.length / dim,
    })),
    windows,
  };
}

/** The most windows that the budgets allow; one at least. */
export function windowsWithin(budget: number, dim: number, measured: number): number {
  let windows = Math.max(1, Math.min(MAX_WINDOWS, Math.floor(MAX_VALUES / dim)));
  while (windows > 1 && costOfLinearCode(windows, dim, measured) > budget) windows--;
  return windows;
}

/** Training windows [windows, dim], z-scored; without those that no arithmetic can normalise. */
async function sampleOf(
  source: Pick<BatchSource, 'trainSample'>,
  kind: WindowKind,
  most: number,
  turn: () => Promise<void> | void,
): Promise<Float32Array<ArrayBuffer>> {
  const { channels, samples } = kind;
  const dim = channels * samples;
  const rows = new Float32Array(most * dim);
  const count = Math.max(1, Math.floor(READ_AT_ONCE / dim));
  let kept = 0;
  for (let first = 0; first < most; first += count) {
    const { signal, shape } = await source.trainSample({
      ...{ ...kind, most, first },
      count: Math.min(count, most - first),
    });
    for (let window = 0; window < shape[0]; window++) {
      const own = signal.subarray(window * dim, (window + 1) * dim);
      if (tooLarge(own, [1, channels, samples])) continue;
      rows.set(zScored(own, [1, channels, samples]), kept++ * dim);
    }
    await turn();
    if (shape[0] < count) break;
  }
  if (kept === 0)
    throw new ModelError(
      `There are no windows of ${channels} x ${samples} samples (${kind.source}) to train on, but some are held out.`,
    );
  return rows.subarray(0, kept * dim);
}

async function fitted(
  rows: Float32Array,
  dim: number,
  count: number,
  spent: (multiplications: number) => Promise<void> | void,
): Promise<LinearCode> {
  const steps = linearCodeSteps(rows, dim, count);
  let since = 0;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    since += value;
    if (since < PAUSE_EVERY) continue;
    await spent(since);
    since = 0;
  }
}

/** Of windows of two shapes: each window counts alike. */
function merged(one: Measured, other: Measured): Measured {
  const windows = one.windows + other.windows;
  const mean = (a: number, b: number) => (a * one.windows + b * other.windows) / windows;
  return {
    predictZeroLoss: mean(one.predictZeroLoss, other.predictZeroLoss),
    positionBlindLoss: mean(one.positionBlindLoss, other.positionBlindLoss),
    pca: one.pca.map(({ components, loss, windows: fitted }, i) => ({
      components,
      loss: mean(loss, other.pca[i]?.loss ?? Number.NaN),
      windows: Math.min(fitted, other.pca[i]?.windows ?? 0),
    })),
    windows,
  };
}
