/** Columns of numbers in memory as a recording. */
import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import { FASTEST_RATE } from '../../rate.ts';
import type { Annotation, ChannelInfo, Recording, RowPlaces } from '../../recording.ts';
import type { Column } from './column.ts';
import { labelAndUnit } from './column-names.ts';
import { type ColumnRoles, rolesOf, type SignalColumn } from './column-roles.ts';
import type { DeclaredRate, DeclaredRates } from './declared-rate.ts';
import { mindMonitor } from './devices.ts';
import { type EvenRows, evenAlready, evenRows, RateMismatch } from './even-rows.ts';
import { stateAnnotations } from './states.ts';
import { epochUnit } from './time-unit.ts';

/** A column of so many whole numbers that only rise is no signal. */
const LONGEST_RISE = 32;

export interface ColumnFacts {
  /** What the file says of its rate in words. */
  readonly declared: DeclaredRates;
  /** Hz, from a person: holds whatever the file says. */
  readonly rate?: number | undefined;
  readonly notes?: readonly string[];
}

/** A recording of columns of numbers that are in memory. @throws FormatError where nothing, or contradicting things, say its rate. */
export function recordingOfColumns(
  file: string,
  format: string,
  all: readonly Column[],
  { declared, rate: given, notes: readerNotes = [] }: ColumnFacts,
): Recording {
  const { roles, rowOf } = withoutMarks(rolesOf(file, all));
  const { signals, labels } = roles;
  if (signals.length === 0) throw new FormatError(file, 'has no column beside the times.', 'Add the signal.');
  rejectPositions(file, signals, roles.time);
  const { rate, columns, gaps, rows: kept, notes } = rowsOf(file, roles, declared, given);
  const rows = rowOf ? rowsThrough(kept, rowOf) : kept;
  const channels = signals.map(({ column, bad }, i): ChannelInfo => {
    const { label, unit } = labelAndUnit(column.name);
    const length = columns[i]?.length ?? 0;
    return { label, unit, rate, length, ...(bad === undefined ? {} : { bad }), ...mindMonitor(label) };
  });
  const modality = modalityOfAll(channels);
  const secondsBefore = (row: number) => rows.placeOf(row) / rate;
  return {
    name: file,
    format,
    ...(modality ? { modality } : {}),
    channels,
    gaps,
    rows,
    notes: [...readerNotes, ...roles.notes, ...notes],
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      return asked.map((index) => (columns[index] as Float64Array).slice(start, start + count));
    },
    ...(labels.length > 0 ? { annotations: async () => annotationsOf(labels, secondsBefore) } : {}),
  };
}

/** Rows that hold a mark and no sample, as Mind Monitor writes blinks; `rowOf` says how many others come before a row. */
function withoutMarks(roles: ColumnRoles): { roles: ColumnRoles; rowOf?: Uint32Array } {
  const { time, signals, labels, notes } = roles;
  const used = signals.filter(({ bad }) => bad === undefined).map(({ column }) => column.values);
  const count = used[0]?.length ?? 0;
  const isMark = (row: number) =>
    used.every((values) => Number.isNaN(values[row])) &&
    labels.some(({ values }) => !Number.isNaN(values[row]));
  const rowOf = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++)
    rowOf[row + 1] = (rowOf[row] as number) + (labels.length > 0 && isMark(row) ? 0 : 1);
  const marks = count - (rowOf[count] as number);
  if (marks === 0 || marks === count) return { roles };
  const isKept = (_: number, row: number) => rowOf[row + 1] !== rowOf[row];
  const kept: ColumnRoles = {
    ...roles,
    time: time?.filter(isKept),
    signals: signals.map(({ column, ...facts }) => ({
      ...facts,
      column: column.filtered(isKept),
    })),
    notes: [...notes, `${marks} rows hold marks and no samples; they are annotations between the others`],
  };
  return { roles: kept, rowOf };
}

/** Places of the rows of a table, some of which are no rows of the signal. */
function rowsThrough({ placeOf, pauseIn }: RowPlaces, rowOf: Uint32Array): RowPlaces {
  const count = rowOf.length - 1;
  const inner = (row: number) => rowOf[Math.min(row, count)] as number;
  return {
    count,
    placeOf: (row) => placeOf(inner(row)),
    pauseIn: (start, end) => pauseIn(inner(start), inner(end)),
  };
}

