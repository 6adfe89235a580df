import type { ByteSource } from '../../../base/bytes.ts';
import { modalityOfAll, requireRange } from '../../channels.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import { type FileEntry, type Format, pathBeside } from '../format.ts';
import { readWfdbAnnotations } from './annotations.ts';
import { parseWfdbHeader, type WfdbSignal } from './header.ts';
import { kinOf, mastersAmong } from './kin.ts';
import { isMaster, segmentNames } from './master.ts';
import {
  type FindFile,
  openSegment,
  type PlacedSignal,
  placesOf,
  readHeaderText,
  readSignals,
} from './segment.ts';
import { openSegments } from './segments.ts';

export type { FindFile } from './segment.ts';

/** The annotator of a record's own, reviewed annotations. */
const REFERENCE = 'atr';

export const wfdb: Format = {
  name: 'WFDB',
  endings: ['hea'],
  declaresRates: true,
  open: async (entry, files) => {
    const find: FindFile = async (name) => files.beside(entry.path, name)?.open();
    const { recording, isJoined, files: own } = await openRecord(await entry.open(), find);
    const signalFiles = own.map((name) => pathBeside(entry.path, name));
    return { ...recording, kin: kinOf(entry.path, isJoined, signalFiles, await mastersAmong(files)) };
  },
  parts: async (entry) => {
    const names = await partNames(entry);
    const annotations = `${baseOf(entry.path)}.${REFERENCE}`;
    return [...names.map((name) => pathBeside(entry.path, name)), pathBeside(entry.path, annotations)];
  },
};

/** The headers of its segments, or the files of its signals. */
async function partNames(entry: FileEntry): Promise<string[]> {
  const text = await readHeaderText(await entry.open());
  if (isMaster(text)) return segmentNames(text).map((name) => `${name}.hea`);
  const header = parseWfdbHeader(text, entry.path);
  const stored = header.signals.filter(({ fileName }) => fileName !== '~');
  return [...new Set(stored.flatMap(({ fileName }) => placesOf(header, fileName)))];
}

/** What the channels of a record of one or several segments come from. */
interface Content {
  rate: number;
  frames: number;
  signals: readonly Pick<WfdbSignal, 'label' | 'unit' | 'samplesPerFrame'>[];
  startTime: string | undefined;
  comments: readonly string[];
  notes: readonly string[];
  files: readonly string[];
  read(asked: readonly number[], start: number, count: number): Promise<Float64Array[]>;
}

/**
 * Opens a WFDB record from its header and a way to find the files beside it: one segment in formats 8, 16, 24, 32, 61,
 * 80, 160, 212, 310 and 311, or several of them. The format's code for a missing sample becomes NaN, and so do pauses
 * between segments. A signal with several samples a frame has that many times the record's rate. Throws a FormatError
 * for what it cannot read, naming the file at fault.
 */
export async function openWfdb(header: ByteSource, findFile: FindFile): Promise<Recording> {
  return (await openRecord(header, findFile)).recording;
}

async function openRecord(
  header: ByteSource,
  findFile: FindFile,
): Promise<{ recording: Recording; isJoined: boolean; files: readonly string[] }> {
  const text = await readHeaderText(header);
  const isJoined = isMaster(text);
  const content = isJoined
    ? await severalSegments(text, header.name, findFile)
    : await oneSegment(text, header.name, findFile);
  const { rate, frames, signals, startTime, comments } = content;
  const channels = signals.map(
    ({ label, unit, samplesPerFrame }): ChannelInfo => ({
      label,
      unit,
      rate: rate * samplesPerFrame,
      length: frames * samplesPerFrame,
    }),
  );
  const modality = modalityOfAll(channels);
  const annotations = await findFile(`${baseOf(header.name)}.${REFERENCE}`);
  const recording: Recording = {
    name: header.name,
    format: 'WFDB',
    ...(modality ? { modality } : {}),
    ...(startTime ? { startTime } : {}),
    channels,
    gaps: [],
    notes: content.notes,
    patient: () => comments.join('\n'),
    read: async (asked, start, count) => {
      requireRange(header.name, channels, asked, start, count);
      return content.read(asked, start, count);
    },
    ...(annotations ? { annotations: () => readWfdbAnnotations(annotations, rate) } : {}),
  };
  return { recording, isJoined, files: content.files };
}

async function oneSegment(text: string, name: string, findFile: FindFile): Promise<Content> {
  const { header, signals, frames, notes, files } = await openSegment(text, name, findFile);
  return {
    rate: header.rate,
    frames,
    signals,
    startTime: header.startTime,
    comments: header.comments,
    notes,
    files,
    read: async (asked, start, count) => {
      const out = asked.map(() => new Float64Array(count).fill(Number.NaN));
      const chosen = asked.map((index) => signals[index] as PlacedSignal);
      await readSignals(chosen, frames, start, count, out);
      return out;
    },
  };
}

async function severalSegments(text: string, name: string, findFile: FindFile): Promise<Content> {
  const { master, ...joined } = await openSegments(text, name, findFile);
  return { rate: master.rate, frames: master.frames, ...joined };
}

/** The name of a record by that of its header. */
function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.hea$/i, '');
}
