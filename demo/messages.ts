/** What the page and its worker say to each other. Everything here can be cloned. */
import type { Modality, WindowSeconds } from '../data/index.ts';
import type { Metrics } from '../evaluate/index.ts';
import type { Conditioning, SpotrSize } from '../model/index.ts';
import type { TableRow } from '../workflows/labelled/outcome.ts';
import type { GroupNoun } from '../workflows/labelled/task.ts';
import type { RecipeName } from '../workflows/pretraining/recipes.ts';
import type { LossTable } from '../workflows/yardsticks/table.ts';

/** How files are opened and recordings cut into windows. */
export interface Cutting {
  readonly mains: 50 | 60 | 'auto' | 'none';
  /** Of a window: of each, or of each kind of signal. */
  readonly seconds: WindowSeconds;
  /** Labels of the channels to use; null for all that fit together. */
  readonly channels: readonly string[] | null;
}

/** What a person says of files that do not say it themselves. */
export interface Reading {
  readonly rate: number | null;
  readonly modality: Modality | null;
}

export interface TrainSettings {
  readonly size: SpotrSize;
  /** Not there in what older pages kept: then the paper's. */
  readonly recipe?: RecipeName;
  readonly conditioning: Conditioning;
  readonly learningRate: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
}

export interface Adapter {
  readonly description: string;
  readonly why: string;
  readonly kind: 'hardware' | 'software';
}

/** A file, and where it lay in what was dropped: names with / between folders. */
export interface Dropped {
  readonly path: string;
  readonly file: File;
  /** Why the browser does not give it; `file` is empty then. */
  readonly unread?: string;
}

export interface RecordingFacts {
  readonly name: string;
  readonly format: string;
  readonly modality: Modality | null;
  readonly channels: readonly {
    readonly label: string;
    readonly unit: string;
    readonly rate: number;
    /** Whether it is used where a person chooses nothing. */
    readonly used: boolean;
  }[];
  readonly seconds: number;
  readonly notes: readonly string[];
}

