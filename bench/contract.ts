import type { NamedTensors, SpotrConfig } from '../model/index.ts';
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
  /** Stable, e.g. `matmul/512x512x512/forward`. */
  readonly id: string;
  readonly family: string;
  /** For people: where SPOTR meets it, e.g. `base 12x2000 patch convolution`. */
  readonly label: string;
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
  /** Runs it once more. Output of the forward pass; then, for `gradient`, the gradient by each input that has one. */
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

/** What the adapter can do at most, measured in the same run. Null where it cannot be had. */
export interface Roofline {
  /** Multiply-adds from registers, GFLOP/s (a multiply-add counts as two). */
  readonly f32Gflops: number;
  readonly f16Gflops: number | null;
  /** What each of the kernels gave that those two are the best of: adapters differ in the form that suits them. */
  readonly peaks: Readonly<Record<string, number>>;
  /** Bytes read and bytes written by a copy kernel together, GB/s. */
  readonly copyGbps: number;
  /** The same by the bytes moved, ascending: small copies stay in a cache, and pay for their dispatch. */
  readonly copies: readonly { readonly bytes: number; readonly gbps: number }[];
  readonly dispatchMicroseconds: number;
  /** A submit of one dispatch, many in a row. */
  readonly submitMicroseconds: number;
  readonly readbackMicroseconds: number;
}

export interface PeerTime {
  readonly name: string;
  readonly medianMs: number;
  /** Median over the interleaved pairs of peer's time over ours: above 1, ours is faster. */
  readonly ratio: number;
}

export interface Row {
  readonly id: string;
  readonly group: 'kernel' | 'step' | 'headline';
  readonly family: string;
  /** For people, e.g. `base 12x2000`. */
  readonly shape: string;
  /** By the clock, a repetition. */
  readonly medianMs: number;
  readonly p95Ms: number;
  /** By the device's timestamps, the sum over the dispatches of a repetition; null where it has none. */
  readonly gpuMs: number | null;
  readonly gflops: number | null;
  readonly gbps: number | null;
  /**
   * Of the roofline at the row's arithmetic intensity: 100 is what the adapter can do. The memory roof is a copy of as
   * many bytes as the row moves, by the clock like the row itself.
   */
  readonly percentOfPeak: number | null;
  /** Which roof is lower for this row. */
  readonly bound: 'compute' | 'memory' | null;
  /** Relative L2 error against the float64 reference, the largest over results; null for rows that time whole steps. */
  readonly error: number | null;
  /** What was compared with the reference, e.g. `all values` or `8 of 240 rows`; absent where nothing was. */
  readonly verified?: string;
  readonly peers: readonly PeerTime[];
  /** Peers that cannot express the row, with the reason, or that gave wrong values. */
  readonly refusals?: Readonly<Record<string, string>>;
  /** What else a row tells: peak bytes, lower bound, dispatches, submits, JavaScript milliseconds, windows a second. */
  readonly more?: Readonly<Record<string, number>>;
}

/** What `npm run bench` writes as JSON. */
export interface Results {
  readonly device: string;
  readonly driver: string;
  /** `Node 20.20 (Dawn)` or the browser's name and version. */
  readonly runtime: string;
  readonly commit: string;
  readonly date: string;
  readonly roofline: Roofline;
  readonly rows: readonly Row[];
  /** Rows that could not be timed, wrong values first of all. */
  readonly failures: readonly { readonly id: string; readonly message: string }[];
}

/** A training step of SPOTR, conditioned on the one token, with AdamW (betas 0.9 and 0.999, eps 1e-8). */
export interface StepSetup {
  readonly config: SpotrConfig;
  /** By the authors' names, after `encoder.` and `decoder.`; unused ones may be there too. */
  readonly weights: NamedTensors;
  /** Windows [B, C, T] of one shape. Each step uploads one; after the last comes the first again. */
  readonly batches: readonly Values[];
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Global gradient norm above which gradients are scaled down. */
  readonly clip: number;
}

/** A model in training. */
export interface StepRunner {
  /** Makes so many steps and resolves when the device is done. */
  run(times: number): Promise<void>;
  /** Loss of every step since the last call, in order. */
  losses(): Promise<number[]>;
  /** Gives the memory back. */
  dispose(): void;
}

/** A library that trains the same model on the same adapter. */
export interface StepPeer {
  readonly name: string;
  readonly version: string;
  open(setup: StepSetup): Promise<StepRunner>;
}

/** What `openPeers` of `bench/peers/index.ts` gives. */
export interface OpenedPeers {
  readonly peers: readonly Peer[];
  readonly steps: readonly StepPeer[];
  /** Those that did not open, with the reason. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}