/** The rows on a grid: at the rate that a person gave, else that of their times, else the one that the file declares. */
function rowsOf(
  file: string,
  { time, timeProblem, signals, counters: names }: ColumnRoles,
  { rates, unclear }: DeclaredRates,
  given: number | undefined,
): EvenRows {
  const values = signals.map(({ column }) => column.values);
  const count = values[0]?.length ?? 0;
  if (given !== undefined && !(given > 0 && Number.isFinite(given)))
    throw new FormatError(file, `cannot have a rate of ${given} Hz.`, 'Give a positive number.');
  if (given !== undefined) {
    const notes = rates.flatMap((own) =>
      own.rate === given
        ? []
        : [`it declares ${own.rate} Hz ("${own.text}"); the ${given} Hz given are used`],
    );
    const even = timeProblem ? timeProblem.problem : time && attempted(file, time, values, given);
    if (even === undefined) return withNotes(evenAlready(given, values, count), notes);
    if (typeof even !== 'string') return withNotes(even, notes);
    return withNotes(evenAlready(given, values, count), [
      ...notes,
      `it ${even} The ${given} Hz given are used, and its times are left out.`,
    ]);
  }
  const declared = declaredOf(file, rates);
  if (time) return timedRows(file, time, values, declared);
  if (declared) {
    const notes = timeProblem
      ? [
          `it ${timeProblem.problem} The ${declared.rate} Hz that it declares are used, and its times are left out.`,
        ]
      : [];
    return withNotes(evenAlready(declared.rate, values, count), notes);
  }
  if (timeProblem) throw new FormatError(file, timeProblem.problem, timeProblem.fix, { field: 'time' });
  const [hint] = unclear;
  const counting =
    names.length > 0
      ? ` ("${names.join('", "')}" ${names.length > 1 ? 'count' : 'counts'} rows or packets)`
      : '';
  throw new FormatError(
    file,
    `has no column of times${counting}, and nothing else says its sampling rate${hint ? ` ("${hint.text}": ${hint.why})` : ''}.`,
    'Give it (--rate HZ), or name its time column "time".',
    { field: 'rate' },
  );
}

/** The rows by their times, if these agree with the rate given; else what is the matter with them. */
function attempted(
  file: string,
  time: Float64Array,
  values: readonly Float64Array[],
  given: number,
): EvenRows | string {
  try {
    return evenRows(file, time, values, given);
  } catch (error) {
    if (error instanceof RateMismatch) return `has times that make ${error.measured} Hz.`;
    if (error instanceof FormatError) return error.message.replace(`${file}: `, '').replace(/\. .*$/, '.');
    throw error;
  }
}

function timedRows(
  file: string,
  time: Float64Array,
  values: readonly Float64Array[],
  declared: DeclaredRate | undefined,
): EvenRows {
  try {
    const even = evenRows(file, time, values, declared?.rate);
    if (even.rate <= FASTEST_RATE) return even;
    throw new FormatError(
      file,
      `has times that make ${even.rate} Hz, more than the ${FASTEST_RATE} Hz that signals have at most.`,
      'Correct its times, or give the sampling rate (--rate HZ).',
    );
  } catch (error) {
    if (!(error instanceof RateMismatch)) throw error;
    throw new FormatError(
      file,
      `declares ${declared?.rate} Hz ("${declared?.text}"), but has times that make ${error.measured} Hz.`,
      'Give the one that is right (--rate HZ).',
      { field: 'rate', found: error.measured, expected: `${declared?.rate} Hz` },
    );
  }
}

function declaredOf(file: string, rates: readonly DeclaredRate[]): DeclaredRate | undefined {
  if (rates.length < 2) return rates[0];
  throw new FormatError(
    file,
    `declares several sampling rates: ${rates.map(({ rate, text }) => `${rate} Hz ("${text}")`).join(', ')}.`,
    'Give the one that is right (--rate HZ).',
    { field: 'rate' },
  );
}

function withNotes(even: EvenRows, notes: readonly string[]): EvenRows {
  return { ...even, notes: [...even.notes, ...notes] };
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

/** "1" alone would not say what it is. */
function labelText(name: string, label: string): string {
  return Number.isNaN(Number(label)) ? label : `${name}=${label}`;
}

/** One column of points in time, or of sample numbers, of beats for example, is a list of positions. */
function rejectPositions(
  file: string,
  signals: readonly SignalColumn[],
  time: Float64Array | undefined,
): void {
  const [only] = signals;
  if (time || signals.length !== 1 || !only) return;
  const { values } = only.column;
  const isMoment = (value: number) => epochUnit(value, 1)?.name === 's';
  if (values.every((value, i) => isMoment(value) && (i === 0 || value > (values[i - 1] as number)))) {
    throw new FormatError(
      file,
      'holds points in time (seconds since 1970) and nothing else.',
      'Give the file with the signal.',
      { found: `${values[0]}, ...` },
    );
  }
  if (values.length < LONGEST_RISE) return;
  if (!values.every((value, i) => Number.isInteger(value) && (i === 0 || value > (values[i - 1] as number))))
    return;
  throw new FormatError(
    file,
    'holds one column of whole numbers that only rise, as positions of beats or events do, and no signal does.',
    'Give the file with the signal.',
    { found: `${values[0]}, ${values[1]}, ${values[2]}, ...` },
  );
}
