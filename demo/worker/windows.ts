/** The windows of the map: which there are, what they are labelled, and how to read them. */
import {
  type ChannelContract,
  labelOf,
  loadWindows,
  MODEL_RATE,
  type RecordingWindows,
  SignalError,
  type SplitName,
} from '../../data/index.ts';
import { channelUse, usesInWords } from '../../workflows/channel-contract.ts';
import { droppedInWords } from '../../workflows/dropped.ts';
import type { Divisible } from '../../workflows/labelled/division.ts';
import type { Cutting, WindowList } from '../messages.ts';
import { type LabelPlace, Labels, type Stretch } from './labels.ts';
import type { OpenedSignals } from './signals.ts';

/** Of windows in memory. */
const MOST_BYTES = 2 ** 29;
/** Windows of the map; of more recordings every so-many-th is taken. */
const MOST_WINDOWS = 2000;
/** Seconds, and windows: starts are sums of fractions. */
const ALIGNED = 1e-3;

export interface Place {
  readonly recording: number;
  readonly window: number;
}

export interface CutRecordings {
  readonly recordings: readonly RecordingWindows[];
  /** What is not used, and what was done to the rest, in words. */
  readonly remarks: readonly string[];
}

/** Cut as the command `spotr pretrain` cuts them. @throws SignalError where nothing gives a window. */
export async function cut(
  { recordings, kind }: OpenedSignals,
  cutting: Cutting,
  contract?: ChannelContract,
): Promise<CutRecordings> {
  const { seconds, mains, channels } = cutting;
  const loaded = await loadWindows(recordings, {
    seconds,
    // What is generated is trained on as it comes.
    mains: kind === 'generated' ? 'none' : mains,
    maximumBytes: MOST_BYTES,
    ...(contract && { trained: { contract, otherKinds: 'pass-over' } }),
    ...(channels && { channels }),
  });
  const unused = droppedInWords(loaded.dropped);
  // What a file says of itself stands with the signals.
  const told = new Map(recordings.map(({ name, notes }) => [name, new Set(notes)]));
  return {
    recordings: loaded.recordings,
    remarks: [
      ...(unused === undefined ? [] : [`Not used: ${unused}.`]),
      ...loaded.skipped.map(
        ({ path, reason }) => `Passed over: ${reason.startsWith(path) ? reason : `${path}: ${reason}`}`,
      ),
      ...(contract ? channelRemarks(loaded.recordings, contract) : []),
      ...loaded.recordings.flatMap(({ name, notes }) =>
        notes.flatMap((note) => (told.get(name)?.has(note) ? [] : [`${name}: ${note}`])),
      ),
    ],
  };
}

/** What was done with channels that are not as in training, in words. */
function channelRemarks(recordings: readonly RecordingWindows[], contract: ChannelContract): string[] {
  const uses = recordings.flatMap(({ name, fit }) => (fit ? [{ name, ...channelUse(fit, contract) }] : []));
  return usesInWords(uses).flatMap(({ order, text }) => (order === 'same' ? [] : [`Channels: ${text}.`]));
}

/** Lists of windows that there were. */
let lists = 0;

export class WindowSet {
  readonly places: readonly Place[];
  #id = ++lists;
  readonly #recordings: readonly RecordingWindows[];
  readonly #labels: Labels;
  readonly #signals: OpenedSignals;
  /** Of each recording. */
  readonly #labelPlaces: ReadonlyMap<string, LabelPlace>;

