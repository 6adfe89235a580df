/** What windows are turned into before something linear is learned from them. */
import {
  FEATURE_NAMES,
  featuresOf,
  MODEL_RATE,
  type RecordingWindows,
  readWindows,
} from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  gatherRows,
  type LabelledRows,
  type LabelledSignals,
  type LoadedEncoder,
  loadEncoder,
  type Precision,
  randomEncoder,
  takeRows,
} from '../../model/index.ts';
import { embedWith } from '../embed/encode.ts';
import type { FoundEncoder } from '../embed/weights.ts';
import { showCount } from '../text.ts';
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

/** What is needed to turn the windows of a task into tokens. */
export interface Encoding {
  readonly engine: Engine;
  readonly found: FoundEncoder;
  readonly task: Task;
  readonly values: { readonly embedBatch: number; readonly seed: number; readonly precision?: Precision };
}

/** The token of every window, by the weights that were given. */
export async function tokensOf(encoding: Encoding): Promise<Columns> {
  const { engine, found, values } = encoding;
  return encoded(encoding, loadEncoder(engine, found.config, found.tensors, precisionOf(values)));
}

/** The token of every window, by an encoder of the same kind that has learned nothing. */
export async function untrainedTokensOf(encoding: Encoding): Promise<Columns> {
  const { engine, found, values } = encoding;
  const options = { ...precisionOf(values), compaction: found.compaction };
  return encoded(encoding, randomEncoder(engine, found.config, values.seed, options));
}

const precisionOf = ({ precision }: Encoding['values']) => (precision ? { precision } : {});

async function encoded(
  { engine, task, values }: Encoding,
  { encoder, arenas }: LoadedEncoder,
): Promise<Columns> {
  const windows = await embedWith(engine, encoder, task.recordings, values.embedBatch);
  arenas.dispose();
  const firsts = task.recordings.map(() => 0);
  for (let i = 1; i < firsts.length; i++)
    firsts[i] = (firsts[i - 1] as number) + (task.recordings[i - 1] as RecordingWindows).shape[0];
  return joined(
    task.places.map(({ recording, window }) => windows[(firsts[recording] as number) + window]?.values ?? []),
  );
}

/** Handcrafted features of every window: of each channel, or their means where recordings differ in channels. */
export async function handcrafted(task: Task): Promise<Columns> {
  const counts = new Set(task.recordings.map(({ shape }) => shape[1]));
  const rows: Float64Array[] = [];
  for await (const { signal, channels } of signalsOf(task)) {
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

/** Numbers beyond which a regression on samples takes longer than anybody waits for a row that knows little. */
const MOST_RAW = 3e7;

/** The samples themselves, of each channel free of offset and scale; a sentence where they make no row. */
export async function raw(task: Task): Promise<Columns | string> {
  const shapes = new Set(task.recordings.map(({ shape: [, channels, samples] }) => channels * samples));
  if (shapes.size > 1) return 'Raw samples are left out: recordings differ in channels.';
  const [size = 0] = shapes;
  if (size * task.places.length > MOST_RAW)
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

function joined(rows: readonly ArrayLike<number>[]): Columns {
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
