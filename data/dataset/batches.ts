import type { TrainedWindows } from '../contract/contract.ts';

/** A batch of windows of one shape. The values are in the physical units of the recording (the model z-scores). */
export interface SignalBatch {
  /** Row-major [batch, channels, samples]. */
  signal: Float32Array<ArrayBuffer>;
  shape: readonly [batch: number, channels: number, samples: number];
  /** Where the windows came from, for pictures and logs: a modality, or `unknown` where the files do not say it. */
  source: string;
  /** What auxiliary heads of training are to predict, by name: [batch, channels, values a channel], row-major. */
  targets?: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** Names of the channels of each window, where pictures may be made of them. */
  labels?: readonly (readonly string[])[];
}

/** Now, where it is in memory, or later, where it has to be read. */
export type Awaitable<T> = T | Promise<T>;

/** Windows of one source and shape. */
export interface WindowKind {
  readonly source: string;
  readonly channels: number;
  readonly samples: number;
}

/** Some of a sample: `count` of its windows from number `first` on. */
export interface SamplePart extends WindowKind {
  /** Windows of the whole sample. */
  readonly most: number;
  readonly first: number;
  readonly count: number;
}

/** Anything that training can draw batches from: access is by step, so a resumed run sees what it would have seen. */
export interface BatchSource {
  /** A pure function of the source's seed and `step` (0, 1, 2, ...). */
  trainBatch(step: number): Awaitable<SignalBatch>;
  /** Windows that no training batch contains. */
  heldOut(): Awaitable<readonly SignalBatch[]>;
  /**
   * Windows that training draws from, each once: of all of a kind at most `most`, spread evenly over them. Fewer than `count`
   * where the sample ends. A pure function, which leaves the batches of training as they are.
   */
  trainSample(part: SamplePart): Awaitable<SignalBatch>;
  /** Plain JSON for the run's config and for the log. */
  describe(): Record<string, unknown>;
  /**
   * The channels of the windows that are trained on, in the orders in which they come, and the windows' lengths; some may be
   * listed twice.
   */
  montages(): readonly TrainedWindows[];
}
