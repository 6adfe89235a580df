/** What auxiliary heads are to predict of each window, standardised and put into the batches. */
import {
  autocorrelations,
  type BatchSource,
  LAG_COUNT,
  LOG_BAND_COUNT,
  largestBatch,
  logBandPowers,
  MODEL_RATE,
  type SignalBatch,
} from '../../data/index.ts';
import type { AuxiliaryOptions } from '../../model/index.ts';

export const AUXILIARY_NAMES = ['spectrum', 'autocorrelation', 'linear'] as const;
export type AuxiliaryName = (typeof AUXILIARY_NAMES)[number];

/** A head, and the weight of its squared error; that of the reconstruction's is 1. */
export interface Auxiliary {
  readonly name: AuxiliaryName;
  readonly weight: number;
}

interface Targets {
  /** Values of each channel. */
  readonly width: number;
  readonly of: (window: Float32Array, channels: number, rate: number) => Float64Array;
}

/** Computed here; the padded waveform, which `linear` predicts, is made on the device as it is. */
const TARGETS: Readonly<Record<Exclude<AuxiliaryName, 'linear'>, Targets>> = {
  spectrum: { width: LOG_BAND_COUNT, of: logBandPowers },
  autocorrelation: { width: LAG_COUNT, of: autocorrelations },
};

/** The heads of a run, as large as the batches of what it trains on; undefined where there are none. */
export function headsFor(
  auxiliary: readonly Auxiliary[],
  description: Readonly<Record<string, unknown>>,
): AuxiliaryOptions | undefined {
  if (auxiliary.length === 0) return undefined;
  return {
    heads: auxiliary.map(({ name, weight }) => ({
      ...{ name, weight },
      predicts: name === 'linear' ? 'waveform' : TARGETS[name].width,
    })),
    ...largestBatch(description),
  };
}

/** Windows of a kind that its targets are standardised by, and the most batches of all kinds that are looked at for them. */
const SAMPLE_WINDOWS = 256;
const SAMPLE_BATCHES = 128;
/** Of a value's deviation: a band that hardly changes would be blown up, and one that never does be divided by zero. */
export const MIN_DEVIATION = 0.3;

/** Mean and deviation of each value of each channel, [channels, width]. */
interface Standard {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/**
 * The same batches with what the heads are to predict of them. Each kind of signal (of one source and shape) is standardised by its
 * own first windows that are trained on, so that a head tells windows of a kind apart and not the kinds: a pure function of the
 * source, so that a resumed run has the same targets. A kind that does not come early goes by the mean of all that do. Those
 * windows are looked at with the first batch that is asked for: of many sources after one another each when its turn comes.
 */
export function withTargets(source: BatchSource, auxiliary: readonly Auxiliary[]): BatchSource {
  const names = auxiliary.flatMap(({ name }) => (name === 'linear' ? [] : [name]));
  if (names.length === 0) return source;
  const compute = async () => {
    const samples = await firstValues(source, names);
    return names.map((name, at) => ({ name, standard: standards(samples, at, TARGETS[name].width) }));
  };
  let computed: ReturnType<typeof compute> | undefined;
  return {
    trainBatch: async (step) => {
      computed ??= compute();
      const heads = await computed;
      const batch = await source.trainBatch(step);
      const targets = heads.map(({ name, standard }): [string, Float32Array<ArrayBuffer>] => [
        name,
        standardised(valuesOf(batch, TARGETS[name]), standard(batch)),
      ]);
      return { ...batch, targets: Object.fromEntries(targets) };
    },
    heldOut: () => source.heldOut(),
    trainSample: (part) => source.trainSample(part),
    describe: () => source.describe(),
    montages: () => source.montages(),
  };
}

const kindOf = ({ source, shape: [, ...size] }: SignalBatch): string => `${source} ${size}`;

/** Of one kind: its windows so far, and the values of each head of them. */
interface Sample {
  windows: number;
  readonly values: Float64Array[][];
}

/** Until each kind that came has enough windows. */
async function firstValues(
  source: BatchSource,
  names: readonly (keyof typeof TARGETS)[],
): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  const isEnough = () => [...samples.values()].every(({ windows }) => windows >= SAMPLE_WINDOWS);
  // Every kind that a source has comes early, or hardly ever: a few batches are looked at in any case.
  for (let step = 0; step < SAMPLE_BATCHES && (step < SAMPLE_BATCHES / 8 || !isEnough()); step++) {
    const batch = await source.trainBatch(step);
    const kind = kindOf(batch);
    const sample = samples.get(kind) ?? { windows: 0, values: names.map(() => []) };
    samples.set(kind, sample);
    if (sample.windows >= SAMPLE_WINDOWS) continue;
    sample.windows += batch.shape[0];
    for (const [at, name] of names.entries()) sample.values[at]?.push(valuesOf(batch, TARGETS[name]));
  }
  return samples;
}

/** [batch, channels, width] of a batch. */
function valuesOf({ signal, shape }: SignalBatch, { width, of }: Targets): Float64Array {
  const [batch, channels, samples] = shape;
  const values = new Float64Array(batch * channels * width);
  for (let i = 0; i < batch; i++) {
    const window = signal.subarray(i * channels * samples, (i + 1) * channels * samples);
    values.set(of(window, channels, MODEL_RATE), i * channels * width);
  }
  return values;
}

/** How a head's values are standardised, by the kind of the batch. */
function standards(
  samples: ReadonlyMap<string, Sample>,
  at: number,
  width: number,
): (batch: SignalBatch) => Standard {
  const own = new Map(
    [...samples].map(([kind, { values, windows }]) => {
      const lists = values[at] as Float64Array[];
      const all = lists.reduce((sum, { length }) => sum + length, 0);
      return [kind, standardOf(lists, all / windows)];
    }),
  );
  // Of all channels of all kinds: no more is known of one that did not come.
  const pooled = standardOf(
    [...samples.values()].flatMap(({ values }) => values[at] as Float64Array[]),
    width,
  );
  return (batch) => own.get(kindOf(batch)) ?? pooled;
}

/** Over rows of `width` values, all finite: of a channel that holds what is not, targets are those of one that never changes. */
function standardOf(lists: readonly Float64Array[], width: number): Standard {
  const [mean, deviation, counts] = [width, width, width].map((length) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const each = (visit: (column: number, value: number) => void) => {
    for (const list of lists) for (const [i, value] of list.entries()) visit(i % width, value);
  };
  each((column, value) => {
    mean[column] = (mean[column] as number) + value;
    counts[column] = (counts[column] as number) + 1;
  });
  for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) / Math.max(1, counts[i] as number);
  each((column, value) => {
    deviation[column] = (deviation[column] as number) + (value - (mean[column] as number)) ** 2;
  });
  return {
    mean,
    deviation: deviation.map((sum, i) =>
      Math.max(MIN_DEVIATION, Math.sqrt(sum / Math.max(1, counts[i] as number))),
    ),
  };
}

function standardised(values: Float64Array, { mean, deviation }: Standard): Float32Array<ArrayBuffer> {
  const width = mean.length;
  return Float32Array.from(
    values,
    (value, i) => (value - (mean[i % width] as number)) / (deviation[i % width] as number),
  );
}
