/**
 * The labels of recordings: those that a person gave by hand, over those of tables, over those that the signals came with. They
 * hold for stretches of time, so that windows of any length can be cut beneath them, and for recordings, so that they are there
 * again when the same files are.
 */
import {
  csvRow,
  type LabelledStretch,
  type LabelPlaces,
  type LabelRow,
  labelOf,
  labelsOfRows,
  type RecordingLabels,
  readLabelTable,
} from '../../data/index.ts';
import { matchFiles } from './label-files.ts';

/** What labels need to know of a recording. */
export interface LabelPlace {
  /** Tells it from others that are called alike. */
  readonly key: string;
  readonly name: string;
  /** Of its first channel, Hz. */
  readonly rate: number;
  readonly seconds: number;
  /** The labels that it came with. */
  readonly given: readonly LabelledStretch[];
  /** How its file stores it, where it is at hand: tables may count its rows. */
  readonly stored?: LabelPlaces;
}

/** A stretch that a person labelled; null: said to have no label. */
export interface HandLabel {
  readonly start: number;
  readonly seconds: number;
  readonly label: string | null;
}

/** What a table says of one recording. */
export interface LabelTable {
  readonly file: string;
  readonly rows: readonly LabelRow[];
  /** Its labels as they were found when it was read: what they are while the recording is not at hand. */
  readonly found: RecordingLabels;
}

/** Of one recording, as it was when it was last labelled: seconds count at its `rate`. */
export interface OwnLabels extends LabelPlace {
  readonly table: LabelTable | null;
  /** In order of time; none overlaps another. */
  readonly hand: readonly HandLabel[];
}

export interface TableRead {
  readonly missing: readonly string[];
  readonly notes: readonly string[];
}

type Book = ReadonlyMap<string, OwnLabels>;

/** A stretch of a recording, such as a window. */
export interface Stretch {
  readonly place: LabelPlace;
  readonly start: number;
  readonly seconds: number;
}

/** Changes that can be undone. */
const MOST_UNDONE = 100;
/** Seconds: ends of stretches are sums of fractions. */
const NEAR = 1e-6;

export class Labels {
  #book: Book;
  #before: { readonly book: Book; readonly what: string }[] = [];
  readonly #known = new Map<string, { place: LabelPlace; labels: RecordingLabels }>();

  constructor(kept: readonly OwnLabels[] = []) {
    this.#book = new Map(kept.map((own) => [own.key, own]));
  }

  /** Takes up labels of recordings that have none here. */
  add(kept: readonly OwnLabels[]): void {
    this.#book = new Map([...kept.map((own) => [own.key, own] as const), ...this.#book]);
    this.#known.clear();
  }

  /** What there is to keep. */
  get all(): readonly OwnLabels[] {
    // How a file stores its samples is asked of the file again; what was labelled once and has nothing left is not labelled.
    return [...this.#book.values()].flatMap(({ stored, ...own }) =>
      own.table !== null || own.hand.length > 0 ? [own] : [],
    );
  }

  /** What the last change was, which can be undone; null where there was none. */
  get undoable(): string | null {
    return this.#before.at(-1)?.what ?? null;
  }

