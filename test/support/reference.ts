import type fc from 'fast-check';
import type { FloatType } from '../../engine/dtype.ts';
import type { NdArray } from './ndarray.ts';

export interface OpCase<Attributes> {
  readonly inputs: readonly NdArray[];
  readonly attributes: Attributes;
}

/** Relative L2 errors. */
export interface Sharpness {
  readonly forward: number;
  readonly backward: number;
}

/**
 * The float64 twin of one operation, in plain loops. The suite compares forward and every gradient of the
 * operation of this name with it, and its own gradient with finite differences.
 */
export interface Reference<Attributes> {
  /** Name of the registered operation. */
  readonly op: string;
  /** Shapes and values to try. */
  readonly cases: fc.Arbitrary<OpCase<Attributes>>;
  /** Cases that are always tried. */
  readonly examples?: readonly OpCase<Attributes>[];
  forward(inputs: readonly NdArray[], attributes: Attributes): NdArray;
  /** Gradient of sum(grad * forward) by each input; null where there is none (labels). Absent: nondifferentiable. */
  backward?(inputs: readonly NdArray[], attributes: Attributes, grad: NdArray): readonly (NdArray | null)[];
  /** Each element of the result is of one element of each input alone: NaN, infinity and zero must then be exact. */
  readonly pointwise?: boolean;
  /** Size of a result below which drivers have an absolute error, as at the zero of a logarithm. */
  readonly nearZero?: number;
  /**
   * Cases in which each constant of the kernels weighs so much that a change in its fourth digit is an error above
   * these; the random ones are too mixed for that.
   */
  readonly sharp?: readonly (OpCase<Attributes> & Sharpness)[];
  /** Inputs that hold u32. */
  readonly integers?: readonly number[];
  /** Relative L2 errors allowed; 1e-5 forward and 1e-4 backward by default. */
  readonly tolerance?: { readonly forward?: number; readonly backward?: number };
  /** Attributes that make an operation store its result as `stored`, where the inputs do not say it. */
  storing?(attributes: Attributes, stored: FloatType): Attributes;
  /** How often in a row a value is rounded to f16 where the operation stores that; 1 forward and 2 backward by default. */
  readonly roundings?: { readonly forward?: number; readonly backward?: number };
  /** Norm below which errors count as absolute, for results that cancel; 0 by default. */
  readonly floor?: number;
  /** Cases at a kink, where the gradient is a convention that differences cannot confirm. */
  kinked?(inputs: readonly NdArray[]): boolean;
  /** Relative error allowed between the reference's gradient and finite differences; 1e-5 by default. */
  readonly differences?: number;
}

/** For lists of references whose attributes differ. */
// biome-ignore lint/suspicious/noExplicitAny: attributes are opaque here; each reference is typed where it is written.
export type AnyReference = Reference<any>;

export function defineReference<Attributes>(reference: Reference<Attributes>): AnyReference {
  return reference;
}
