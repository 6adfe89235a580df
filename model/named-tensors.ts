import type { Shape } from '../engine/index.ts';

/** Tensors by their names in a state dict; `data` is row-major. */
export type NamedTensors = ReadonlyMap<string, { readonly shape: Shape; readonly data: Float32Array }>;
