/** Places of windows on a plane, from their tokens. */
import { pca, project, shareOf, UMAP_MOST_AXES, umap } from '../../evaluate/index.ts';
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

export async function mapOf(kind: MapPoints['kind'], tokens: Tokens): Promise<MapPoints> {
  return kind === 'pca' ? pcaMap(tokens) : umapMap(tokens);
}

function pcaMap({ values, dim, step, lastStep }: Tokens): MapPoints {
  const found = pca(values, dim, Math.min(2, dim));
  const share = (axis: number) => (100 * shareOf(found, axis)).toFixed(0);
  return {
    kind: 'pca',
    axes: [`PC 1: ${share(0)} % of the variance`, `PC 2: ${share(1)} %`],
    note: 'Principal components: a straight view along the two directions in which the tokens differ most.',
    points: project(found, values, 2),
    step,
    lastStep,
  };
}

async function umapMap({ values, dim, step, lastStep }: Tokens): Promise<MapPoints> {
  return {
    kind: 'umap',
    axes: ['UMAP 1', 'UMAP 2'],
    note: 'UMAP keeps windows together that are near each other; distances between groups, and their sizes, mean little.',
    points: await umap(pca(values, dim, Math.min(UMAP_MOST_AXES, dim)), values, { seed: 1 }),
    step,
    lastStep,
  };
}
