import fc from 'fast-check';
import { gelu, geluDerivative } from '../support/gelu.ts';
import { arrays, at, extents, magnitudes, type NdArray, randomArray, zeros } from '../support/ndarray.ts';
import { type AnyReference, defineReference } from '../support/reference.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** Without the difference from 1, which has no digits far out. */
const sigmoidSlope = (x: number) => Math.exp(-Math.abs(x)) / (1 + Math.exp(-Math.abs(x))) ** 2;
interface Row {
  readonly forward: (x: number, s: number) => number;
  readonly derivative: (x: number, s: number) => number;
  /** The gradient, where it is more than a product: a choice gives 0 whatever is chosen against, save NaN. */
  readonly gradient?: (g: number, x: number) => number;
  /** Where the function is defined and smooth; everywhere by default. */
  readonly domain?: 'positive' | 'moderate';
}

const UNARY: Record<string, Row> = {
  neg: { forward: (x) => -x, derivative: () => -1 },
  exp: { forward: Math.exp, derivative: Math.exp, domain: 'moderate' },
  log: { forward: Math.log, derivative: (x) => 1 / x, domain: 'positive' },
  sqrt: { forward: Math.sqrt, derivative: (x) => 0.5 / Math.sqrt(x), domain: 'positive' },
  square: { forward: (x) => x * x, derivative: (x) => 2 * x },
  tanh: { forward: Math.tanh, derivative: (x) => 4 * sigmoidSlope(2 * x) },
  sigmoid: { forward: sigmoid, derivative: sigmoidSlope },
  relu: {
    forward: (x) => Math.max(x, 0),
    derivative: (x) => (x > 0 ? 1 : 0),
    gradient: (g, x) => (x > 0 ? g : Number.isNaN(g + x) ? Number.NaN : 0),
  },
  gelu: { forward: gelu, derivative: geluDerivative },
  silu: { forward: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) + x * sigmoidSlope(x) },
  softplus: {
    forward: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    derivative: sigmoid,
  },
  scale: { forward: (x, s) => s * x, derivative: (_, s) => s },
  addScalar: { forward: (x, s) => x + s, derivative: () => 1 },
};

/** Where the constants of a row weigh most: a run of arguments, and the relative error allowed. */
const SHARP: Record<string, readonly [from: number, to: number, allowed: number]> = {
  // Below 0 it is a small difference.
  gelu: [-4, -0.5, 5e-6],
  // The end of the series.
  tanh: [0.08, 0.0999, 4e-7],
  softplus: [-5, -3.6, 1e-6],
  sigmoid: [-4, -0.5, 5e-6],
  silu: [-4, -0.5, 5e-6],
  exp: [-4, 4, 5e-6],
  log: [2, 20, 2e-6],
};

function sharpCase(from: number, to: number, allowed: number) {
  const data = Float64Array.from({ length: 64 }, (_, i) => Math.fround(from + ((to - from) * i) / 63));
  return {
    inputs: [{ shape: [64], data }],
    attributes: { s: 0 },
    forward: allowed,
    backward: Math.max(5e-6, allowed),
  };
}

const ranks = fc.array(extents(17), { minLength: 1, maxLength: 3 });

function values(shape: readonly number[], domain: Row['domain']): fc.Arbitrary<NdArray> {
  if (domain === 'positive') return arrays(shape, { scale: fc.constant(0.5), offset: 1.5 });
  return arrays(shape, { scale: domain === 'moderate' ? fc.constantFrom(1, 1e-3, 4) : magnitudes });
}

function unary(op: string, { forward, derivative, gradient, domain }: Row): AnyReference {
  return defineReference<{ s: number }>({
    op,
    pointwise: true,
    ...(SHARP[op] ? { sharp: [sharpCase(...SHARP[op])] } : {}),
    nearZero: ['log', 'gelu', 'silu'].includes(op) ? 0.1 : 0,
    cases: ranks.chain((shape) =>
      fc.record({
        inputs: fc.tuple(values(shape, domain)),
        attributes: fc.record({ s: fc.constantFrom(0.5, -3, 7) }),
      }),
    ),
    // A step of the difference across a kink, or a sum near zero.
    differences: op === 'relu' ? 1e-2 : 1e-5,
    // addScalar cancels; the others are flat far out, where exp has few digits left.
    floor: op === 'addScalar' ? 1e-3 : 1e-6,
    forward: ([x], { s }) => ({
      shape: x?.shape ?? [],
      data: (x as NdArray).data.map((value) => forward(value, s)),
    }),
    backward: ([x], { s }, grad) => [
      {
        shape: grad.shape,
        data: grad.data.map((g, i) => {
          const value = at(x as NdArray, i);
          return gradient ? gradient(g, value) : g * derivative(value, s);
        }),
      },
    ],
  });
}

