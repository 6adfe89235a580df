/** Maps of windows, from their tokens. */
import { UMAP_LEAST_ROWS } from '../../evaluate/index.ts';
import { ModelError } from '../../model/index.ts';
import { componentsForMaps, pcaMap, umapMap } from '../../workflows/maps.ts';
import type { MapPoints } from '../messages.ts';

export interface Tokens {
  /** [windows, dim], row-major. */
  readonly values: Float32Array;
  /** The mean of the other tokens of each window, [windows, dim]. */
  readonly others: Float32Array;
  readonly dim: number;
  /** Of the model that made them, and what it is. */
  readonly step: number;
  /** Another where it was trained on meanwhile. */
  readonly lastStep: number;
  readonly encoder: string;
}

/** That of `spotr explore`, where nobody chooses another. */
const UMAP_SEED = 1;

/** The map that was asked for, by the same functions as the command's. */
export async function mapOf(
  kind: MapPoints['kind'],
  { values, dim, step, lastStep }: Tokens,
): Promise<MapPoints> {
  const vectors = { vectors: values, count: values.length / dim, dim };
  const found = componentsForMaps(vectors);
  const map = kind === 'pca' ? pcaMap(vectors, found) : await umapMap(vectors, found, { seed: UMAP_SEED });
  if (!map)
    throw new ModelError(
      `UMAP of ${vectors.count} windows; it needs at least ${UMAP_LEAST_ROWS}. Look at the principal components.`,
    );
  const { axes, note, points } = map;
  return { kind, axes, note, points, step, lastStep };
}
