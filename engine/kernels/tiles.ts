import type { AdapterKind } from '../platform/types.ts';

/** How a product kernel is cut up: results an invocation along each side, invocations a workgroup along each side. */
export interface ProductTile {
  readonly block: number;
  readonly workgroup: number;
}

/**
 * By kind of adapter, measured in bench/NOTES.md: a processor runs a workgroup's invocations one vector at a time
 * and likes small groups; a graphics card needs whole warps.
 */
export const BLOCKED_TILE: Readonly<Record<AdapterKind, ProductTile>> = {
  software: { block: 8, workgroup: 4 },
  hardware: { block: 8, workgroup: 8 },
};

export const PLAIN_TILE: ProductTile = { block: 1, workgroup: 8 };

/** Multiply-adds that one dispatch may take on: browsers kill work that holds the device for seconds. */
export const DISPATCH_PRODUCTS: Readonly<Record<AdapterKind, number>> = {
  software: 2 ** 29,
  hardware: 2 ** 37,
};
