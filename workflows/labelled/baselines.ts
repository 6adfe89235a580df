/** What windows are turned into, without an encoder, before something linear is learned from them; and their parts. */
import {
  FEATURE_NAMES,
  featuresOf,
  MODEL_RATE,
  type RecordingWindows,
  readWindows,
} from '../../data/index.ts';
import { gatherRows, type LabelledRows, type LabelledSignals, takeRows } from '../../model/index.ts';
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

/** Handcrafted features of every window: of each channel, or their means where recordings differ in channels. */
export async function handcrafted(task: Task): Promise<Columns> {
  const counts = new Set(usedShapes(task).map(([, channels]) => channels));
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task)) {
    const all = featuresOf(signal, channels, MODEL_RATE);
    rows.push(counts.size === 1 ? all : meanOverChannels(all, channels));
  }
  return joined(rows);
}

/** Of recordings that a window of the task is of. */
const usedShapes = ({ recordings, places }: Task) =>
  [...new Set(places.map(({ recording }) => recording))].map(
    (recording) => (recordings[recording] as RecordingWindows).shape,
  );

function meanOverChannels(features: Float64Array, channels: number): Float64Array {
  return Float64Array.from(FEATURE_NAMES, (_, i) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += features[channel * FEATURE_NAMES.length + i] as number;
    return sum / channels;
  });
}

/** Numbers beyond which a regression on samples takes longer than anybody waits for a row that knows little. */
export const MOST_RAW = 3e7;

/** The samples themselves, of each channel free of offset and scale; a sentence where they make no row. */
export async function raw(task: Task, most = MOST_RAW): Promise<Columns | string> {
  const shapes = new Set(usedShapes(task).map(([, channels, samples]) => channels * samples));
  if (shapes.size > 1) return 'Raw samples are left out: recordings differ in channels.';
  const [size = 0] = shapes;
  if (size * task.places.length > most)
    return `Raw samples are left out: ${showCount(size * task.places.length)} numbers are too many for a regression on a processor.`;
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task)) rows.push(zScored(signal, channels));
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
