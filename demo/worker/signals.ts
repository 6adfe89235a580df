/** The recordings that the page works on, from wherever they come. */
import {
  blobSource,
  type FileEntry,
  type LabelledStretch,
  openFiles,
  type Recording,
  SignalError,
} from '../../data/index.ts';
import type { Dropped, Reading, RecordingFacts, Signals } from '../messages.ts';
import { generatedRecordings } from './generated.ts';

export interface OpenedSignals {
  readonly kind: Signals['kind'];
  readonly recordings: readonly Recording[];
  readonly skipped: Signals['skipped'];
  /** Of each recording, by name. */
  readonly labels: Map<string, readonly LabelledStretch[]>;
}

export function openGenerated(): OpenedSignals {
  const { recordings, labels } = generatedRecordings();
  return { kind: 'generated', recordings, skipped: [], labels: new Map(labels) };
}

/** @throws SignalError with the reason of each file, where none can be read. */
export async function openDropped(
  files: readonly Dropped[],
  { rate, modality }: Reading,
): Promise<OpenedSignals> {
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
  return { kind: 'files', recordings, skipped, labels: new Map() };
}

export const secondsOf = ({ channels }: Recording): number =>
  Math.max(0, ...channels.map(({ length, rate }) => length / rate));

export function factsOf({ kind, recordings, skipped }: OpenedSignals): Signals {
  const facts = recordings.map(
    (recording): RecordingFacts => ({
      name: recording.name,
      format: recording.format,
      modality: recording.modality ?? null,
      channels: recording.channels.map(({ label, unit, rate }) => ({ label, unit, rate })),
      seconds: secondsOf(recording),
      notes: recording.notes,
    }),
  );
  return { kind, recordings: facts, skipped };
}
