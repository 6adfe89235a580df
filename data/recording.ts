/** What a file of signals looks like to the rest of the program, whatever its format. */

/** The kinds of signal that SPOTR was made for, in the order in which training on generated ones visits them. `ieeg` is intracranial EEG. */
export const MODALITIES = ['ecg', 'ppg', 'eeg', 'ieeg'] as const;
export type Modality = (typeof MODALITIES)[number];

/**
 * What a channel can record: one of the modalities, or something that stands beside them. `measure` is a number that was
 * computed from a signal, `impedance` also its quality, `auxiliary` an input that anything may be plugged into, `other`
 * what a file declares to be none of these.
 */
export const CHANNEL_KINDS = [
  ...MODALITIES,
  'eog',
  'emg',
  'respiration',
  'gas',
  'pressure',
  'saturation',
  'heart-rate',
  'temperature',
  'eda',
  'acceleration',
  'rotation',
  'magnetic',
  'position',
  'sound',
  'light',
  'gaze',
  'nirs',
  'measure',
  'marks',
  'counter',
  'time',
  'battery',
  'impedance',
  'reference',
  'auxiliary',
  'other',
] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

export interface ChannelInfo {
  /** As the file spells it, trimmed; labels need not be unique. */
  label: string;
  /** Physical unit as the file spells it; empty where it names none. */
  unit: string;
  /** Samples a second. Channels of one recording may differ. */
  rate: number;
  /** Samples stored. */
  length: number;
  /** What it records, where a file beside it or its own values say so; otherwise `kindsOf` goes by its name, unit and rate. */
  kind?: ChannelKind;
  /** Why it should not be used unless it is asked for: somebody marked it as bad, or its values are those of a counter, of times or of flags. */
  bad?: string;
}

/** A jump in time between two samples that lie next to each other in the file. */
export interface Gap {
  /** Seconds of stored signal before the jump, so sample `at * rate` of a channel is the first one after it. */
  at: number;
  /** Seconds that are missing (negative where the file goes back in time, NaN where it does not say). */
  seconds: number;
}

export interface Annotation {
  /**
   * Seconds from the start of the recording, and seconds that it lasts (0 where not stated). In EDF+ by the clock, which
   * runs on in gaps, in other formats of stored signal, as `sample`.
   */
  onset: number;
  duration: number;
  /** What it says; of a mark without words its symbol. */
  text: string;
  /** The sample that it stands at, from 0, where the file counts in samples (of WFDB: in frames). */
  sample?: number;
  /** Of WFDB: the letter of its kind ("N" is a normal beat). Of BrainVision: the kind ("Stimulus"). */
  symbol?: string;
  /** Of WFDB: the fields of the same names. */
  subtype?: number;
  num?: number;
  aux?: string;
  /** Of the signal that it is about, as the file counts: WFDB from 0, BrainVision from 1 (none: all signals). */
  channel?: number;
}

/**
 * Where the rows of a table lie among the samples of its recording: where times say that rows are missing there are samples
 * without a row, and pauses are gaps.
 */
export interface RowPlaces {
  /** Rows of the table. */
  readonly count: number;
  /** The sample of a row, from 0 (a fraction where rows were interpolated); of the row after the last, how many samples there are. */
  placeOf(row: number): number;
  /** Seconds of the longest pause between rows start ... end-1; 0 where there is none of a second or more. */
  pauseIn(start: number, end: number): number;
}

/** What a recording shares with others: those with one of these in common are never split between train and test. */
export interface Kin {
  /** Longer records that it is a segment of. */
  records: readonly string[];
  /** Files that its samples lie in. */
  files: readonly string[];
}

/** An opened recording. Nothing of the signal is in memory; `read` fetches what is asked for. */
export interface Recording {
  readonly name: string;
  /** Format in words, for example "EDF+D". */
  readonly format: string;
  /**
   * Whose recording it is, as far as the file shows, as a pseudonym: recordings of one subject are never split between
   * train and test.
   */
  readonly subject?: string;
  readonly kin?: Kin;
  /** The collection that it is part of, where several are used together. */
  readonly dataset?: string;
  readonly modality?: Modality;
  readonly channels: readonly ChannelInfo[];
  /** Hz of the mains where it was recorded, where a file beside it says so. */
  readonly mains?: number;
  /** Local time as ISO 8601 without zone. */
  readonly startTime?: string;
  /** Seconds from `startTime`, from which the onsets of annotations count, to the first sample; 0 where not stated. */
  readonly startOffset?: number;
  readonly gaps: readonly Gap[];
  /** Of a table of text; of other formats a row is a sample. */
  readonly rows?: RowPlaces;
  /** What was odd about the file and what was made of it, one sentence each. */
  readonly notes: readonly string[];
  /**
   * Samples start ... start+count-1 of some channels, one array a channel, in physical units; missing samples are NaN.
   * The channels must share one rate; a range that reaches out of the recording throws a SignalError.
   */
  read(channels: readonly number[], start: number, count: number): Promise<Float64Array[]>;
  /** Marks in the file, where its format has them. */
  annotations?(): Promise<Annotation[]>;
  /**
   * What the file says of its patient, as it stands there: for a person who asks to see it. A function, so that nothing
   * that prints or stores a recording takes it along.
   */
  patient?(): string;
}
