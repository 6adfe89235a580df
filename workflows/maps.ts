/** Maps of windows, from their tokens: principal components of all windows, UMAP of as many as it can take. */
import { RandomStream } from '../data/index.ts';
import {
  gatherRows,
  type Pca,
  pca,
  project,
  shareOf,
  UMAP_LEAST_ROWS,
  UMAP_MOST_AXES,
  umap,
} from '../evaluate/index.ts';
import { plural, showCount } from './words.ts';

/** Tokens of windows, [count, dim], row-major. */
export interface Vectors {
  readonly vectors: Float32Array;
  readonly count: number;
  readonly dim: number;
}

export interface WindowMap {
  readonly name: string;
  /** What the two axes are. */
  readonly axes: readonly [across: string, up: string];
  /** How to read it, one or two sentences. */
  readonly note: string;
  /** x, y of one window after the other. */
  readonly points: Float64Array;
  /** Which windows; null for all of them in order. */
  readonly windows: Uint32Array | null;
}

/** As many components as UMAP measures distances along. */
export const componentsForMaps = ({ vectors, dim }: Vectors): Pca =>
  pca(vectors, dim, Math.min(UMAP_MOST_AXES, dim));

export function pcaMap({ vectors }: Vectors, found: Pca): WindowMap {
  const axis = (i: number) => `PC ${i + 1}: ${(100 * shareOf(found, i)).toFixed(1)} % of the variance`;
  const scores = project(found, vectors, Math.min(2, found.dim));
  // Of vectors of one value there is no second axis.
  const points = found.dim > 1 ? scores : Float64Array.from([...scores].flatMap((value) => [value, 0]));
  return {
    name: 'PCA',
    axes: [axis(0), axis(1)],
    note: 'Principal components: a straight view along the two directions in which the windows differ most, both to one scale.',
    points,
    windows: null,
  };
}

const EVENLY_STREAM = 1;

/**
 * One number of each of `taken` stretches of 0 ... count-1, which are of one length: drawn, as every so-many-th would miss
 * what comes at regular distances.
 */
export function evenly(taken: number, count: number, seed: number): Uint32Array {
  const random = new RandomStream(seed, EVENLY_STREAM);
  return Uint32Array.from({ length: taken }, (_, i) => {
    const [from, to] = [Math.floor((i * count) / taken), Math.floor(((i + 1) * count) / taken)];
    return from + random.integer(to - from);
  });
}

export interface UmapMapOptions {
  /** Windows that are mapped, evenly taken of all where there are more. Default: all. */
  readonly most?: number;
  /** Of a window, that are kept near it. Default 15. */
  readonly neighbours?: number;
  readonly seed: number;
  readonly onProgress?: (epoch: number, epochs: number) => void;
}

const UMAP_NEIGHBOURS = 15;

/** Undefined where it is not wanted, or windows are too few. */
export async function umapMap(
  { vectors, count, dim }: Vectors,
  found: Pca,
  { most = Number.POSITIVE_INFINITY, neighbours = UMAP_NEIGHBOURS, seed, onProgress }: UmapMapOptions,
): Promise<WindowMap | undefined> {
  const taken = Math.min(most, count);
  if (taken < UMAP_LEAST_ROWS) return undefined;
  const windows = evenly(taken, count, seed);
  const rows = gatherRows({ values: vectors, columns: dim }, windows);
  const part =
    taken < count ? ` It holds ${showCount(taken)} of the ${plural(count, 'window')}, evenly sampled.` : '';
  return {
    name: 'UMAP',
    axes: ['UMAP 1', 'UMAP 2'],
    note: `UMAP keeps windows together that are near each other (${neighbours} neighbours, ${Math.min(UMAP_MOST_AXES, dim)} principal components, seed ${seed}); distances between groups, and their sizes, mean little.${part}`,
    points: await umap(found, rows, { neighbours, seed, ...(onProgress && { onProgress }) }),
    windows: taken < count ? windows : null,
  };
}
