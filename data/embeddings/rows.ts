/** A row of embeddings: one window, where it was, and its vector. */
import type { SplitName } from '../dataset/manifest.ts';
import type { Modality } from '../recording.ts';

/** What is said of a window beside its vector. */
export interface WindowPlace {
  readonly recording: string;
  /** Seconds of stored signal before it. */
  readonly start: number;
  readonly seconds: number;
  readonly channels: readonly string[];
  readonly dataset?: string | undefined;
  readonly modality?: Modality | undefined;
  readonly subject?: string | undefined;
  readonly split?: SplitName | undefined;
  /** The label of the manifest that covers at least half of the window. */
  readonly label?: string | undefined;
}

export interface EmbeddingRow extends WindowPlace {
  readonly embedding: Float32Array;
}

/** In the order of the columns, which is the same in every format. */
export const PLACE_COLUMNS = [
  ...['recording', 'start', 'seconds', 'channels'],
  ...['dataset', 'modality', 'subject', 'split', 'label'],
] as readonly (keyof WindowPlace)[];

export const NOTICE =
  'Embeddings of physiological signals are personal data: they can identify a person. Protect them like the recordings that they come from.';
