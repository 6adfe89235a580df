import type { Kernel } from '../kernel.ts';
import type { AdapterKind } from '../platform/types.ts';
import type { Recorder } from '../recorder.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { LINEAR_WORKGROUP, linearGrid } from './grid.ts';
import { sumAxes } from './reduce.ts';

/** How many invocations share a row, and how many rows a workgroup takes. */
export interface RowTile {
  readonly lanes: number;
  readonly rows: number;
}

/** Barriers are dear on a processor; a GPU wants neighbouring invocations on neighbouring values. */
const TILES: Record<AdapterKind, RowTile> = {
  software: { lanes: 1, rows: 4 },
  hardware: { lanes: 32, rows: 4 },
};

/** What a dispatch of a kernel built on rows.wgsl needs for `rows` rows; `tile` overrules the table, for tests. */
export function rowDispatch(recorder: Recorder, rows: number, tile?: RowTile) {
  const { lanes, rows: rowsEach } = tile ?? TILES[recorder.device.kind];
  return {
    constants: { LANES: lanes, ROWS: rowsEach },
    workgroups: linearGrid(recorder, rows, rowsEach),
  };
}

/** The pair of kernels for rows of single values and of vectors of 4. */
export interface ByValues {
  readonly single: Kernel;
  readonly vectors: Kernel;
}

/** The kernel for these row lengths, and how many values one element of theirs holds. */
export function pickByValues(kernels: ByValues, ...lengths: readonly number[]) {
  const vectors = lengths.every((length) => length % 4 === 0);
  return { kernel: vectors ? kernels.vectors : kernels.single, values: vectors ? 4 : 1 };
}

/** Rows that one invocation sums alone towards the gradient of a weight. */
export const ROW_CHUNK = 32;

/**
 * Sums over rows in two stages: `partials(targets, workgroups)` records the kernel that sums chunks of ROW_CHUNK
 * rows into [chunks, width] tensors, one for each of `outs`, which then receive the sums of the chunks.
 */
export function sumOverRows(
  recorder: Recorder,
  rows: number,
  width: number,
  values: number,
  outs: readonly Tensor[],
  partials: (targets: readonly Tensor[], workgroups: [number, number]) => void,
): void {
  const chunks = Math.ceil(rows / ROW_CHUNK);
  const spec = { shape: [chunks, width], dtype: 'f32' } as const;
  const targets = chunks === 1 ? outs : outs.map(() => emptyTensor(recorder, spec, 'partial sums'));
  partials(targets, linearGrid(recorder, chunks * (width / values), LINEAR_WORKGROUP));
  if (chunks === 1) return;
  for (const [index, out] of outs.entries()) sumAxes(targets[index] as Tensor, [0], 1, out);
}
