import { KernelError } from '../errors.ts';
import type { Recorder } from '../gpu/recorder.ts';
import type { AdapterKind } from '../platform/types.ts';
import { linearGrid } from './grid.ts';

/** How the work on rows is shared out. */
export interface RowTile {
  /** Invocations that share a row, and rows of a workgroup: sums along rows. */
  readonly lanes: number;
  readonly rows: number;
  /** Invocations that share a column, and columns of a workgroup: sums down the rows. */
  readonly down: number;
  readonly columns: number;
}

/** Values that the workgroup arrays of rows.wgsl and columns.wgsl hold, one an invocation; a constant there. */
export const SHARED_VALUES = 256;
/** The largest of those values, a vec4f. */
const VALUE_BYTES = 16;

/**
 * Barriers are dear on a processor; a GPU wants neighbouring invocations on neighbouring values, and many of them.
 * The row for hardware is not measured.
 */
export const ROW_TILES: Record<AdapterKind, RowTile> = {
  software: { lanes: 1, rows: 4, down: 1, columns: 4 },
  hardware: { lanes: 32, rows: 4, down: 64, columns: 4 },
};

/** A tile made small enough for a device's workgroups: every sharing invocation is one of a power of two. */
export function fitTile(tile: RowTile, limits: GPUSupportedLimits): RowTile {
  for (const [name, count] of Object.entries(tile)) {
    if (!Number.isInteger(count) || count < 1) {
      throw new KernelError(`A row tile with ${name} ${count}; it must be a whole number of at least 1.`);
    }
  }
  const most = Math.min(
    SHARED_VALUES,
    limits.maxComputeInvocationsPerWorkgroup,
    Math.floor(limits.maxComputeWorkgroupStorageSize / VALUE_BYTES),
  );
  const { maxComputeWorkgroupSizeX: x, maxComputeWorkgroupSizeY: y } = limits;
  const lanes = powerOfTwo(Math.min(tile.lanes, x, most));
  const columns = Math.min(tile.columns, x, most);
  return {
    lanes,
    rows: Math.min(tile.rows, y, Math.floor(most / lanes)),
    down: powerOfTwo(Math.min(tile.down, y, Math.floor(most / columns))),
    columns,
  };
}

/** The largest power of two up to `most`: sums are halved until one is left. */
function powerOfTwo(most: number): number {
  return 2 ** Math.floor(Math.log2(most));
}

function tileOf({ device }: Recorder, tile: RowTile | undefined): RowTile {
  return fitTile(tile ?? ROW_TILES[device.kind], device.limits);
}

/** What a dispatch of a kernel built on rows.wgsl needs for `rows` rows; `tile` overrules the table, for tests. */
export function rowDispatch(recorder: Recorder, rows: number, tile?: RowTile) {
  const { lanes, rows: rowsEach } = tileOf(recorder, tile);
  return {
    constants: { LANES: lanes, ROWS: rowsEach },
    workgroups: linearGrid(recorder, rows, rowsEach),
  };
}

/** The same for a kernel built on columns.wgsl and `columns` columns of elements. */
export function columnDispatch(recorder: Recorder, columns: number, tile?: RowTile) {
  const { down, columns: columnsEach } = tileOf(recorder, tile);
  return {
    constants: { DOWN: down, COLUMNS: columnsEach },
    workgroups: linearGrid(recorder, columns, columnsEach),
  };
}
