/** The recordings that the page works on, from wherever they come. */
import { crc32 } from '../../base/crc32.ts';
import {
  blobSource,
  channelsByKind,
  type FileEntry,
  type LabelledStretch,
  MODEL_RATE,
  openFiles,
  placesIn,
  type Recording,
  SignalError,
} from '../../data/index.ts';
import type { Dropped, Reading, RecordingFacts, Signals } from '../messages.ts';
import { generatedRecordings } from './generated.ts';
import type { LabelPlace } from './labels.ts';

export interface OpenedSignals {
  readonly kind: Signals['kind'];
  readonly recordings: readonly Recording[];
  readonly skipped: Signals['skipped'];
  /** Those that each recording came with, by name. */
  readonly labels: ReadonlyMap<string, readonly LabelledStretch[]>;
  /** Where labels are put, recording by recording. */
  readonly places: readonly LabelPlace[];
}

export function openGenerated(): OpenedSignals {
  const { recordings, labels } = generatedRecordings();
  const places = recordings.map((one) => placeOf(one, one.name, labels.get(one.name) ?? []));
  return { kind: 'generated', recordings, skipped: [], labels, places };
}

/** @throws SignalError with the reason of each file, where none can be read. */
export async function openDropped(
  files: readonly Dropped[],
  { rate, modality }: Reading,
): Promise<OpenedSignals> {
  const twice = files.find(({ path }, i) => files.findIndex((other) => other.path === path) < i);
  if (twice)
    throw new SignalError(
      `Two of the files are called ${twice.path}, so that they cannot be distinguished; drop the folders that they are in.`,
    );
  const entries = files
    .filter(({ unread }) => unread === undefined)
    .map(({ path, file }): FileEntry => ({ path, open: async () => blobSource(file, path) }));
  const { recordings, skipped: passedOver } = await openFiles(entries, {
    ...(rate && { rate }),
    ...(modality && { modality }),
  });
  const unread = files.flatMap(({ path, unread: reason }) =>
    reason === undefined ? [] : [{ path, reason }],
  );
  const skipped = [...unread, ...passedOver];
  if (recordings.length === 0) {
    const reasons = skipped.map(({ path, reason }) =>
      reason.startsWith(path) ? reason : `${path}: ${reason}`,
    );
    throw new SignalError(reasons.join('\n') || 'No file was given.');
  }
  const keys = await Promise.all(recordings.map(keyOf));
  const places = recordings.map((one, i) => placeOf(one, keys[i] as string, []));
  return { kind: 'files', recordings, skipped, labels: new Map(), places };
}

function placeOf(recording: Recording, key: string, given: LabelPlace['given']): LabelPlace {
  const rate = recording.channels[0]?.rate ?? MODEL_RATE;
  return {
    key,
    name: recording.name,
    rate,
    seconds: secondsOf(recording),
    given,
    stored: placesIn(recording),
  };
}

/** Samples that are looked at, at the beginning and in the middle. */
const LOOKED_AT = 4096;

/**
 * Tells a recording from another of its name by its lengths and some of its samples, whatever rate or kind it is said to have:
 * labels of one must not turn up on the other.
 */
async function keyOf({ name, channels, read }: Recording): Promise<string> {
  const length = channels[0]?.length ?? 0;
  const count = Math.min(length, LOOKED_AT);
  let sum = 0;
  for (const start of [0, Math.floor((length - count) / 2)]) {
    // What cannot be read says so where it is wanted.
    const [values] = await read([0], start, count).catch(() => []);
    if (values) sum = crc32(new Uint8Array(Float64Array.from(values).buffer), sum);
  }
  // The complement, as in the labels that browsers keep.
  const mark = (~sum >>> 0).toString(16);
  return [name, channels.map((channel) => channel.length).join(' '), mark].join('\n');
}

export const secondsOf = ({ channels }: Recording): number =>
  Math.max(0, ...channels.map(({ length, rate }) => length / rate));

export function factsOf({ kind, recordings, skipped }: OpenedSignals): Signals {
  const facts = recordings.map((recording): RecordingFacts => {
    const { channels: used, leftOut } = channelsByKind(recording);
    const reasons = leftOut.map(({ label, reason }) => `"${label}" ${reason}`);
    return {
      name: recording.name,
      format: recording.format,
      modality: recording.modality ?? null,
      channels: recording.channels.map(({ label, unit, rate }, i) => ({
        ...{ label, unit, rate },
        used: used.includes(i),
      })),
      seconds: secondsOf(recording),
      notes: [...recording.notes, ...(reasons.length > 0 ? [`left out: ${reasons.join('; ')}`] : [])],
    };
  });
  return {
    name: nameOf(
      facts.map(({ name }) => name),
      kind,
    ),
    kind,
    recordings: facts,
    skipped,
  };
}

/** What results are called by that come of these signals. */
function nameOf([first = '', ...more]: readonly string[], kind: Signals['kind']): string {
  if (kind === 'generated') return 'the generated signals';
  if (more.length === 0) return first;
  return `${first} and ${more.length} more ${more.length === 1 ? 'recording' : 'recordings'}`;
}
