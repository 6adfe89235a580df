import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelError } from '../../engine/index.ts';
import { fitTile, ROW_TILES, type RowTile, SHARED_VALUES } from '../../engine/kernels/norm.ts';

const limitsOf = (invocations: number, x: number, y: number, bytes: number) =>
  ({
    maxComputeInvocationsPerWorkgroup: invocations,
    maxComputeWorkgroupSizeX: x,
    maxComputeWorkgroupSizeY: y,
    maxComputeWorkgroupStorageSize: bytes,
  }) as GPUSupportedLimits;

/** WebGPU's defaults, and those of its compatibility mode. */
const CORE = limitsOf(256, 256, 256, 16384);
const COMPATIBILITY = limitsOf(128, 128, 128, 16384);

describe('a row tile', () => {
  it('is the row of the table where the device holds it', () => {
    for (const tile of Object.values(ROW_TILES)) expect(fitTile(tile, CORE)).toEqual(tile);
    expect(fitTile(ROW_TILES.software, COMPATIBILITY)).toEqual(ROW_TILES.software);
  });

  it('shares its columns less on 128 invocations', () => {
    expect(fitTile(ROW_TILES.hardware, COMPATIBILITY)).toEqual({ lanes: 32, rows: 4, down: 32, columns: 4 });
  });

  it('takes no more than its workgroup memory', () => {
    expect(fitTile(ROW_TILES.hardware, limitsOf(256, 256, 256, 1024))).toEqual({
      lanes: 32,
      rows: 2,
      down: 16,
      columns: 4,
    });
  });

  it('fits any limits, in powers of two where it shares, and never grows', () => {
    const count = fc.integer({ min: 1, max: 2000 });
    const tiles: fc.Arbitrary<RowTile> = fc.record({
      lanes: count,
      rows: count,
      down: count,
      columns: count,
    });
    fc.assert(
      fc.property(
        tiles,
        count,
        count,
        count,
        fc.integer({ min: 16, max: 65536 }),
        (tile, most, x, y, bytes) => {
          const { lanes, rows, down, columns } = fitTile(tile, limitsOf(most, x, y, bytes));
          for (const shared of [lanes, down]) expect(Number.isInteger(Math.log2(shared))).toBe(true);
          for (const held of [lanes * rows, down * columns]) {
            expect(held).toBeLessThanOrEqual(Math.min(most, SHARED_VALUES, bytes / 16));
          }
          expect(Math.max(lanes, columns)).toBeLessThanOrEqual(x);
          expect(Math.max(rows, down)).toBeLessThanOrEqual(y);
          expect(Math.min(lanes, rows, down, columns)).toBeGreaterThanOrEqual(1);
          expect([
            lanes <= tile.lanes,
            rows <= tile.rows,
            down <= tile.down,
            columns <= tile.columns,
          ]).toEqual(Array(4).fill(true));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([0, -4, 2.5, Number.NaN])('with %s lanes is refused', (lanes) => {
    expect(() => fitTile({ ...ROW_TILES.software, lanes }, CORE)).toThrow(KernelError);
    expect(() => fitTile({ ...ROW_TILES.software, lanes }, CORE)).toThrow(/lanes .*at least 1/);
  });
});
