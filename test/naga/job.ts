import type { AdapterKind } from '../../engine/platform/types.ts';

/** How the device is opened. */
export interface DeviceAsked {
  /** Takes the tables' rows for this kind of adapter; those of its own where not given. */
  readonly kind?: AdapterKind;
  /** Neither a limit raised nor a feature. */
  readonly bare?: boolean;
}

/** How many cases of an operation. */
export interface Cases {
  readonly f32: number;
  /** Stored as f16, where the adapter and the operation can. */
  readonly f16: number;
  /** With NaN, infinities, zeros, subnormal, huge and tiny numbers. */
  readonly edges: number;
}

/** What the process inside Deno is to do. */
export type Job =
  /** `only`: kernels whose names begin so. */
  | { readonly do: 'compile'; readonly only?: string }
  | { readonly do: 'ops'; readonly cases: Cases }
  | { readonly do: 'train'; readonly steps: number; readonly device: DeviceAsked }
  /** Compiles this text as it is: to see what a panic looks like. */
  | { readonly do: 'module'; readonly wgsl: string };

/** What it says, a line each. */
export type Said =
  | { readonly is: 'open'; readonly adapter: string; readonly features: readonly string[] }
  /** The last of these is what it was at when it ended before its time. */
  | { readonly is: 'begun'; readonly what: string }
  | { readonly is: 'compiled'; readonly pipelines: number }
  /** A kernel that this device has no feature for. */
  | { readonly is: 'left out'; readonly kernel: string; readonly feature: string }
  /** Cases that were right. */
  | ({ readonly is: 'op'; readonly op: string } & Cases)
  | {
      readonly is: 'trained';
      readonly losses: readonly number[];
      readonly weights: Readonly<Record<string, string>>;
    }
  | { readonly is: 'failed'; readonly what: string; readonly why: string }
  | { readonly is: 'done' };
