/** Places of windows on a plane, from their tokens. */
import { RandomStream } from '../../data/index.ts';
import { pca, project } from '../../model/index.ts';
import type { MapPoints } from '../messages.ts';

/** Directions that UMAP measures distances along: beyond these there is little but noise. */
const MOST_AXES = 50;
const NEIGHBOURS = 15;
const LEAST_ROWS = 4;

export interface Tokens {
  /** [windows, dim], row-major. */
  readonly values: Float32Array;
  readonly dim: number;
  /** Of the model that made them. */
  readonly step: number;
}

export async function mapOf(kind: MapPoints['kind'], tokens: Tokens): Promise<MapPoints> {
  return kind === 'pca' ? pcaMap(tokens) : umapMap(tokens);
}

function pcaMap({ values, dim, step }: Tokens): MapPoints {
  const found = pca(values, dim);
  const share = (axis: number) => (found.total > 0 ? (100 * (found.variances[axis] ?? 0)) / found.total : 0);
  return {
    kind: 'pca',
    axes: [`PC 1: ${share(0).toFixed(0)} % of the variance`, `PC 2: ${share(1).toFixed(0)} %`],
    note: 'Principal components: a straight view along the two directions in which the tokens differ most.',
    points: project(found, values, 2),
    step,
  };
}

async function umapMap({ values, dim, step }: Tokens): Promise<MapPoints> {
  const { UMAP } = await import('umap-js');
  const axes = Math.min(MOST_AXES, dim);
  const projected = project(pca(values, dim), values, axes);
  const rows = Array.from({ length: projected.length / axes }, (_, i) =>
    Array.from(projected.subarray(i * axes, (i + 1) * axes)),
  );
  if (rows.length < LEAST_ROWS)
    throw new RangeError(`UMAP of ${rows.length} windows; it needs ${LEAST_ROWS}.`);
  const random = new RandomStream(1);
  const umap = new UMAP({
    nNeighbors: Math.min(NEIGHBOURS, rows.length - 1),
    random: () => random.uniform(),
  });
  await umap.fitAsync(rows);
  return {
    kind: 'umap',
    axes: ['UMAP 1', 'UMAP 2'],
    note: 'UMAP keeps windows together that are near each other; distances between groups, and their sizes, mean little.',
    points: Float64Array.from(umap.getEmbedding().flat()),
    step,
  };
}
