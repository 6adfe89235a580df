/** Columns of numbers in memory as a recording. */
import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation, ChannelInfo, Recording } from '../../recording.ts';
import type { Column } from './column.ts';
import { rolesOf } from './column-roles.ts';
import { evenRows } from './even-rows.ts';
import { stateAnnotations } from './states.ts';

/** A column of so many whole numbers that only rise is no signal. */
const LONGEST_RISE = 32;

/** A recording of columns of numbers that are in memory; the first of `rates` that is there holds where no times do. */
export function recordingOfColumns(
  file: string,
  format: string,
  all: readonly Column[],
  rates: readonly (number | undefined)[],
  readerNotes: readonly string[] = [],
): Recording {
  const { time, signals, labels, notes } = rolesOf(all);
  if (signals.length === 0) throw new FormatError(file, 'has no column beside the times.', 'Add the signal.');
  refusePositions(file, signals, time);
  const values = signals.map((column) => column.values);
  const even = time && evenRows(file, time, values);
  const columns = even?.columns ?? values;
  const rate = even?.rate ?? rates.find((told) => told !== undefined);
  if (rate === undefined) {
    throw new FormatError(
      file,
      'has no column of times, and nothing else says its sampling rate.',
      'Give it (--rate HZ), or name its time column "time".',
      { field: 'rate' },
    );
  }
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new FormatError(file, `cannot have a rate of ${rate} Hz.`, 'Give a positive number.');
  const channels = signals.map(
    ({ name }, i): ChannelInfo => ({ ...labelAndUnit(name), rate, length: columns[i]?.length ?? 0 }),
  );
  const modality = modalityOfAll(channels);
  const secondsBefore = even?.secondsBefore ?? ((row: number) => row / rate);
  return {
    name: file,
    format,
    ...(modality ? { modality } : {}),
    channels,
    gaps: even?.gaps ?? [],
    notes: [...readerNotes, ...notes, ...(even?.notes ?? [])],
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      return asked.map((index) => (columns[index] as Float64Array).slice(start, start + count));
    },
    ...(labels.length > 0 ? { annotations: async () => annotationsOf(labels, secondsBefore) } : {}),
  };
}

function annotationsOf(labels: readonly Column[], secondsBefore: (row: number) => number): Annotation[] {
  const found = labels.flatMap(({ values, kind, name, labels: texts }) =>
    stateAnnotations(
      values,
      (value) => (kind === 'label' ? labelText(name, texts[value] as string) : `${name}=${value}`),
      secondsBefore,
    ),
  );
  return found.sort((a, b) => a.onset - b.onset);
}

/** "1" alone would tell nobody what it is. */
function labelText(name: string, label: string): string {
  return Number.isNaN(Number(label)) ? label : `${name}=${label}`;
}

/** One column of sample numbers, of beats for example, is a list of positions. */
function refusePositions(file: string, signals: readonly Column[], time: Float64Array | undefined): void {
  const [only] = signals;
  if (time || signals.length !== 1 || !only || only.values.length < LONGEST_RISE) return;
  const { values } = only;
  if (!values.every((value, i) => Number.isInteger(value) && (i === 0 || value > (values[i - 1] as number))))
    return;
  throw new FormatError(
    file,
    'holds one column of whole numbers that only rise, as positions of beats or events do, and no signal does.',
    'Give the file with the signal.',
    { found: `${values[0]}, ${values[1]}, ${values[2]}, ...` },
  );
}

/** Hz, if a comment says it. */
export function rateInComments(comments: readonly string[]): number | undefined {
  for (const comment of comments) {
    const match = /(?:sampl\w*[\s_-]*(?:rate|freq\w*)|\bfs\b)[^\d]*(\d+(?:\.\d+)?)/i.exec(comment);
    if (match) return Number(match[1]);
  }
  return undefined;
}

/** "Fp1 (uV)" and "ECG [mV]" name their unit. */
function labelAndUnit(name: string): { label: string; unit: string } {
  const match = /^(.*\S)\s*[([]\s*([^()[\]]{1,8}?)\s*[)\]]$/.exec(name);
  return match ? { label: match[1] as string, unit: match[2] as string } : { label: name, unit: '' };
}
