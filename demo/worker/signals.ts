/** The recordings that the page works on, from wherever they come. */
import {
  blobSource,
  type FileEntry,
  type LabelledStretch,
  openFiles,
  type Recording,
  SignalError,
} from '../../data/index.ts';
import type { Dropped, Reading, RecordingFacts, Signals, Traces } from '../messages.ts';
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
  const entries = files.map(
    ({ path, file }): FileEntry => ({ path, open: async () => blobSource(file, path) }),
  );
  const { recordings, skipped } = await openFiles(entries, {
    ...(rate && { rate }),
    ...(modality && { modality }),
  });
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

export function factsOf({ kind, recordings, skipped }: OpenedSignals, kept: boolean): Signals {
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
  return { kind, recordings: facts, skipped, kept };
}

/**
 * All channels of the main rate from `from` on. Where there are more samples than `points`, each two points are the least
 * and the largest of a stretch, so that no spike is lost; missing samples are NaN.
 */
export async function tracesOf(
  recording: Recording,
  from: number,
  seconds: number,
  points: number,
): Promise<Traces> {
  const rates = recording.channels.map(({ rate }) => rate);
  const main = rates.reduce(
    (best, rate) => (countOf(rates, rate) > countOf(rates, best) ? rate : best),
    rates[0] ?? 1,
  );
  const chosen = recording.channels.flatMap(({ rate }, i) => (rate === main ? [i] : []));
  const length = Math.min(...chosen.map((i) => recording.channels[i]?.length ?? 0));
  const start = Math.min(length, Math.max(0, Math.round(from * main)));
  const count = Math.min(length - start, Math.round(seconds * main));
  const read = await recording.read(chosen, start, count);
  const stretch = Math.max(1, Math.ceil((2 * count) / points));
  const pairs = stretch > 1;
  const shown = pairs ? 2 * Math.ceil(count / stretch) : count;
  const times = Float64Array.from({ length: shown }, (_, i) =>
    pairs ? (start + Math.floor(i / 2) * stretch + (i % 2 ? stretch / 2 : 0)) / main : (start + i) / main,
  );
  const lines = chosen.map((channel, i) => {
    const values = read[i] as Float64Array;
    const { label = '', unit = '' } = recording.channels[channel] ?? {};
    return { label, unit, values: pairs ? extremes(values, stretch) : Float32Array.from(values) };
  });
  return { from: start / main, seconds: count / main, times, lines };
}

const countOf = (values: readonly number[], value: number) =>
  values.filter((other) => other === value).length;

/** Of each stretch the earlier of its least and its largest value, then the other. */
function extremes(values: Float64Array, stretch: number): Float32Array {
  const out = new Float32Array(2 * Math.ceil(values.length / stretch));
  for (let i = 0; i < out.length; i += 2) {
    const first = (i / 2) * stretch;
    let [least, most] = [first, first];
    for (let at = first; at < Math.min(values.length, first + stretch); at++) {
      if (!((values[at] as number) >= (values[least] as number))) least = at;
      if (!((values[at] as number) <= (values[most] as number))) most = at;
    }
    out[i] = values[Math.min(least, most)] as number;
    out[i + 1] = values[Math.max(least, most)] as number;
  }
  return out;
}
