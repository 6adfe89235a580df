/** What is timed, and what times it: the words that the suite, its rows and the peers share. */

/** Host values, row-major. u32 are labels. */
export interface Values {
  readonly data: Float32Array | Uint32Array;
  readonly shape: readonly number[];
}

export type Pass =
  /** The operation alone. */
  | 'forward'
  /** The operation, and the gradient of sum(seed * result) by every input that has one. */
  | 'gradient';

/** One operation at one shape. */
export interface KernelCase {
  /** Stable, e.g. `product/512x512x512/forward`. */
  readonly id: string;
  readonly family: string;
  /** Name of the engine's registered operation; its float64 reference verifies the result. */
  readonly op: string;
  readonly attributes: unknown;
  readonly shapes: readonly (readonly number[])[];
  readonly pass: Pass;
  /** Multiply-adds count as two. What the mathematics needs, whatever a kernel recomputes. */
  readonly flops: number;
  /** Every input read once and every result written once. */
  readonly bytes: number;
}

/** A case with its inputs on the device, ready to be repeated. */
export interface Runner {
  /** Runs it `times` times and resolves when the device is done. */
  run(times: number): Promise<void>;
  /** Output of the forward pass; then, for `gradient`, the gradient by each input that has one. */
  results(): Promise<readonly Float32Array[]>;
  /** Gives the memory back. */
  dispose(): void;
}

/** A library that runs the same cases on the same adapter. */
export interface Peer {
  /** As in tables: `tfjs`, `jax-js`, `ort-web`, `webgpu-torch`; `ours`. */
  readonly name: string;
  readonly version: string;
  /** Null with a reason where its public API cannot express the case. */
  kernel(
    kernel: KernelCase,
    inputs: readonly Values[],
    seed: Values,
  ): Promise<Runner | { readonly cannot: string }>;
}
