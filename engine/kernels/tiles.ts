import type { AdapterKind } from '../platform/types.ts';

/** Which product kernel serves a shape. */
export interface ProductTile {
  readonly variant: 'plain' | '8x8' | '16x16';
  /** Smallest min(m, n) from which it is taken. */
  readonly from: number;
}

/**
 * Best first. Big register blocks straight from storage win on processors once they are filled; measured in
 * bench/NOTES.md.
 */
const TABLE: Record<AdapterKind, readonly ProductTile[]> = {
  software: [
    { variant: '16x16', from: 12 },
    { variant: '8x8', from: 1 },
  ],
  hardware: [{ variant: '8x8', from: 1 }],
};

export function productTile(
  kind: AdapterKind,
  m: number,
  n: number,
  vectors: boolean,
): ProductTile['variant'] {
  if (!vectors) return 'plain';
  return TABLE[kind].find(({ from }) => Math.min(m, n) >= from)?.variant ?? 'plain';
}