  constructor(
    recordings: readonly RecordingWindows[],
    signals: OpenedSignals,
    labels: Labels = new Labels(),
  ) {
    this.#recordings = recordings;
    this.#labels = labels;
    this.#signals = signals;
    this.#labelPlaces = new Map(signals.places.map((place) => [place.name, place]));
    const all = recordings.flatMap(({ shape }, recording) =>
      Array.from({ length: shape[0] }, (_, window): Place => ({ recording, window })),
    );
    const taken = Math.min(all.length, MOST_WINDOWS);
    this.places = Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)] as Place);
  }

  /** Windows are numbered by the list that has it. */
  get id(): number {
    return this.#id;
  }

  /** They are listed anew: what was asked of the list before is not asked of this one. */
  renew(): void {
    this.#id = ++lists;
  }

  /** With the subjects that tables of labels give them, which win over what the files say. */
  get recordings(): readonly RecordingWindows[] {
    return this.#recordings.map((own) => this.#withSubject(own));
  }

  of(window: number): { own: RecordingWindows; window: number; start: number; seconds: number } {
    const { own, ...at } = this.#at(window);
    return { ...at, own: this.#withSubject(own) };
  }

  labelOf(window: number): string | null {
    const { place, start, seconds } = this.#stretch(window);
    return labelOf(this.#labels.of(place).labels, start, seconds) ?? null;
  }

  /** As a table of labels says, or the file. */
  subjectOf(window: number): string | undefined {
    return this.of(window).own.subject;
  }

  /** As a table of labels says. */
  splitOf(window: number): SplitName | undefined {
    return this.#labels.of(this.#stretch(window).place).split;
  }

  get labels(): (string | null)[] {
    return this.places.map((_, window) => this.labelOf(window));
  }

  /** Whether a window lies where it would if the stretch that labels it were cut from its own start, as the command does. */
  isAligned(window: number): boolean {
    const { place, start, seconds } = this.#stretch(window);
    return this.#labels.of(place).labels.some((one) => {
      const at = (start - one.start) / seconds;
      const isWhole = start + seconds <= one.start + one.seconds + ALIGNED;
      return at > -ALIGNED && isWhole && Math.abs(at - Math.round(at)) < ALIGNED;
    });
  }

  /** Of each recording, the subject and the part that tables of labels give it. */
  get division(): string[] {
    return this.#recordings.map(({ name }) => {
      const { subject = '', split = '' } = this.#labels.of(this.#placeOf(name));
      return JSON.stringify([subject, split]);
    });
  }

  /** Parts of recordings by name, as tables of labels say; empty where none does. */
  get splits(): ReadonlyMap<string, SplitName> {
    return new Map(
      this.#recordings.flatMap(({ name }) => {
        const split = this.#labels.of(this.#placeOf(name)).split;
        return split ? [[name, split] as const] : [];
      }),
    );
  }

  /** Every recording that has labels, with windows on the map or without: what is divided into parts, as the command does. */
  get labelled(): readonly Divisible[] {
    const cut = new Set(this.#recordings.map(({ name }) => name));
    const others = this.#signals.recordings.filter(({ name }) => !cut.has(name));
    return [...this.#recordings, ...others].flatMap(({ name, dataset, subject: own, kin, modality }) => {
      const { labels, subject = own, split } = this.#labels.of(this.#placeOf(name));
      if (labels.length === 0) return [];
      const names = [...new Set(labels.map(({ label }) => label))];
      return [
        {
          ...{ name, labels: names, split, modality },
          ...(dataset !== undefined && { dataset }),
          ...(subject !== undefined && { subject }),
          ...(kin && { kin }),
        },
      ];
    });
  }

  /** By hand; null: they are to have no label. */
  label(windows: readonly number[], label: string | null): void {
    this.#labels.label(
      windows.map((window) => this.#stretch(window)),
      label,
    );
  }

  /** What was labelled by hand has the label again that it had before. */
  takeLabelOff(windows: readonly number[]): void {
    this.#labels.takeOff(windows.map((window) => this.#stretch(window)));
  }

  #stretch(window: number): Stretch {
    const { own, start, seconds } = this.#at(window);
    return { place: this.#placeOf(own.name), start, seconds };
  }

  #at(window: number): { own: RecordingWindows; window: number; start: number; seconds: number } {
    const place = this.places[window];
    const own = place && this.#recordings[place.recording];
    if (!own) throw new SignalError(`There is no window ${window} on the map.`);
    return {
      ...{ own, window: place.window },
      ...{ start: own.starts[place.window] ?? 0, seconds: own.shape[2] / MODEL_RATE },
    };
  }

  #placeOf(name: string): LabelPlace {
    const place = this.#labelPlaces.get(name);
    if (place) return place;
    throw new SignalError(`There is no recording "${name}".`);
  }

  #withSubject(own: RecordingWindows): RecordingWindows {
    const { subject } = this.#labels.of(this.#placeOf(own.name));
    return subject === undefined ? own : { ...own, subject };
  }

  list(): WindowList {
    return {
      id: this.#id,
      recordings: this.#recordings.map(({ name }) => name),
      recording: Uint16Array.from(this.places, ({ recording }) => recording),
      start: Float64Array.from(this.places, (_, window) => this.of(window).start),
      seconds: Float64Array.from(this.places, (_, window) => this.#stretch(window).seconds),
      modality: this.places.map((_, window) => this.of(window).own.modality ?? null),
      label: this.labels,
      division: this.division,
    };
  }
}
