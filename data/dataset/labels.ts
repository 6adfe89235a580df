/** Labels of stretches of recordings: from a table, or from the marks in the recordings themselves. */
import { SignalError } from '../errors.ts';
import type { Annotation, Gap, Recording, RowPlaces } from '../recording.ts';
import { columnOf, headedRows, labelColumnOf, splitNamed } from './label-columns.ts';
import type { LabelledStretch, SplitName } from './manifest.ts';

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

const PLACES = [
  'file',
  'startSamples',
  'startSeconds',
  'lengthSamples',
  'lengthSeconds',
  'subject',
  'split',
] as const;

/**
 * Reads a CSV or TSV with a header: `file` and `label`, and where they do not hold for the whole file `start_sample` with
 * `n_samples`, or `start` with `duration` in seconds; `subject` (or `group`) and `split` where they are there. `labelColumn` names
 * another column for the label. An empty subject or split is none.
 * @throws SignalError that names the line and the column.
 */
export function readLabelTable(text: string, file: string, labelColumn?: string): LabelRow[] {
  const { header, rows } = headedRows(text, file);
  const at = Object.fromEntries(PLACES.map((what) => [what, columnOf(header, what)])) as Record<
    (typeof PLACES)[number],
    number
  >;
  const label = labelColumnOf(header, file, labelColumn);
  for (const [what, column] of [
    ['file', at.file],
    ['label', label],
  ] as const)
    if (column < 0)
      throw new SignalError(
        `${file}: has no column "${what}"; it has ${header.join(', ')}.${what === 'label' ? ' Name the one that holds the label with --label-column.' : ' Rename the one that holds the names of the files to "file".'}`,
      );
  const samples = at.startSamples >= 0;
  const [start, length] = samples ? [at.startSamples, at.lengthSamples] : [at.startSeconds, at.lengthSeconds];
  if (start >= 0 !== length >= 0)
    throw new SignalError(
      `${file}: says where labels ${start >= 0 ? 'begin, but not how long they are' : 'last, but not where they begin'}; give both "start_sample" and "n_samples", or "start" and "duration".`,
    );
  return rows.map(({ fields, line }) => {
    const number = (column: number): number => {
      const value = Number(fields[column]);
      if (fields[column] !== '' && value >= 0) return value;
      throw new SignalError(
        `${file}, line ${line}: "${header[column]}" is "${fields[column] ?? ''}", but must be a number of at least 0${/^\d+,\d+$/.test(fields[column] ?? '') ? ', with a decimal point' : ''}.`,
      );
    };
    const word = (column: number): string => {
      const value = fields[column];
      if (value !== undefined && value !== '') return value;
      throw new SignalError(`${file}, line ${line}: "${header[column]}" is empty.`);
    };
    const subject = at.subject >= 0 ? fields[at.subject] : undefined;
    const part = (at.split >= 0 && fields[at.split]) || undefined;
    const split = part === undefined ? undefined : splitNamed(part, file, line);
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

/** What a table says of one recording. */
export interface RecordingLabels {
  readonly labels: readonly LabelledStretch[];
  readonly subject?: string;
  readonly split?: SplitName;
  /** Sentences about labels that were left out. */
  readonly notes?: readonly string[];
}

/** As much of a recording as places of labels need. */
export interface LabelPlaces {
  /** Samples a second, where that is known. */
  readonly rate: number | undefined;
  readonly seconds: number;
  readonly gaps?: readonly Gap[];
  /** Of a table of text, where rows and samples differ. */
  readonly places?: RowPlaces | undefined;
}

/** What `labelsOfRows` needs to know of a recording. */
export function placesIn({ channels, gaps, rows }: Recording): LabelPlaces {
  const [first] = channels;
  return { rate: first?.rate, seconds: first ? first.length / first.rate : 0, gaps, places: rows };
}

/**
 * The labels of one recording. Places in samples are those of the file as it is stored: rows of a table, samples of
 * other formats, of which pauses are no part; a label that reaches over a pause, or out of the recording, is left out, and `notes` say so.
 * @throws SignalError for labels in samples of unknown rate, and for two subjects or splits.
 */
export function labelsOfRows(
  name: string,
  rows: readonly LabelRow[],
  recording: LabelPlaces,
): RecordingLabels {
  const { rate, seconds } = recording;
  const notes: string[] = [];
  const labels = rows.flatMap((row): LabelledStretch[] => {
    const { label } = row;
    if (row.unit === 'seconds')
      return [{ start: row.start, seconds: row.length ?? seconds - row.start, label }];
    if (rate === undefined)
      throw new SignalError(`${name}: labels in samples need its "rate", which the manifest does not give.`);
    const placed = placedRows(row, { ...recording, rate });
    if (typeof placed !== 'string') return [{ ...placed, label }];
    notes.push(`the label of ${placed}; it is left out`);
    return [];
  });
  const one = <T>(what: string, values: readonly (T | undefined)[]): T | undefined => {
    const [value, other] = new Set(values.filter((each) => each !== undefined));
    if (other === undefined) return value;
    throw new SignalError(
      `${name}: the table gives it two ${what}, ${String(value)} and ${String(other)}; a recording has one.`,
    );
  };
  const subject = one(
    'subjects',
    rows.map((row) => row.subject),
  );
  const split = one(
    'splits',
    rows.map((row) => row.split),
  );
  return {
    labels,
    ...(subject !== undefined && { subject }),
    ...(split && { split }),
    ...(notes.length > 0 && { notes }),
  };
}

/** Seconds of stored signal that samples of a file take, or why they take none in one piece. */
function placedRows(
  { start, length }: LabelRow,
  { rate, seconds, gaps = [], places }: LabelPlaces & { readonly rate: number },
): { start: number; seconds: number } | string {
  const count = places?.count ?? Math.round(seconds * rate);
  const end = length === undefined ? count : start + length;
  const what = places ? 'rows' : 'samples';
  const named = `${what} ${start} to ${end - 1}`;
  if (start >= count || end > count)
    return `${named} reaches out of the recording, which has ${what} 0 to ${count - 1}`;
  const [from, to] = places
    ? [places.placeOf(start) / rate, (places.placeOf(end - 1) + 1) / rate]
    : [start / rate, end / rate];
  // What holds for the whole file holds on both sides of its pauses.
  if (length === undefined) return { start: from, seconds: seconds - from };
  const crossed = gaps.find(({ at }) => at > from + 0.5 / rate && at < to - 0.5 / rate);
  const pause = Math.max(places?.pauseIn(start, end) ?? 0, crossed ? crossed.seconds : 0);
  if (!crossed && pause === 0) return { start: from, seconds: to - from };
  const long = Number.isNaN(pause) ? '' : ` of ${Number(Math.abs(pause).toPrecision(4))} s`;
  return `${named} reaches over a pause${long}`;
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

/** Seconds of a window that each label covers. */
function coverage(
  labels: readonly LabelledStretch[],
  start: number,
  seconds: number,
): ReadonlyMap<string, number> {
  const covered = new Map<string, number>();
  for (const stretch of labels) {
    const overlap =
      Math.min(start + seconds, stretch.start + stretch.seconds) - Math.max(start, stretch.start);
    if (overlap > 0) covered.set(stretch.label, (covered.get(stretch.label) ?? 0) + overlap);
  }
  return covered;
}

/** Half a sample: starts are sums of fractions. */
const TOLERANCE = 0.0025;

/** The label that covers at least `part` of a window, or undefined. */
export function labelOf(
  labels: readonly LabelledStretch[],
  start: number,
  seconds: number,
  part = 0.5,
): string | undefined {
  const [best] = [...coverage(labels, start, seconds)].sort((a, b) => b[1] - a[1]);
  return best && best[1] >= part * seconds - TOLERANCE ? best[0] : undefined;
}

/** Every label that covers at least `part` of a window. */
export function labelsCovering(
  labels: readonly LabelledStretch[],
  start: number,
  seconds: number,
  part = 0.5,
): string[] {
  const covered = [...coverage(labels, start, seconds)];
  return covered.flatMap(([label, length]) => (length >= part * seconds - TOLERANCE ? [label] : []));
}
