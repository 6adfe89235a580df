/** A row of embeddings: one window, where it was, and its vector. */
import {
  labelOf,
  type ManifestEntry,
  type Modality,
  type Recording,
  type SplitName,
} from '../../data/index.ts';
import { nearPaths } from '../text.ts';

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

/** The place of a window of a recording, by what a manifest says of it. */
export function placeOf(
  { name, dataset, modality, subject }: Recording,
  entry: ManifestEntry | undefined,
  { start, seconds, channels }: Pick<WindowPlace, 'start' | 'seconds' | 'channels'>,
): WindowPlace {
  const label = labelOf(entry?.labels ?? [], start, seconds);
  const recording = nearPaths(name);
  return { recording, start, seconds, channels, dataset, modality, subject, split: entry?.split, label };
}
