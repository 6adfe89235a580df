/** What stands in the table: scores of the test windows, by whatever way. */
import { FEATURE_NAMES, featuresOf, MODEL_RATE } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  bootstrapInterval,
  type Encoder,
  type Interval,
  LogisticRegression,
  type Metrics,
  metricsOf,
  scoresOf,
  trainProbe,
} from '../../model/index.ts';
import { embedWith } from '../embed/encode.ts';
import type { ProbeValues } from './options.ts';
import { signalsOf, type Task } from './task.ts';

export interface TableRow {
  readonly name: string;
  /** One a seed; one alone where nothing is random. */
  readonly seeds: readonly Metrics[];
  /** Of the AUROC of the mean scores, over resamples of subjects. */
  readonly interval: Interval;
}

type Part = 'train' | 'validation' | 'test';

const indicesOf = ({ splits }: Task, part: Part) => splits.flatMap((split, i) => (split === part ? [i] : []));

/** Rows of [windows, columns] values that belong to a part, with their labels. */
function partOf(task: Task, values: Float32Array, dim: number, part: Part) {
  const indices = indicesOf(task, part);
  const own = new Float32Array(indices.length * dim);
  for (const [i, row] of indices.entries()) own.set(values.subarray(row * dim, (row + 1) * dim), i * dim);
  return { values: own, dim, labels: indices.map((row) => task.labels[row] as number) };
}

/** The probe on an encoder's tokens, of several seeds. */
export async function probeRow(
  engine: Engine,
  name: string,
  encoder: Encoder,
  task: Task,
  options: ProbeValues,
): Promise<TableRow> {
  const windows = await embedWith(engine, encoder, task.recordings, options.embedBatch);
  const dim = windows[0]?.values.length ?? 0;
  const values = new Float32Array(windows.length * dim);
  for (const [i, window] of windows.entries()) values.set(window.values, i * dim);
  const parts = (['train', 'validation', 'test'] as const).map((part) => partOf(task, values, dim, part));
  const [train, validation, test] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
  const { lr, batchSize, epochs, patience, seeds, seed } = options;
  const classes = task.classes.length;
  const scores: Float64Array[] = [];
  for (let i = 0; i < seeds; i++) {
    const settings = { classes, seed: seed + i, learningRate: lr, batchSize, epochs, patience };
    scores.push(scoresOf(await trainProbe(engine, train, validation, settings), test));
  }
  return rowOf(name, task, scores, options);
}

/** Strengths of the penalty that validation chooses among. */
const STRENGTHS = [1e-3, 1e-2, 0.1, 1, 10] as const;

/** A logistic regression on columns made on a processor; validation chooses its penalty. */
export function logisticRow(
  name: string,
  task: Task,
  { values, columns }: { values: Float32Array; columns: number },
  options: ProbeValues,
): TableRow {
  const classes = task.classes.length;
  const parts = (['train', 'validation', 'test'] as const).map((part) => {
    const { values: own, labels } = partOf(task, values, columns, part);
    return { values: own, columns, labels };
  });
  const [train, validation, test] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
  const fitted = STRENGTHS.map((c) => {
    const model = LogisticRegression.fit(train, train.labels, classes, { c });
    return {
      model,
      auroc: metricsOf({ values: model.predict(validation), classes }, validation.labels).auroc,
    };
  });
  const best = fitted.reduce((a, b) => (b.auroc > a.auroc ? b : a));
  return rowOf(name, task, [best.model.predict(test)], options);
}

/** Every window is taken for what is commonest in training. */
export function priorRow(task: Task, options: ProbeValues): TableRow {
  const train = indicesOf(task, 'train');
  const share = task.classes.map(
    (_, index) => train.filter((i) => task.labels[i] === index).length / train.length,
  );
  const scores = Float64Array.from(indicesOf(task, 'test').flatMap(() => share));
  return rowOf('frequencies of the classes', task, [scores], options);
}

/** Handcrafted features of every window: of each channel, or their means where recordings differ in channels. */
export async function handcrafted(task: Task): Promise<{ values: Float32Array; columns: number }> {
  const counts = new Set(task.recordings.map(({ shape }) => shape[1]));
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task.recordings)) {
    const all = featuresOf(signal, channels, MODEL_RATE);
    rows.push(counts.size === 1 ? all : meanOverChannels(all, channels));
  }
  return joined(rows);
}

function meanOverChannels(features: Float64Array, channels: number): Float64Array {
  return Float64Array.from(FEATURE_NAMES, (_, i) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += features[channel * FEATURE_NAMES.length + i] as number;
    return sum / channels;
  });
}

/** The samples themselves, of each channel free of offset and scale; null where recordings differ in channels. */
export async function raw(task: Task): Promise<{ values: Float32Array; columns: number } | null> {
  if (new Set(task.recordings.map(({ shape }) => shape[1])).size > 1) return null;
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task.recordings)) rows.push(zScored(signal, channels));
  return joined(rows);
}

function zScored(signal: Float32Array, channels: number): Float64Array {
  const samples = signal.length / channels;
  const out = Float64Array.from(signal);
  for (let channel = 0; channel < channels; channel++) {
    const own = out.subarray(channel * samples, (channel + 1) * samples);
    const mean = own.reduce((sum, value) => sum + value, 0) / samples;
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples);
    for (let i = 0; i < samples; i++) own[i] = deviation > 0 ? ((own[i] as number) - mean) / deviation : 0;
  }
  return out;
}

function joined(rows: readonly Float64Array[]): { values: Float32Array; columns: number } {
  const columns = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) values.set(row, i * columns);
  return { values, columns };
}

function rowOf(
  name: string,
  task: Task,
  scores: readonly Float64Array[],
  { seed, resamples }: ProbeValues,
): TableRow {
  const classes = task.classes.length;
  const test = indicesOf(task, 'test');
  const labels = test.map((i) => task.labels[i] as number);
  const mean = Float64Array.from(
    { length: test.length * classes },
    (_, i) => scores.reduce((sum, one) => sum + (one[i] as number), 0) / scores.length,
  );
  const interval = bootstrapInterval(
    test.map((i) => task.groups[i] as string),
    (rows) =>
      metricsOf(
        { values: rows.flatMap((row) => [...mean.subarray(row * classes, (row + 1) * classes)]), classes },
        rows.map((row) => labels[row] as number),
      ).auroc,
    { seed, resamples },
  );
  return { name, seeds: scores.map((values) => metricsOf({ values, classes }, labels)), interval };
}
