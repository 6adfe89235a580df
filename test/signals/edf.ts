/** EDF and BDF files against an `expected.json`. */
import { openAnnotations } from '../../data/annotations.ts';
import { openEdf } from '../../data/formats/edf/edf.ts';
import type { Annotation, Recording } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { summary } from '../data/shared-signals.ts';
import { type Check, Comparison } from './check.ts';

interface ExpectedSignal {
  readonly label: string;
  readonly unit: string;
  readonly rate_hz: number;
  readonly n_samples: number;
  readonly phys_first5: readonly number[];
  readonly phys_last5: readonly number[];
  readonly phys_min: number;
  readonly phys_max: number;
  readonly phys_mean: number;
  readonly annotation_channel?: boolean;
}

interface ExpectedFile {
  readonly version: string;
  readonly reserved: string;
  readonly record_duration: number;
  readonly signals: readonly ExpectedSignal[];
  readonly gaps_after_record?: readonly { readonly record: number; readonly gap_s: number }[];
  readonly n_annotations?: number;
  readonly annotations_first20?: readonly {
    readonly onset: number;
    readonly duration: number | null;
    readonly text: string;
  }[];
}

/** Whether an `expected.json` is one of EDF files: an object of them by path. */
export function isEdfTable(table: unknown): table is Readonly<Record<string, ExpectedFile>> {
  const entries = Object.values((table ?? {}) as Record<string, Partial<ExpectedFile>>);
  return entries.length > 0 && entries.every((entry) => /^[EB]DF/.test(entry?.version ?? ''));
}

export function edfChecks(
  table: Readonly<Record<string, ExpectedFile>>,
  folder: string,
  nameOf: (path: string) => string,
): Check[] {
  return Object.entries(table).map(([file, expected]) => ({
    file: nameOf(`${folder}/${file}`),
    truth: 'expected.json',
    run: () => compare(`${folder}/${file}`, expected),
  }));
}

async function compare(path: string, expected: ExpectedFile): Promise<Comparison> {
  const comparison = new Comparison();
  const source = await nodeFileSource(path);
  const signals = expected.signals.filter(({ annotation_channel }) => !annotation_channel);
  if (signals.length === 0) {
    const entry = { path, open: async () => source };
    comparison.what = 'annotations only';
    compareAnnotations(comparison, await openAnnotations(entry, [entry]), expected);
    return comparison;
  }
  const recording = await openEdf(source);
  comparison.what = `${recording.format}, ${recording.channels.length} channels`;
  comparison.same('channels', recording.channels.length, signals.length);
  for (const [index, signal] of signals.entries()) await compareSignal(comparison, recording, index, signal);
  const gaps = expected.gaps_after_record ?? [];
  comparison.same('gaps', recording.gaps.length, gaps.length);
  for (const [i, { record, gap_s }] of gaps.entries()) {
    comparison.number(`gap ${i}`, recording.gaps[i]?.at, (record + 1) * expected.record_duration);
    comparison.number(`length of gap ${i}`, recording.gaps[i]?.seconds, gap_s, 1e-4);
  }
  compareAnnotations(comparison, (await recording.annotations?.()) ?? [], expected);
  return comparison;
}

async function compareSignal(
  comparison: Comparison,
  recording: Recording,
  index: number,
  signal: ExpectedSignal,
): Promise<void> {
  const channel = recording.channels[index];
  const name = signal.label;
  comparison.same(`label ${index}`, channel?.label, signal.label);
  comparison.same(`unit of ${name}`, channel?.unit, signal.unit);
  comparison.same(`samples of ${name}`, channel?.length, signal.n_samples);
  comparison.number(`rate of ${name}`, channel?.rate, signal.rate_hz);
  const [values] = (await recording.read([index], 0, channel?.length ?? 0)) as [Float64Array];
  const { mean, min, max } = summary(values);
  comparison.numbers(`first of ${name}`, values.slice(0, 5), signal.phys_first5);
  comparison.numbers(`last of ${name}`, values.slice(-5), signal.phys_last5);
  comparison.numbers(
    `range and mean of ${name}`,
    [min, max, mean],
    [signal.phys_min, signal.phys_max, signal.phys_mean],
  );
}

function compareAnnotations(
  comparison: Comparison,
  found: readonly Annotation[],
  { n_annotations = 0, annotations_first20 = [] }: ExpectedFile,
): void {
  comparison.same('annotations', found.length, n_annotations);
  for (const [i, { onset, duration, text }] of annotations_first20.entries()) {
    comparison.number(`onset of annotation ${i}`, found[i]?.onset, onset);
    comparison.number(`duration of annotation ${i}`, found[i]?.duration, duration ?? 0);
    comparison.same(`text of annotation ${i}`, found[i]?.text, text);
  }
}