export interface Signals {
  /** What results made of them are called by. */
  readonly name: string;
  readonly kind: 'generated' | 'files';
  readonly recordings: readonly RecordingFacts[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Lines of a stretch of a recording, thinned to what a screen shows. */
export interface Traces {
  readonly from: number;
  readonly seconds: number;
  /** The same for all channels. */
  readonly times: Float64Array;
  readonly lines: readonly { readonly label: string; readonly unit: string; readonly values: Float32Array }[];
}

export interface StepTold {
  readonly step: number;
  readonly loss: number;
  readonly source: string;
}

export interface Progress {
  readonly told: readonly StepTold[];
  readonly step: number;
  readonly steps: number;
  /** Of training. */
  readonly seconds: number;
  /** Windows a second; undefined until there is something to go by. */
  readonly rate: number | undefined;
  readonly gpuBytes: number;
  readonly secondsLeft: number | undefined;
}

/** A window in standard deviations of each channel, and what came back. Both [channels, samples], row-major. */
export interface Shown {
  readonly title: string;
  readonly channels: readonly string[];
  readonly seconds: number;
  readonly original: Float32Array | null;
  readonly back: Float32Array;
  /** Squared error over the window's own power; 1 is what predicting zero gives. */
  readonly error: number | null;
}

export type RunState = 'none' | 'starting' | 'training' | 'paused' | 'finished';

/** What a run amounts to on windows held out of it, ready to be shown. */
export interface Outcome {
  readonly table: LossTable;
  readonly findings: readonly string[];
  /** Losses to compare those of a source with. */
  readonly yardsticks: readonly { readonly source: string; readonly name: string; readonly loss: number }[];
}

export interface ModelFacts {
  /** Another one has another. */
  readonly id: number;
  readonly description: string;
  readonly parameters: number;
  readonly step: number;
  /** Whether the weights came without a renderer: until it is trained, what it draws means nothing. */
  readonly lacksRenderer: boolean;
  /** Of the windows that the weights were trained on, where they say it. */
  readonly window: { readonly seconds: WindowSeconds; readonly inWords: string } | null;
}

/** What is kept in the browser's own storage. */
export interface Kept {
  readonly signals: { readonly kind: 'generated' | 'files'; readonly names: readonly string[] } | null;
  readonly reading: Reading;
  readonly cutting: Cutting | null;
  readonly checkpoint: { readonly step: number; readonly steps: number; readonly seconds: number } | null;
  /** Recordings with labels, whether their files are kept or not; null where the labels cannot be read. */
  readonly labelled: number | null;
  readonly bytes: number;
}

export interface Restored {
  readonly signals: Signals;
  readonly reading: Reading;
  readonly cutting: Cutting;
  readonly settings: TrainSettings | null;
  readonly model: ModelFacts | null;
  readonly told: readonly StepTold[];
}

/** One list an attribute of windows, in one order. */
export interface WindowList {
  /** Another list has another. */
  readonly id: number;
  readonly recordings: readonly string[];
  readonly recording: Uint16Array;
  readonly start: Float64Array;
  readonly seconds: Float64Array;
  readonly modality: readonly (Modality | null)[];
  readonly label: readonly (string | null)[];
  /** Of each recording, the subject and the part that tables of labels give it: a probe divides by them. */
  readonly division: readonly string[];
}

/** The labels as they are now. */
export interface LabelFacts {
  /** Of the windows of the map; empty where there is none. */
  readonly windows: readonly (string | null)[];
  /** As that of the list of windows. */
  readonly division: readonly string[];
  /** Recordings with labels by hand or of tables. */
  readonly recordings: number;
  /** Of them, those that are not among the signals at hand. */
  readonly elsewhere: number;
  /** The last change, which can be undone. */
  readonly undoable: string | null;
  /** Labels of tables that are not used, and why. */
  readonly leftOut: readonly string[];
}

/** What must go before something can be done, in words to ask with. */
export interface Asks {
  readonly asks: string;
}

export interface MapPoints {
  readonly kind: 'pca' | 'umap';
  readonly axes: readonly [across: string, up: string];
  readonly note: string;
  /** x, y of one window after the other. */
  readonly points: Float64Array;
  /** Steps of the model that made them: two where it was trained on meanwhile. */
  readonly step: number;
  readonly lastStep: number;
}

/** A row of the command's table. */
export interface ProbeRow extends TableRow {
  /** Means over seeds. */
  readonly metrics: Metrics;
}

export interface Probed {
  readonly classes: readonly string[];
  readonly windows: { readonly train: number; readonly validation: number; readonly test: number };
  /** Of the test windows and, where there is one, of whole recordings. */
  readonly tables: readonly { readonly title: string; readonly rows: readonly ProbeRow[] }[];
  /** How the probe was trained. */
  readonly protocol: string;
  /** Of two classes the one that AUPRC is of, and why that one. */
  readonly positive: { readonly name: string; readonly how: string } | null;
  /** Of the probe, mean over seeds: true classes down, predicted ones across; empty of more classes than can be shown. */
  readonly confusion: readonly (readonly number[])[];
  /** How the windows were divided, and what the parts share. */
  readonly how: string;
  /** What intervals resample. */
  readonly groups: GroupNoun;
  readonly seeds: number;
  /** What the table comes to, and with what care it is to be read. */
  readonly remarks: readonly string[];
}

/** What the page can ask for. Every one may fail with a sentence for people. */
export interface Calls {
  open(): Adapter;
  kept(): Kept;
  useGenerated(): Signals;
  useFiles(files: readonly Dropped[], reading: Reading): Signals;
  /** The same files, of another kind or rate. */
  readAgain(reading: Reading): Signals;
  /** Writes what is worked on to the browser's own storage; false where that cannot be. */
  keepSignals(): boolean;
  restore(): Restored;
  wipe(): undefined;
  traces(recording: number, from: number, seconds: number, points: number): Traces;
  /** Begins a run, from fresh weights or from those that were loaded; events report how it goes. */
  train(cutting: Cutting, settings: TrainSettings, fromLoaded: boolean): undefined;
  resume(): undefined;
  pause(): undefined;
  /** Writes a run that is under way at its next step: the page may be closed. */
  keepSoon(): undefined;
  /** Ends the run where it stands, and measures it on what is held out. */
  stop(): undefined;
  /** Cuts the windows of the map, and squeezes each into its token. */
  embed(cutting: Cutting): WindowList;
  map(kind: 'pca' | 'umap'): MapPoints;
  /** `of`, here and below: the list that windows are numbered by; where there is another meanwhile, nothing is done. */
  show(window: number, of?: number): Shown;
  /** What the renderer makes of a token between those of two windows. */
  between(a: number, b: number, part: number, of?: number): Shown;
  label(windows: readonly number[], label: string | null, of?: number): readonly (string | null)[];
  /** Reads a table; where labels of another would go and nobody is `sure`, it asks instead. */
  labelFrom(file: File, sure?: boolean): readonly (string | null)[] | Asks;
  /** Takes the last change of labels back. */
  undoLabels(): readonly (string | null)[];
  saveLabels(): Blob;
  /** `positive`: of two labels the one that is looked for; null: the rarer. */
  probe(modality: Modality | null, positive?: string | null): Probed;
  /** The probe that is under way ends at its next row. */
  stopProbe(): undefined;
  loadWeights(files: readonly File[]): ModelFacts;
  saveWeights(): Blob;
  saveEmbeddings(format: 'parquet' | 'csv'): Blob;
}

export type CallName = keyof Calls;

export interface Request<N extends CallName = CallName> {
  readonly id: number;
  readonly name: N;
  readonly args: Parameters<Calls[N]>;
}

/** What the worker reports without having been asked. */
export type Event =
  /** Other signals are worked on: what was made of those before is none of theirs. */
  | { readonly kind: 'signals'; readonly signals: Signals; readonly reading: Reading }
  /** `data`: what the run learns from. */
  | {
      readonly kind: 'state';
      readonly state: RunState;
      readonly model: ModelFacts | null;
      readonly data: string | null;
    }
  | { readonly kind: 'labels'; readonly labels: LabelFacts }
  /** What the recordings gave no windows of, and why. */
  | { readonly kind: 'cut'; readonly remarks: readonly string[] }
  /** Whether what is done here is kept in this browser. */
  | { readonly kind: 'keeping'; readonly keeps: boolean }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'previews'; readonly step: number; readonly shown: readonly Shown[] }
  | { readonly kind: 'heldOut'; readonly outcome: Outcome }
  /** The same with yardsticks, which take some seconds; before that, how far they are. */
  | { readonly kind: 'compared'; readonly outcome: Outcome }
  | { readonly kind: 'comparing'; readonly part: number }
  /** The step of the run that is kept; null: none is. */
  | { readonly kind: 'saved'; readonly step: number | null }
  /** The run resumes after this; what was reported beyond it will be reported again. */
  | { readonly kind: 'restarted'; readonly told: readonly StepTold[] }
  /** A remark that does not stop anything, such as storage that is full. */
  | { readonly kind: 'note'; readonly message: string }
  /** Training ended by an error. */
  | { readonly kind: 'failed'; readonly message: string }
  /** What of the probe's table is made now, how much of it is done and how long it takes yet. */
  | { readonly kind: 'probing'; readonly what: string }
  | { readonly kind: 'busy'; readonly message: string | null };

export type Answer =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string }
  /** Something newer was asked for, whose answer comes. */
  | { readonly kind: 'superseded'; readonly id: number };

export type FromWorker = Answer | Event;
