import type { Device } from '../gpu/device.ts';
import type { AdapterKind } from '../platform/types.ts';
import { isMatmulVariant, MATMUL_VARIANTS, type MatmulShape, type MatmulVariantName } from './variants.ts';

/** How many rows C has: what a variant's taste depends on most. */
export type MatmulHeight = 'few' | 'some' | 'many';
/** `n` for an operand as it is, `t` for a transposed one: A, then B. */
export type MatmulForm = 'nn' | 'nt' | 'tn' | 'tt';
/** What a tuned choice is remembered for, e.g. `nt few`. */
export type MatmulClass = `${MatmulForm} ${MatmulHeight}`;

/** Most rows that still are few, and some. */
const HEIGHTS = { few: 64, some: 256 } as const;

export function matmulHeight(m: number): MatmulHeight {
  if (m <= HEIGHTS.few) return 'few';
  return m <= HEIGHTS.some ? 'some' : 'many';
}

export function matmulClass({ m, transposeA, transposeB }: MatmulShape): MatmulClass {
  return `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'} ${matmulHeight(m)}`;
}

interface Row {
  readonly kind: AdapterKind;
  /** In the adapter's description. */
  readonly name: RegExp;
  readonly best: Readonly<Record<MatmulHeight, MatmulVariantName>>;
  /** Multiply-adds below which the best for few rows serves all: to compile another takes longer than it would save. */
  readonly worth?: number;
  /** Where the best does not serve a shape; `plain` serves all. */
  readonly next: MatmulVariantName;
}

/**
 * The first row that fits an adapter holds. Measured in bench/NOTES.md, except for hardware, where operands through
 * workgroup memory are what is known to be right; tuning measures there.
 */
const TABLE: readonly Row[] = [
  {
    kind: 'software',
    name: /swiftshader/i,
    best: { few: 'quads_16x8', some: 'quads_16x8', many: 'quads_32x8' },
    worth: 2 ** 22,
    next: 'registers',
  },
  {
    kind: 'software',
    name: /llvmpipe|lavapipe/i,
    best: { few: 'quads_16x4', some: 'quads_16x4', many: 'quads_16x4' },
    next: 'registers',
  },
  {
    kind: 'software',
    name: /./,
    best: { few: 'registers', some: 'registers', many: 'registers' },
    next: 'registers',
  },
  {
    kind: 'hardware',
    name: /./,
    best: { few: 'registers_wide', some: 'shared', many: 'shared' },
    next: 'registers_wide',
  },
];

function rowOf({ kind, description }: Device): Row {
  const row = TABLE.find((candidate) => candidate.kind === kind && candidate.name.test(description));
  if (!row) throw new Error(`no row of the matmul table fits the ${kind} adapter "${description}"`);
  return row;
}

/** The kernel for a shape: what was tuned on this adapter, else the table's, else the first after it that serves. */
export function chooseMatmul(shape: MatmulShape, device: Device): MatmulVariantName {
  const { best, worth = 0, next } = rowOf(device);
  const { m, n, k } = shape;
  const tuned = device.tuned.get(matmulClass(shape));
  const listed = best[m * n * k < worth ? 'few' : matmulHeight(m)];
  const order = [...(isMatmulVariant(tuned) ? [tuned] : []), listed, next];
  return order.find((name) => MATMUL_VARIANTS[name].serves(shape, device)) ?? 'plain';
}

/** Which kernel computes matmuls of each class here, where it serves the shape: to be shown. */
export function matmulChoices(device: Device): ReadonlyMap<MatmulClass, MatmulVariantName> {
  const classes = (['nt', 'nn', 'tn'] as const).flatMap((form) =>
    (['few', 'some', 'many'] as const).map((height) => [form, height] as const),
  );
  return new Map(
    classes.map(([form, height]) => {
      const m = { few: HEIGHTS.few, some: HEIGHTS.some, many: HEIGHTS.some + 4 }[height];
      const shape = { m, n: 256, k: 256, transposeA: form === 'tn', transposeB: form === 'nt' };
      return [`${form} ${height}`, chooseMatmul(shape, device)];
    }),
  );
}

/** Multiply-adds that one dispatch may take on: browsers kill work that holds the device for seconds. */
export const DISPATCH_MULTIPLY_ADDS: Readonly<Record<AdapterKind, number>> = {
  software: 2 ** 29,
  hardware: 2 ** 37,
};