interface Pair {
  readonly forward: (a: number, b: number) => number;
  readonly byA: (a: number, b: number) => number;
  readonly byB: (a: number, b: number) => number;
}

const BINARY: Record<string, Pair> = {
  add: { forward: (a, b) => a + b, byA: () => 1, byB: () => 1 },
  sub: { forward: (a, b) => a - b, byA: () => 1, byB: () => -1 },
  mul: { forward: (a, b) => a * b, byA: (_, b) => b, byB: (a) => a },
  div: { forward: (a, b) => a / b, byA: (_, b) => 1 / b, byB: (a, b) => -a / (b * b) },
};

/** Flat index into `shape` of each element of `target`. */
function sources(shape: readonly number[], target: readonly number[]): number[] {
  const size = target.reduce((product, extent) => product * extent, 1);
  return Array.from({ length: size }, (_, flat) => {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let back = 1; back <= target.length; back++) {
      const position = rest % (target.at(-back) as number);
      rest = Math.floor(rest / (target.at(-back) as number));
      const extent = shape.at(-back) ?? 1;
      if (back <= shape.length && extent !== 1) index += position * stride;
      stride *= extent;
    }
    return index;
  });
}

function binary(op: string, { forward, byA, byB }: Pair): AnyReference {
  return defineReference<null>({
    op,
    // Each side drops leading axes or has 1s where the other has not.
    cases: fc
      .tuple(
        fc.array(extents(9), { minLength: 1, maxLength: 5 }),
        fc.nat(31),
        fc.nat(31),
        fc.nat(2),
        fc.boolean(),
      )
      .chain(([shape, maskA, maskB, drop, dropA]) => {
        const side = (mask: number) => shape.map((extent, axis) => ((mask >> axis) & 1 ? 1 : extent));
        const [a, b] = [side(maskA), side(maskB & ~maskA)];
        const cut = (full: number[], on: boolean) =>
          on ? full.slice(Math.min(drop, full.length - 1)) : full;
        const right = op === 'div' ? { scale: fc.constant(0.5), offset: 1.5 } : {};
        return fc.record({
          inputs: fc.tuple(arrays(cut(a, dropA)), arrays(cut(b, !dropA), right)),
          attributes: fc.constant(null),
        });
      }),
    // Both sides whole vectors that at most repeat, and nearly so: the vector kernel and the one beside it.
    examples: [
      [
        [2, 3, 8],
        [2, 3, 8],
      ],
      [[2, 3, 8], [8]],
      [
        [1, 3, 8],
        [2, 3, 8],
      ],
      [
        [2, 1, 8],
        [2, 3, 8],
      ],
      [[2, 3, 6], [6]],
    ].map(([a = [], b = []]) => ({
      inputs: [randomArray(a, 5), randomArray(b, 6, 0.5, op === 'div' ? 1.5 : 0)],
      attributes: null,
    })),
    floor: 1e-3,
    forward: ([a, b]) => {
      const [left, right] = [a, b] as [NdArray, NdArray];
      const rank = Math.max(left.shape.length, right.shape.length);
      const shape = Array.from({ length: rank }, (_, i) =>
        Math.max(left.shape.at(i - rank) ?? 1, right.shape.at(i - rank) ?? 1),
      );
      const [ia, ib] = [sources(left.shape, shape), sources(right.shape, shape)];
      return {
        shape,
        data: Float64Array.from(ia, (i, flat) => forward(at(left, i), at(right, ib[flat] as number))),
      };
    },
    backward: ([a, b], _, grad) => {
      const [left, right] = [a, b] as [NdArray, NdArray];
      const [ia, ib] = [sources(left.shape, grad.shape), sources(right.shape, grad.shape)];
      const [da, db] = [zeros(left.shape), zeros(right.shape)];
      for (let flat = 0; flat < grad.data.length; flat++) {
        const [i, j] = [ia[flat] as number, ib[flat] as number];
        da.data[i] = at(da, i) + at(grad, flat) * byA(at(left, i), at(right, j));
        db.data[j] = at(db, j) + at(grad, flat) * byB(at(left, i), at(right, j));
      }
      return [da, db];
    },
  });
}

export default [
  ...Object.entries(UNARY).map(([op, row]) => unary(op, row)),
  ...Object.entries(BINARY).map(([op, pair]) => binary(op, pair)),
];
