/** Columns of numbers that baselines are fitted to, computed without an encoder; and their splits. */
import {
  FEATURE_NAMES,
  featuresOf,
  LOG_BAND_COUNT,
  logBandPowers,
  MODEL_RATE,
  type RecordingWindows,
  readWindows,
  zScored,
} from '../../data/index.ts';
import {
  alongAxes,
  gatherRows,
  type LabelledRows,
  type LabelledSignals,
  principalAxes,
  standardizationOf,
  standardized,
  takeRows,
} from '../../evaluate/index.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { showCount } from '../words.ts';
import { PARTS, rowsOf, signalsOf, type Task } from './task.ts';

/** A row of numbers for every window of a task. */
export interface Columns {
  readonly values: Float32Array;
  readonly columns: number;
}

export interface Parts<T> {
  readonly train: T;
  readonly validation: T;
  readonly test: T;
}

/** Numbers of one channel of a window [channels, samples], row-major: [channels, count], row-major. */
type OfChannels = (signal: Float32Array, channels: number, rate: number) => Float64Array;

/** Handcrafted features of every window: of each channel, or their means where recordings differ in channels. */
export const handcrafted = (task: Task, say?: Say): Promise<Columns> =>
  ofEveryWindow(task, featuresOf, FEATURE_NAMES.length, 'handcrafted features', say);

/** The same of the 24 log band powers. */
export const logBands = (task: Task, say?: Say): Promise<Columns> =>
  ofEveryWindow(task, logBandPowers, LOG_BAND_COUNT, `${LOG_BAND_COUNT} log bands`, say);

async function ofEveryWindow(
  task: Task,
  of: OfChannels,
  count: number,
  what: string,
  say: Say = SAY_NOTHING,
): Promise<Columns> {
  const counts = new Set(usedShapes(task).map(([, channels]) => channels));
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task)) {
    const all = of(signal, channels, MODEL_RATE);
    rows.push(counts.size === 1 ? all : meanOverChannels(all, channels, count));
    await say(what, rows.length, task.places.length);
  }
  return joined(rows);
}

/** Of recordings that a window of the task is of. */
const usedShapes = ({ recordings, places }: Task) =>
  [...new Set(places.map(({ recording }) => recording))].map(
    (recording) => (recordings[recording] as RecordingWindows).shape,
  );

function meanOverChannels(all: Float64Array, channels: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += all[channel * count + i] as number;
    return sum / channels;
  });
}

/** Numbers beyond which samples make no rows: they are held in memory. */
const MAX_SAMPLES = 3e7;

/** The samples themselves, of each channel free of offset and scale; a clause on why where they make no row. */
export async function samplesOf(
  task: Task,
  say: Say = SAY_NOTHING,
  most = MAX_SAMPLES,
): Promise<Columns | string> {
  const shapes = new Set(usedShapes(task).map(([, channels, samples]) => channels * samples));
  if (shapes.size > 1) return 'recordings differ in channels';
  const [size = 0] = shapes;
  if (size * task.places.length > most) return `${showCount(size * task.places.length)} samples are too many`;
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task)) {
    const row = new Float64Array(signal.length);
    for (let at = 0; at < signal.length; at += signal.length / channels) {
      // Zeros where a channel never changes.
      row.set(zScored(signal, at, signal.length / channels) ?? [], at);
    }
    rows.push(row);
    await say('samples', rows.length, task.places.length);
  }
  return joined(rows);
}

/** Training windows that principal components are found from at most. */
const MAX_PCA = 1000;

/**
 * Scores along the first `count` principal components of the training windows' samples (evenly taken ones of many), or along as
 * many as there are. Samples are z-scored; zeros that the model pads them with would change nothing.
 */
export function pcaScores(task: Task, samples: Columns, count: number): Columns {
  const { columns } = samples;
  const train = rowsOf(task, 'train');
  const taken = Math.min(train.length, MAX_PCA);
  const rows = Array.from(
    { length: taken },
    (_, i) => train[Math.floor((i * train.length) / taken)] as number,
  );
  const mean = new Float64Array(columns);
  for (const row of rows)
    for (let i = 0; i < columns; i++)
      mean[i] = (mean[i] as number) + (samples.values[row * columns + i] as number) / taken;
  const centred = Float64Array.from(
    gatherRows(samples, rows),
    (value, i) => value - (mean[i % columns] as number),
  );
  const axes = principalAxes(centred, columns);
  const offset = alongAxes(mean, axes, count);
  const scores = alongAxes(samples.values, axes, count);
  return {
    values: Float32Array.from(scores, (score, i) => score - (offset[i % offset.length] as number)),
    columns: offset.length,
  };
}

/** Columns standardised on the training part, and the squares of that. */
export function withSquares(task: Task, { values, columns }: Columns): Columns {
  const train = { values: gatherRows({ values, columns }, rowsOf(task, 'train')), columns };
  const plain = {
    values: Float32Array.from(standardized({ values, columns }, standardizationOf(train))),
    columns,
  };
  return beside(plain, { values: plain.values.map((value) => value * value), columns });
}

/** The columns of several, side by side. */
export function beside(...all: readonly Columns[]): Columns {
  const columns = all.reduce((sum, one) => sum + one.columns, 0);
  const rows = (all[0]?.values.length ?? 0) / (all[0]?.columns ?? 1);
  const values = new Float32Array(rows * columns);
  let at = 0;
  for (const one of all) {
    for (let row = 0; row < rows; row++)
      values.set(one.values.subarray(row * one.columns, (row + 1) * one.columns), row * columns + at);
    at += one.columns;
  }
  return { values, columns };
}

/** Rows of one length each, one below the other. */
export function joined(rows: readonly ArrayLike<number>[]): Columns {
  const columns = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) values.set(row, i * columns);
  return { values, columns };
}

const byPart = <T>(of: (part: (typeof PARTS)[number]) => T): Parts<T> => {
  const [train, validation, test] = PARTS.map(of) as [T, T, T];
  return { train, validation, test };
};

/** The rows of each part, with their targets. */
export function partsOf(task: Task, all: Columns): Parts<LabelledRows> {
  return byPart((part) => {
    const rows = rowsOf(task, part);
    const { columns } = all;
    return { values: gatherRows(all, rows), columns, targets: takeRows(task.targets, rows) };
  });
}

/** The windows of each part, with their targets. */
export function signalParts(task: Task): Parts<LabelledSignals> {
  return byPart((part) => {
    const rows = rowsOf(task, part);
    const placeOf = (row: number) => {
      const { recording, window } = task.places[rows[row] as number] as Task['places'][number];
      return { own: task.recordings[recording] as RecordingWindows, window };
    };
    const shapeOf = (row: number) => placeOf(row).own.shape.slice(1) as [number, number];
    return {
      targets: takeRows(task.targets, rows),
      shapeOf,
      read: async (wanted) => {
        const [channels, samples] = shapeOf(wanted[0] as number);
        const data = new Float32Array(wanted.length * channels * samples);
        for (let i = 0; i < wanted.length; i++) {
          const { own, window } = placeOf(wanted[i] as number);
          data.set(await readWindows(own, window, 1), i * channels * samples);
        }
        return data;
      },
    };
  });
}
