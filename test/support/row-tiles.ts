import fc from 'fast-check';
import type { RowTile } from '../../engine/kernels/norm.ts';

export type { RowTile };

/** The tile of the adapter at hand, or those of the other kinds: a run on one device tries the kernels of all. */
export const rowTiles: fc.Arbitrary<RowTile | undefined> = fc.constantFrom(
  undefined,
  { lanes: 1, rows: 4, down: 1, columns: 4 },
  { lanes: 8, rows: 2, down: 8, columns: 3 },
  { lanes: 32, rows: 4, down: 64, columns: 4 },
);
