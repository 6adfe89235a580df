/** WFDB records and annotation files against an `expected.json`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readWfdbAnnotations } from '../../data/formats/wfdb/annotations.ts';
import { openWfdb } from '../../data/formats/wfdb/wfdb.ts';
import { SignalError } from '../../data/index.ts';
import type { Recording } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { summary } from '../data/shared-signals.ts';
import { type Check, Comparison } from './check.ts';

interface ExpectedSignal {
  readonly name: string;
  readonly units: string;
  readonly samps_per_frame?: number;
  readonly n_samples: number;
  readonly n_missing?: number;
  readonly phys_first5?: readonly (number | null)[];
  readonly phys_last5?: readonly (number | null)[];
  readonly first_valid_index?: number;
  readonly first_valid5?: readonly number[];
  readonly last_valid_index?: number;
  readonly last_valid5?: readonly number[];
  readonly phys_min?: number | null;
  readonly phys_max?: number | null;
  readonly phys_mean?: number | null;
}

interface ExpectedRecord {
  readonly fs?: number;
  readonly signals?: readonly ExpectedSignal[];
  readonly not_readable?: string;
}

interface ExpectedAnnotations {
  readonly n: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly first10: readonly (readonly [sample: number, symbol: string, aux: string])[];
  readonly last: readonly [sample: number, symbol: string];
}

export interface WfdbTable {
  readonly records: Readonly<Record<string, ExpectedRecord>>;
  readonly annotations: Readonly<Record<string, ExpectedAnnotations>>;
}

export function isWfdbTable(table: unknown): table is WfdbTable {
  const { records, annotations } = (table ?? {}) as Partial<WfdbTable>;
  return typeof records === 'object' && typeof annotations === 'object';
}

export function wfdbChecks(
  { records, annotations }: WfdbTable,
  root: string,
  nameOf: (path: string) => string,
): Check[] {
  return [
    ...Object.entries(records).map(([name, expected]) => ({
      file: nameOf(`${root}/${name}.hea`),
      truth: 'expected.json',
      run: () => compareRecord(`${root}/${name}.hea`, expected),
    })),
    ...Object.entries(annotations).map(([name, expected]) => ({
      file: nameOf(`${root}/${name}`),
      truth: 'expected.json',
      run: () => compareAnnotations(`${root}/${name}`, expected),
    })),
  ];
}

/** A record of the folder, with the files beside it. */
export async function openRecord(path: string): Promise<Recording> {
  return openWfdb(await nodeFileSource(path), async (name) => {
    const full = join(dirname(path), name);
    return existsSync(full) ? nodeFileSource(full) : undefined;
  });
}

async function compareRecord(path: string, expected: ExpectedRecord): Promise<Comparison> {
  const comparison = new Comparison();
  if (expected.not_readable !== undefined) {
    comparison.what = 'a clear refusal';
    const error = await openRecord(path).catch((reason: unknown) => reason);
    comparison.same('a refusal', error instanceof SignalError, true);
    return comparison;
  }
  const recording = await openRecord(path);
  const signals = expected.signals ?? [];
  comparison.what = `${recording.format}, ${recording.channels.length} channels`;
  comparison.same('channels', recording.channels.length, signals.length);
  for (const [index, signal] of signals.entries())
    await compareSignal(comparison, recording, index, signal, expected.fs ?? Number.NaN);
  return comparison;
}

async function compareSignal(
  comparison: Comparison,
  recording: Recording,
  index: number,
  signal: ExpectedSignal,
  frames: number,
): Promise<void> {
  const { name, n_samples, n_missing = 0, samps_per_frame = 1 } = signal;
  const channel = recording.channels[index];
  comparison.same(`name ${index}`, channel?.label, name);
  comparison.same(`unit of ${name}`, channel?.unit, signal.units);
  comparison.same(`samples of ${name}`, channel?.length, n_samples);
  comparison.number(`rate of ${name}`, channel?.rate, frames * samps_per_frame);
  const [values] = (await recording.read([index], 0, channel?.length ?? 0)) as [Float64Array];
  const { mean, min, max, missing } = summary(values);
  comparison.same(`missing of ${name}`, missing, n_missing);
  const stretch = (from: number, wanted: readonly (number | null)[] | undefined, what: string) => {
    if (wanted) comparison.numbers(`${what} of ${name}`, values.slice(from, from + wanted.length), wanted);
  };
  stretch(0, signal.phys_first5, 'first');
  stretch(values.length - (signal.phys_last5?.length ?? 0), signal.phys_last5, 'last');
  stretch(signal.first_valid_index ?? 0, signal.first_valid5, 'first valid');
  stretch(
    (signal.last_valid_index ?? 0) - (signal.last_valid5?.length ?? 1) + 1,
    signal.last_valid5,
    'last valid',
  );
  if (missing === values.length) return;
  for (const [what, found, wanted] of [
    ['least', min, signal.phys_min],
    ['largest', max, signal.phys_max],
    ['mean', mean, signal.phys_mean],
  ] as const)
    if (wanted !== undefined) comparison.number(`${what} of ${name}`, found, wanted);
}

async function compareAnnotations(path: string, expected: ExpectedAnnotations): Promise<Comparison> {
  const comparison = new Comparison();
  const found = await readWfdbAnnotations(await nodeFileSource(path), rateBeside(path));
  comparison.what = `${found.length} annotations`;
  comparison.same('annotations', found.length, expected.n);
  const counts = new Map<string, number>();
  for (const { symbol = '' } of found) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  for (const [symbol, count] of Object.entries(expected.counts))
    comparison.same(`how many ${symbol}`, counts.get(symbol) ?? 0, count);
  for (const [i, [sample, symbol, aux]] of expected.first10.entries()) {
    comparison.same(`sample of annotation ${i}`, found[i]?.sample, sample);
    comparison.same(`symbol of annotation ${i}`, found[i]?.symbol, symbol);
    // Other programs keep the NUL that C strings end with.
    comparison.same(`aux of annotation ${i}`, found[i]?.aux ?? '', aux.replace(/\0+$/, ''));
  }
  comparison.same('sample of the last', found.at(-1)?.sample, expected.last[0]);
  comparison.same('symbol of the last', found.at(-1)?.symbol, expected.last[1]);
  return comparison;
}

/** Frames a second of the record that an annotation file belongs to. */
export function rateBeside(path: string): number | undefined {
  const header = path.replace(/\.[^.]+$/, '.hea');
  const line = existsSync(header) ? /^[^#\s].*$/m.exec(readFileSync(header, 'latin1'))?.[0] : undefined;
  const rate = Number.parseFloat(line?.split(/\s+/)[2] ?? '');
  return line === undefined ? undefined : Number.isNaN(rate) ? 250 : rate;
}
