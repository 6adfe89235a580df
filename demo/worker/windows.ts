/** The windows of the map: which there are, what they are labelled, and how to read them. */
import {
  labelOf,
  labelsOfRows,
  loadWindows,
  placesIn,
  type RecordingWindows,
  readLabelTable,
  SignalError,
} from '../../data/index.ts';
import type { Cutting, WindowList } from '../messages.ts';
import type { OpenedSignals } from './signals.ts';

/** Of windows in memory. */
const MOST_BYTES = 2 ** 29;
/** Windows of the map; of more recordings every so-many-th is taken. */
const MOST_WINDOWS = 2000;

export interface Place {
  readonly recording: number;
  readonly window: number;
}

/** Cut as the command `spotr pretrain` cuts them. @throws SignalError where nothing gives a window. */
export async function cut(
  { recordings, kind }: OpenedSignals,
  cutting: Cutting,
): Promise<RecordingWindows[]> {
  const { seconds, mains, channels } = cutting;
  const loaded = await loadWindows(recordings, {
    seconds,
    // What is generated is trained on as it comes.
    mains: kind === 'generated' ? 'none' : mains,
    maximumBytes: MOST_BYTES,
    ...(channels && { channels }),
  });
  return loaded.recordings;
}

export class WindowSet {
  readonly recordings: readonly RecordingWindows[];
  readonly places: readonly Place[];
  readonly seconds: number;
  readonly #signals: OpenedSignals;
  /** Given by hand, by recording and start: they win over those of stretches. */
  readonly #byHand: Map<string, string | null>;

  constructor(
    recordings: readonly RecordingWindows[],
    seconds: number,
    signals: OpenedSignals,
    byHand: Map<string, string | null>,
  ) {
    this.recordings = recordings;
    this.seconds = seconds;
    this.#signals = signals;
    this.#byHand = byHand;
    const all = recordings.flatMap(({ shape }, recording) =>
      Array.from({ length: shape[0] }, (_, window): Place => ({ recording, window })),
    );
    const taken = Math.min(all.length, MOST_WINDOWS);
    this.places = Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)] as Place);
  }

  of(window: number): { own: RecordingWindows; window: number; start: number } {
    const place = this.places[window];
    const own = place && this.recordings[place.recording];
    if (!own) throw new SignalError(`There is no window ${window} on the map.`);
    return { own, window: place.window, start: own.starts[place.window] ?? 0 };
  }

  labelOf(window: number): string | null {
    const { own, start } = this.of(window);
    const byHand = this.#byHand.get(keyOf(own.name, start));
    if (byHand !== undefined) return byHand;
    return labelOf(this.#signals.labels.get(own.name) ?? [], start, this.seconds) ?? null;
  }

  get labels(): (string | null)[] {
    return this.places.map((_, window) => this.labelOf(window));
  }

  label(windows: readonly number[], label: string | null): void {
    for (const window of windows) {
      const { own, start } = this.of(window);
      this.#byHand.set(keyOf(own.name, start), label);
    }
  }

  list(): WindowList {
    return {
      recordings: this.recordings.map(({ name }) => name),
      recording: Uint16Array.from(this.places, ({ recording }) => recording),
      start: Float64Array.from(this.places, (_, window) => this.of(window).start),
      seconds: this.seconds,
      modality: this.places.map((_, window) => this.of(window).own.modality ?? null),
      label: this.labels,
    };
  }
}

const keyOf = (name: string, start: number) => `${name}\n${start.toFixed(3)}`;

/** Puts what a table says in place of the labels there were; returns sentences about labels that were left out. @throws SignalError where it names no recording of these. */
export function labelFromTable({ recordings, labels }: OpenedSignals, text: string, file: string): string[] {
  const rows = readLabelTable(text, file);
  const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  let found = 0;
  const leftOut: string[] = [];
  for (const recording of recordings) {
    const own = rows.filter(
      (row) => row.file === recording.name || baseOf(row.file) === baseOf(recording.name),
    );
    if (own.length === 0) continue;
    found++;
    const placed = labelsOfRows(recording.name, own, placesIn(recording));
    labels.set(recording.name, placed.labels);
    leftOut.push(...(placed.notes ?? []).map((note) => `${recording.name}: ${note}`));
  }
  if (found > 0) return leftOut;
  const named = [...new Set(rows.map((row) => row.file))].slice(0, 3).join(', ');
  throw new SignalError(
    `${file}: labels ${named}, but the recordings are called ${recordings
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}; name them in the column "file".`,
  );
}
