import type { AdapterKind } from '../platform/types.ts';
import type { Recorder } from '../recorder.ts';
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

/**
 * Barriers are dear on a processor; a GPU wants neighbouring invocations on neighbouring values, and many of them.
 * The row for hardware is not measured.
 */
const TILES: Record<AdapterKind, RowTile> = {
  software: { lanes: 1, rows: 4, down: 1, columns: 4 },
  hardware: { lanes: 32, rows: 4, down: 64, columns: 4 },
};

/** What a dispatch of a kernel built on rows.wgsl needs for `rows` rows; `tile` overrules the table, for tests. */
export function rowDispatch(recorder: Recorder, rows: number, tile?: RowTile) {
  const { lanes, rows: rowsEach } = tile ?? TILES[recorder.device.kind];
  return {
    constants: { LANES: lanes, ROWS: rowsEach },
    workgroups: linearGrid(recorder, rows, rowsEach),
  };
}

/** The same for a kernel built on columns.wgsl and `columns` columns of elements. */
export function columnDispatch(recorder: Recorder, columns: number, tile?: RowTile) {
  const { down, columns: columnsEach } = tile ?? TILES[recorder.device.kind];
  return {
    constants: { DOWN: down, COLUMNS: columnsEach },
    workgroups: linearGrid(recorder, columns, columnsEach),
  };
}
