/** Sessions of the Empatica E4: a file a sensor, with the start of the session in row 1 and the rate in row 2. */

import { requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { Annotation, ChannelInfo, Recording } from '../../recording.ts';
import { type FileEntry, type FileSet, pathBeside } from '../format.ts';
import type { Column } from './column.ts';
import { epochUnit } from './time-unit.ts';

/** Hz, of the fastest sensor with room for others of its kind. */
const MOST_RATE = 1024;

interface Sensor {
  readonly labels: readonly string[];
  readonly unit: string;
  /** What it is where it is no wave that can be used. */
  readonly other?: string;
}

const SENSORS: Readonly<Record<string, Sensor>> = {
  BVP: { labels: ['BVP'], unit: '' },
  ACC: { labels: ['ACC x', 'ACC y', 'ACC z'], unit: '1/64 g', other: 'acceleration' },
  EDA: { labels: ['EDA'], unit: 'uS', other: 'skin conductance' },
  TEMP: { labels: ['TEMP'], unit: 'degC', other: 'skin temperature' },
  HR: { labels: ['HR'], unit: '1/min', other: 'heart rate' },
};

/** The sensor's recording, if the first two rows are those of the E4; undefined of other tables. */
export function empaticaRecording(file: string, columns: readonly Column[]): Recording | undefined {
  rejectIntervals(file, columns);
  const head = headOf(columns);
  if (!head) return undefined;
  const { start, rate } = head;
  const word = /(?:^|[^a-z])(bvp|acc|eda|temp|hr)(?=[^a-z]|$)/i.exec(
    file.slice(file.lastIndexOf('/') + 1),
  )?.[1];
  const sensor = word === undefined ? undefined : SENSORS[word.toUpperCase()];
  const values = columns.map((column) => column.values.subarray(2));
  const channels = columns.map(
    ({ name }, i): ChannelInfo => ({
      label: sensor?.labels[i] ?? name,
      unit: sensor?.unit ?? '',
      rate,
      length: values[i]?.length ?? 0,
      ...(sensor?.other ? { bad: `is ${sensor.other}, of an Empatica E4` } : {}),
    }),
  );
  const notes = ['its first two rows are the start (in UTC) and the rate, as the Empatica E4 writes them'];
  return {
    name: file,
    format: 'Empatica E4',
    ...(word?.toUpperCase() === 'BVP' ? { modality: 'ppg' as const } : {}),
    startTime: new Date(1000 * start).toISOString().replace('Z', ''),
    channels,
    gaps: [],
    notes,
    read: async (asked, from, count) => {
      requireRange(file, channels, asked, from, count);
      return asked.map((index) => (values[index] as Float64Array).slice(from, from + count));
    },
  };
}

/** Seconds since 1970 in all columns of row 1, and one and the same rate in row 2. */
function headOf(columns: readonly Column[]): { start: number; rate: number } | undefined {
  const [first] = columns;
  if (!first || first.values.length < 4 || columns.some(({ kind, isNamed }) => kind !== 'number' || isNamed))
    return undefined;
  const [start, rate] = [first.values[0] as number, first.values[1] as number];
  const isSame = columns.every(({ values }) => values[0] === start && values[1] === rate);
  const isStart = epochUnit(start, 1)?.name === 's' && epochUnit(first.values[2] as number, 1) === undefined;
  return isSame && isStart && rate > 0 && rate <= MOST_RATE ? { start, rate } : undefined;
}

/** IBI.csv has the start as the name of its first column. */
function rejectIntervals(file: string, [first, second]: readonly Column[]): void {
  if (second?.name.toUpperCase() !== 'IBI' || epochUnit(Number(first?.name), 1)?.name !== 's') return;
  throw new FormatError(
    file,
    'holds the intervals between beats (IBI) of an Empatica E4, which are no signal.',
    'Give BVP.csv, from which they come.',
  );
}

/** The moments at which the button was pressed (tags.csv), beside a sensor's file; undefined where there are none. */
export function tagsBeside(
  { path }: FileEntry,
  files: FileSet,
  startTime: string,
): (() => Promise<Annotation[]>) | undefined {
  const tags = files.at(pathBeside(path, 'tags.csv'));
  if (!tags) return undefined;
  const start = Date.parse(`${startTime}Z`) / 1000;
  return async () => {
    const source = await tags.open();
    const text = new TextDecoder().decode(await source.read(0, source.size));
    return text.split(/\r?\n/).flatMap((line): Annotation[] => {
      const time = Number(line);
      if (line.trim() === '' || !Number.isFinite(time)) return [];
      return [{ onset: time - start, duration: 0, text: 'tag' }];
    });
  };
}
