import { UMAP } from 'umap-js';
import { RandomStream } from '../../data/index.ts';

export interface UmapOptions {
  readonly neighbours: number;
  readonly seed: number;
  /** Called with the part that is done. */
  readonly onProgress?: (part: number) => void;
}

/** Fewest rows that have neighbours to speak of. */
export const LEAST_ROWS = 4;

/** Rows [rows, dim], row-major, as a map [rows, 2]: the same for the same seed. */
export function umap(
  values: Float64Array,
  dim: number,
  { neighbours, seed, onProgress }: UmapOptions,
): Float64Array {
  const rows = Array.from({ length: values.length / dim }, (_, i) =>
    Array.from(values.subarray(i * dim, (i + 1) * dim)),
  );
  if (rows.length < LEAST_ROWS) throw new RangeError(`UMAP of ${rows.length} rows; it needs ${LEAST_ROWS}.`);
  const random = new RandomStream(seed);
  const model = new UMAP({
    nNeighbors: Math.min(neighbours, rows.length - 1),
    random: () => random.uniform(),
  });
  const epochs = model.initializeFit(rows);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.step();
    onProgress?.(epoch / epochs);
  }
  return Float64Array.from(model.getEmbedding().flat());
}