  /** The labels, the subject and the part of a recording. @throws SignalError where its table contradicts itself. */
  of(place: LabelPlace): RecordingLabels {
    const known = this.#known.get(place.key);
    if (known?.place === place) return known.labels;
    const labels = resolve(place, this.#book.get(place.key));
    this.#known.set(place.key, { place, labels });
    return labels;
  }

  /** Labels of tables that these recordings have no place for, and why. */
  leftOut(places: readonly LabelPlace[]): string[] {
    return places.flatMap((place) => (this.of(place).notes ?? []).map((note) => `${place.name}: ${note}`));
  }

  /** Labels stretches by hand, over whatever labels they have; null: they are to have none. */
  label(stretches: readonly Stretch[], label: string | null): void {
    const book = new Map(this.#book);
    for (const { place, start, seconds } of stretches)
      changeHand(book, place, (hand) =>
        joined([...without(hand, start, seconds), { start, seconds, label }]),
      );
    this.#become(
      book,
      label === null ? `no label on ${windows(stretches)}` : `“${label}” on ${windows(stretches)}`,
    );
  }

  /** What was labelled by hand has the label again that it had before; what has a label of a table alone has none. */
  takeOff(stretches: readonly Stretch[]): void {
    const book = new Map(this.#book);
    const changed = stretches.filter(({ place, start, seconds }) => {
      const own = book.get(place.key);
      const hand = own ? atRate(own, place.rate) : [];
      const byHand = hand.some((one) => one.label !== null && overlap(one, start, seconds) > NEAR);
      const label = labelOf(resolve(place, own).labels, start, seconds);
      if (byHand) changeHand(book, place, (all) => without(all, start, seconds));
      else if (label !== undefined)
        changeHand(book, place, (all) =>
          joined([...without(all, start, seconds), { start, seconds, label: null }]),
        );
      return byHand || label !== undefined;
    });
    if (changed.length > 0) this.#become(book, `label taken off ${windows(changed)}`);
  }

  /**
   * Which labels of tables would go if a table were read.
   * @throws SignalError where it cannot be read, or names no recording of these.
   */
  replacedBy(places: readonly LabelPlace[], text: string, file: string): string[] {
    const { byPlace } = matchFiles(places, readLabelTable(text, file), file);
    return [...byPlace].flatMap(([place, rows]) => {
      const table = this.#book.get(place.key)?.table;
      return table && JSON.stringify(table.rows) !== JSON.stringify(rows)
        ? [`${place.name} (${table.file})`]
        : [];
    });
  }

  /**
   * Puts what a table says in place of what tables said before, under what was labelled by hand.
   * @returns the files that it names and that are not there, and sentences about labels that were left out.
   * @throws SignalError where it cannot be read, contradicts itself, or names no recording of these: then nothing has changed.
   */
  readTable(places: readonly LabelPlace[], text: string, file: string): TableRead {
    const { byPlace, missing } = matchFiles(places, readLabelTable(text, file), file);
    const book = new Map(this.#book);
    const notes: string[] = [];
    for (const [place, rows] of byPlace) {
      const found = placed(place, rows);
      notes.push(...(found.notes ?? []).map((note) => `${place.name}: ${note}`));
      book.set(place.key, { ...ownOf(book, place), table: { file, rows, found } });
    }
    this.#become(book, `table ${file}`);
    return { missing, notes };
  }

  /** Takes the last change back. */
  undo(): void {
    const last = this.#before.pop();
    if (!last) return;
    this.#book = last.book;
    this.#known.clear();
  }

  /**
   * All labels as a table that `readLabelTable` takes: of recordings that somebody labelled, these and those not at hand. Of
   * several recordings of one name one alone is called so: the labels of one must not be read as those of another.
   */
  csv(places: readonly LabelPlace[]): string {
    const now = new Map(places.map((place) => [place.key, place]));
    const called = namesOf(this.all, now);
    const rows = this.all.flatMap((own) => {
      const { labels, subject, split } = resolve(now.get(own.key) ?? own, own);
      return [...labels]
        .sort((a, b) => a.start - b.start)
        .map(({ start, seconds, label }) => [
          ...[called.get(own.key) ?? own.name, String(start), String(seconds), label],
          ...[subject ?? '', split ?? ''],
        ]);
    });
    return [['file', 'start', 'duration', 'label', 'subject', 'split'], ...rows].map(csvRow).join('');
  }

  #become(book: Book, what: string): void {
    this.#before = [...this.#before.slice(1 - MOST_UNDONE), { book: this.#book, what }];
    this.#book = book;
    this.#known.clear();
  }
}

/** What each recording is called in a table: those at hand by their names. */
function namesOf(
  all: readonly OwnLabels[],
  now: ReadonlyMap<string, LabelPlace>,
): ReadonlyMap<string, string> {
  const taken = new Set([...now.values()].map(({ name }) => name));
  const names = new Map<string, string>();
  for (const { key, name } of all) {
    let own = name;
    if (!now.has(key)) {
      for (let other = 2; taken.has(own); other++) own = `${name} (another recording of this name, ${other})`;
      taken.add(own);
    }
    names.set(key, own);
  }
  return names;
}

const windows = ({ length }: { readonly length: number }) =>
  `${length} ${length === 1 ? 'window' : 'windows'}`;

/** What there is of a recording, with its times as they are now. */
function ownOf(book: Book, place: LabelPlace): OwnLabels {
  const before = book.get(place.key);
  if (!before) return { ...place, table: null, hand: [] };
  const { table } = before;
  return {
    ...place,
    table: table && { ...table, found: tableOf(place, table) },
    hand: atRate(before, place.rate),
  };
}

function changeHand(
  book: Map<string, OwnLabels>,
  place: LabelPlace,
  change: (hand: readonly HandLabel[]) => readonly HandLabel[],
): void {
  const own = ownOf(book, place);
  book.set(place.key, { ...own, hand: change(own.hand) });
}

/** Labels by hand stay on the samples that they were given to, whatever rate the recording is said to have. */
function atRate({ hand, rate }: OwnLabels, now: number): readonly HandLabel[] {
  if (rate === now) return hand;
  const scale = rate / now;
  return hand.map((one) => ({ ...one, start: one.start * scale, seconds: one.seconds * scale }));
}

function resolve(place: LabelPlace, own: OwnLabels | undefined): RecordingLabels {
  if (!own) return { labels: place.given };
  const { rate } = place;
  const beneath: RecordingLabels = own.table ? tableOf(place, own.table) : { labels: place.given };
  const hand = atRate(own, rate);
  let labels = beneath.labels;
  for (const { start, seconds: length } of hand) labels = without(labels, start, length);
  const named = hand.flatMap(({ label, ...one }) => (label === null ? [] : [{ ...one, label }]));
  return { ...beneath, labels: [...labels, ...named] };
}

const placed = (place: LabelPlace, rows: readonly LabelRow[]): RecordingLabels =>
  labelsOfRows(place.name, rows, place.stored ?? { rate: place.rate, seconds: place.seconds });

const tableOf = (place: LabelPlace, { rows, found }: LabelTable): RecordingLabels =>
  place.stored ? placed(place, rows) : found;

/** Stretches without what lies between two times. */
function without<T extends Omit<HandLabel, 'label'>>(all: readonly T[], start: number, seconds: number): T[] {
  const end = start + seconds;
  return all.flatMap((one) => {
    if (overlap(one, start, seconds) <= NEAR) return [one];
    const ownEnd = one.start + one.seconds;
    return [
      ...(start - one.start > NEAR ? [{ ...one, seconds: start - one.start }] : []),
      ...(ownEnd - end > NEAR ? [{ ...one, start: end, seconds: ownEnd - end }] : []),
    ];
  });
}

const overlap = (one: Omit<HandLabel, 'label'>, start: number, seconds: number): number =>
  Math.min(one.start + one.seconds, start + seconds) - Math.max(one.start, start);

/** In order of time; what touches and is called alike is one. */
function joined(hand: readonly HandLabel[]): HandLabel[] {
  const out: HandLabel[] = [];
  for (const one of [...hand].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last && last.label === one.label && Math.abs(last.start + last.seconds - one.start) < NEAR)
      out[out.length - 1] = { ...last, seconds: one.start + one.seconds - last.start };
    else out.push(one);
  }
  return out;
}
