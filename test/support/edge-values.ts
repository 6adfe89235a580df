import fc from 'fast-check';
import { fromHalf, toHalf } from '../../base/half.ts';
import type { FloatType } from '../../engine/dtype.ts';
import { type NdArray, noise } from './ndarray.ts';
import type { AnyReference, OpCase } from './reference.ts';

/** What f32 and f16 have at their edges: NaN, infinities, zeros, subnormal numbers, the smallest and the largest. */
const EDGES = [
  Number.NaN,
  Number.NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e-40,
  -1e-45,
  2 ** -126,
  1e-20,
  3e38,
  -3.4e38,
  1e20,
  -1e10,
  100,
  -100,
] as const;

/** From here on products of two such numbers leave the range of f32. */
const HUGE = 1e9;

/** A case with numbers of the edges put into it, and into the gradient of its result. */
export interface EdgeCase {
  readonly opCase: OpCase<unknown>;
  /** One number at one place, or, where elements do not mix, many everywhere. */
  readonly edge: number;
  readonly seed: number;
  /** Into the gradient rather than an input. */
  readonly inGradient: boolean;
}

export const edgeCases = (reference: AnyReference): fc.Arbitrary<EdgeCase> =>
  fc.record({
    opCase: reference.cases,
    edge: fc.constantFrom(...EDGES),
    seed: fc.nat(1e6),
    inGradient: fc.integer({ min: 0, max: 3 }).map((draw) => draw === 0),
  });

const pick = <T>(from: readonly T[], unit: number): T =>
  from[Math.floor(((unit + 1) / 2) * from.length)] as T;

/** `array` with edges in it: every second element where `everywhere`, else `edge` at one place. */
export function withEdges(array: NdArray, { edge, seed }: EdgeCase, everywhere: boolean): NdArray {
  const next = noise(seed);
  const data = Float64Array.from(array.data);
  if (everywhere) for (let i = 0; i < data.length; i++) if (next() > 0) data[i] = pick(EDGES, next());
  if (!everywhere) data[Math.floor(((next() + 1) / 2) * data.length)] = edge;
  return { shape: array.shape, data };
}

/** Rounded as it is stored. */
export const narrow = (data: Float64Array, stored: FloatType): Float64Array => {
  const singles = Float32Array.from(data);
  return Float64Array.from(stored === 'f16' ? fromHalf(toHalf(singles)) : singles);
};

const SMALLEST: Record<FloatType, number> = { f32: 2 ** -126, f16: 2 ** -14 };

/** Subnormal numbers as 0: WGSL leaves to the driver whether they are that. */
export const flushed = ({ shape, data }: NdArray): NdArray => ({
  shape,
  data: data.map((x) => (Math.abs(x) < SMALLEST.f32 ? x * 0 : x)),
});

export interface Allowed {
  readonly pointwise: boolean;
  readonly stored: FloatType;
  /** Of a number of ordinary size: of each for itself where pointwise, else of the largest. */
  readonly relative: number;
  /** Sizes below it count as it. */
  readonly floor: number;
  /** What each element is multiplied by besides, where pointwise: its error grows with it. */
  readonly factors?: Float64Array;
  /** Whether the sign of a zero counts. */
  readonly signed: boolean;
  /** The number that was put in. */
  readonly edge: number;
}

/**
 * Throws unless each of `actual` is what one of `expected` says. NaN must be NaN and, where elements do not mix, infinity
 * infinity, and 0 of its sign. Sums may meet two infinities in another order, and leave the range of f32 where float64
 * does not: they must then be infinite or NaN, never a number.
 */
export function requireEdges(
  what: string,
  actual: ArrayLike<number>,
  expected: readonly NdArray[],
  allowed: Allowed,
): void {
  const { pointwise, floor, factors, edge } = allowed;
  const factorAt = (i: number): number => {
    const factor = Math.abs(factors?.[i] ?? 1);
    return Number.isFinite(factor) ? Math.max(1, factor) : 1;
  };
  // What cancels leaves the rounding of what was put in.
  const put = pointwise || !Number.isFinite(edge) ? 0 : Math.abs(edge);
  const rounded = expected.map(({ data }) => narrow(data, allowed.stored));
  const scales = rounded.map((data) => (pointwise ? floor : Math.max(floor, put, largestOfFinite(data))));
  for (let i = 0; i < actual.length; i++) {
    const fits = rounded.some((data, variant) =>
      matches(actual[i] as number, data[i] as number, (scales[variant] as number) * factorAt(i), {
        ...allowed,
        huge: factorAt(i) > HUGE * HUGE || (!pointwise && Math.abs(edge) > HUGE),
      }),
    );
    if (fits) continue;
    throw new Error(
      `${what}: element ${i} is ${show(actual[i])}; it must be ${rounded.map((data) => show(data[i])).join(' or ')}`,
    );
  }
}

function matches(
  actual: number,
  expected: number,
  scale: number,
  allowed: Allowed & { readonly huge: boolean },
): boolean {
  const { pointwise, signed, stored, relative, edge, huge } = allowed;
  if (Number.isNaN(expected)) {
    return Number.isNaN(actual) || (!pointwise && !Number.isNaN(edge) && !Number.isFinite(actual));
  }
  if (!Number.isFinite(expected)) return pointwise ? actual === expected : !Number.isFinite(actual);
  // A driver may reorder a product, and then leave the range of f32 where another order would not.
  if (!Number.isFinite(actual)) return huge;
  if (signed && expected === 0 && actual === 0) return Object.is(actual, expected);
  const size = Math.max(scale, Math.abs(expected));
  // What is subnormal on the way may count as 0, and be multiplied afterwards.
  return Math.abs(actual - expected) <= relative * size + 64 * SMALLEST[stored];
}

const show = (x: number | undefined): string => (Object.is(x, -0) ? '-0' : String(x));

function largestOfFinite(data: Float64Array): number {
  return data.filter(Number.isFinite).reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
}
