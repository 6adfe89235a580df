/** A batch of windows of one shape. The values are in the physical units of the recording (the model z-scores). */
export interface SignalBatch {
  /** Row-major [batch, channels, samples]. */
  signal: Float32Array<ArrayBuffer>;
  shape: readonly [batch: number, channels: number, samples: number];
  /** Where the windows came from, for pictures and logs: a modality, or `unknown` where the files do not tell it. */
  source: string;
  /** What auxiliary heads of training are to predict, by name: [batch, channels, values a channel], row-major. */
  targets?: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
  /** Names of the channels of each window, where pictures may be made of them. */
  labels?: readonly (readonly string[])[];
}

/** Now, where it is in memory, or later, where it has to be read. */
export type Awaitable<T> = T | Promise<T>;

/** Anything that training can draw batches from: access is by step, so a resumed run sees what it would have seen. */
export interface BatchSource {
  /** A pure function of the source's seed and `step` (0, 1, 2, ...). */
  trainBatch(step: number): Awaitable<SignalBatch>;
  /** Windows that no training batch contains. */
  heldOut(): Awaitable<readonly SignalBatch[]>;
  /** Plain JSON for the run's config and for the log. */
  describe(): Record<string, unknown>;
}
