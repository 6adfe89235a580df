/** UMAP: rows on a plane, those that are near each other kept together. No Node in here. */
import { Random } from '../engine/index.ts';
import { ModelError } from '../model/errors.ts';
import { type Pca, project } from './pca.ts';

export interface UmapOptions {
  readonly seed: number;
  /** Of a row, that are kept near it. Default 15. */
  readonly neighbours?: number;
  /** Called after each epoch, with how many there will be. */
  readonly onProgress?: (epoch: number, epochs: number) => void;
}

/** Fewest rows that have neighbours to speak of. */
export const UMAP_LEAST_ROWS = 4;
/** Axes that distances are measured along: beyond these there is little but noise. */
export const UMAP_MOST_AXES = 50;

/** Milliseconds after which a worker is let hear its messages. */
const LONGEST_STRETCH = 30;

/**
 * Rows of `values` [rows, dim], row-major, as a map [rows, 2], from their first principal components: the same for the same
 * seed.
 * @throws ModelError for fewer than `UMAP_LEAST_ROWS` rows.
 */
export async function umap(
  found: Pca,
  values: ArrayLike<number>,
  { seed, neighbours = 15, onProgress }: UmapOptions,
): Promise<Float64Array> {
  const count = values.length / found.dim;
  if (count < UMAP_LEAST_ROWS)
    throw new ModelError(`UMAP of ${count} rows; it needs at least ${UMAP_LEAST_ROWS}.`);
  // Only who asks for a map needs the library.
  const { UMAP } = await import('umap-js');
  const axes = Math.min(UMAP_MOST_AXES, found.dim);
  const projected = project(found, values, axes);
  const rows = Array.from({ length: count }, (_, i) =>
    Array.from(projected.subarray(i * axes, (i + 1) * axes)),
  );
  const model = new UMAP({ nNeighbors: Math.min(neighbours, count - 1), random: drawing(seed) });
  const epochs = model.initializeFit(rows);
  let since = performance.now();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.step();
    onProgress?.(epoch, epochs);
    if (performance.now() - since < LONGEST_STRETCH) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  }
  return Float64Array.from(model.getEmbedding().flat());
}

const BLOCK = 4096;
const BELOW_ONE = 1 - 2 ** -24;

/** Numbers in [0, 1) one after the other, in blocks: UMAP draws tens of millions. */
function drawing(seed: number): () => number {
  const random = new Random(seed, 'umap');
  const block = new Float32Array(BLOCK);
  let [blocks, at] = [0, BLOCK];
  return () => {
    if (at === BLOCK) {
      random.fork(`${blocks++}`).fillUniform(block, 0, BELOW_ONE);
      at = 0;
    }
    return block[at++] as number;
  };
}
