/** Labels of stretches of recordings: from a table, or from the marks in the recordings themselves. */
import { SignalError } from '../errors.ts';
import { parseTable, splitRow } from '../formats/text/delimited.ts';
import type { Annotation, Gap } from '../recording.ts';
import type { LabelledStretch, SplitName } from './manifest.ts';
import { SPLIT_NAMES } from './manifest.ts';

/** A row of a table of labels. Places are in samples of the file or in seconds, as its columns are called. */
export interface LabelRow {
  readonly file: string;
  readonly unit: 'samples' | 'seconds';
  readonly start: number;
  /** Undefined where the whole file has the label. */
  readonly length: number | undefined;
  readonly label: string;
  readonly subject?: string;
  readonly split?: SplitName;
}

const COLUMNS = {
  file: /^(file|filename|file_name|path|recording|record)$/i,
  startSamples: /^(start_sample|first_sample|sample)$/i,
  startSeconds: /^(start|onset|start_s|start_seconds|start_sec)$/i,
  lengthSamples: /^(n_samples|samples|length_samples)$/i,
  lengthSeconds: /^(duration|seconds|length|length_s|duration_s)$/i,
  labelName: /^(label_name|class_name)$/i,
  label: /^(label|class|target|diagnosis|stage)$/i,
  subject: /^(subject|subject_id|patient|patient_id|group|participant_id)$/i,
  split: /^(split|part|set|fold)$/i,
} as const;

/**
 * Reads a CSV or TSV with a header: `file` and `label`, and where they do not hold for the whole file `start_sample` with
 * `n_samples`, or `start` with `duration` in seconds; `subject` (or `group`) and `split` where they are there. `labelColumn` names
 * another column for the label.
 * @throws SignalError that names the line and the column.
 */
export function readLabelTable(text: string, file: string, labelColumn?: string): LabelRow[] {
  const { header, rows, delimiter, firstLine } = parseTable(text);
  if (!header)
    throw new SignalError(`${file}: has no header row; name its columns, at least "file" and "label".`);
  const find = (pattern: RegExp) => header.findIndex((name) => pattern.test(name.trim()));
  const at = {
    ...Object.fromEntries(Object.entries(COLUMNS).map(([key, pattern]) => [key, find(pattern)])),
  } as Record<keyof typeof COLUMNS, number>;
  const named = labelColumn === undefined ? -1 : header.indexOf(labelColumn);
  if (labelColumn !== undefined && named < 0)
    throw new SignalError(`${file}: has no column "${labelColumn}"; it has ${header.join(', ')}.`);
  const label = named >= 0 ? named : at.labelName >= 0 ? at.labelName : at.label;
  for (const [what, column] of [
    ['file', at.file],
    ['label', label],
  ] as const)
    if (column < 0) throw new SignalError(`${file}: has no column "${what}"; it has ${header.join(', ')}.`);
  const samples = at.startSamples >= 0;
  const [start, length] = samples ? [at.startSamples, at.lengthSamples] : [at.startSeconds, at.lengthSeconds];
  if (start >= 0 !== length >= 0)
    throw new SignalError(
      `${file}: says where labels ${start >= 0 ? 'begin, but not how long they are' : 'last, but not where they begin'}; give both "start_sample" and "n_samples", or "start" and "duration".`,
    );
  return rows.map((row, index) => {
    const line = firstLine + index;
    const fields = splitRow(row, delimiter);
    const number = (column: number): number => {
      const value = Number(fields[column]);
      if (fields[column] !== '' && value >= 0) return value;
      throw new SignalError(
        `${file}, line ${line}: "${header[column]}" is "${fields[column] ?? ''}", but must be a number of at least 0.`,
      );
    };
    const word = (column: number): string => {
      const value = fields[column];
      if (value !== undefined && value !== '') return value;
      throw new SignalError(`${file}, line ${line}: "${header[column]}" is empty.`);
    };
    const subject = at.subject >= 0 ? fields[at.subject] : undefined;
    const split = at.split >= 0 ? splitNamed(word(at.split), file, line) : undefined;
    return {
      file: word(at.file).replaceAll('\\', '/'),
      unit: samples ? 'samples' : 'seconds',
      start: start >= 0 ? number(start) : 0,
      length: length >= 0 ? number(length) : undefined,
      label: word(label),
      ...(subject ? { subject } : {}),
      ...(split ? { split } : {}),
    };
  });
}

function splitNamed(name: string, file: string, line: number): SplitName {
  const known: Readonly<Record<string, SplitName>> = {
    training: 'train',
    val: 'validation',
    valid: 'validation',
    dev: 'validation',
  };
  const found = SPLIT_NAMES.find((split) => split === name.toLowerCase()) ?? known[name.toLowerCase()];
  if (found) return found;
  throw new SignalError(
    `${file}, line ${line}: the split is "${name}", but must be one of ${SPLIT_NAMES.join(', ')}.`,
  );
}

export interface AnnotationLabels {
  /** Which annotation texts give which label; all, as they are, where it is not given. */
  readonly names?: ReadonlyMap<string, string>;
  /** Marks without a duration hold until the next one that gives a label (rhythms, sleep stages), rather than not at all. */
  readonly untilNext?: boolean;
  /** Of the recording: marks say when something was, labels where in the stored signal. */
  readonly gaps?: readonly Gap[];
  readonly startOffset?: number;
}

/** Labelled stretches from the marks of a recording of `seconds`, in order. */
export function labelsFromAnnotations(
  annotations: readonly Annotation[],
  seconds: number,
  { names, untilNext = false, gaps = [], startOffset = 0 }: AnnotationLabels = {},
): LabelledStretch[] {
  const marks = annotations
    .flatMap(({ onset, duration, text, sample }) => {
      const label = names ? names.get(text.trim()) : text.trim();
      // What is counted in samples is a place in the stored signal already.
      const stored = (time: number) => (sample === undefined ? storedAt(time - startOffset, gaps) : time);
      const [start, end] = [stored(onset), stored(onset + duration)];
      return label && start < seconds ? [{ onset: Math.max(0, start), duration: end - start, label }] : [];
    })
    .sort((a, b) => a.onset - b.onset);
  return marks.flatMap(({ onset, duration, label }, index) => {
    const next = marks[index + 1]?.onset ?? seconds;
    const end = Math.min(seconds, duration > 0 ? onset + duration : untilNext ? next : onset);
    return end > onset ? [{ start: onset, seconds: end - onset, label }] : [];
  });
}

/** Seconds of stored signal before a time by the clock; a time within a gap is where the gap is. */
function storedAt(time: number, gaps: readonly Gap[]): number {
  let missing = 0;
  for (const { at, seconds } of gaps) {
    if (time <= at + missing) break;
    // A gap of unknown length counts as none.
    if (!Number.isNaN(seconds)) missing += Math.min(seconds, time - at - missing);
  }
  return time - missing;
}

/** The label that covers at least `part` of a window, or undefined. */
export function labelOf(
  labels: readonly LabelledStretch[],
  start: number,
  seconds: number,
  part = 0.5,
): string | undefined {
  const covered = new Map<string, number>();
  for (const stretch of labels) {
    const overlap =
      Math.min(start + seconds, stretch.start + stretch.seconds) - Math.max(start, stretch.start);
    if (overlap > 0) covered.set(stretch.label, (covered.get(stretch.label) ?? 0) + overlap);
  }
  const [best] = [...covered].sort((a, b) => b[1] - a[1]);
  // Half a sample of tolerance: starts are sums of fractions.
  return best && best[1] >= part * seconds - 0.0025 ? best[0] : undefined;
}
