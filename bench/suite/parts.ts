import type { KernelCase } from '../contract.ts';
import { outputShape } from './cases/costs.ts';

/** Elements of one tensor that a part keeps, in order; null for all of them. */
export interface Selection {
  readonly shape: readonly number[];
  readonly indices: Uint32Array | null;
}

/**
 * A smaller case of the same operation, cut out of a large one such that some of its results are exactly those of the
 * large one at the selected elements: rows of a product, heads of an attention, a run of a vector.
 */
export interface Part {
  /** For people. */
  readonly title: string;
  readonly attributes: unknown;
  readonly inputs: readonly Selection[];
  readonly output: Selection;
  /** Whether the output, and then each input's gradient, are complete in this part. */
  readonly complete: readonly boolean[];
}

/** Multiply-adds that the float64 reference may spend on one part: some tenths of a second. */
const REFERENCE_PRODUCTS = 6e6;
const LONGEST_VECTOR = 2 ** 17;

const whole = (shape: readonly number[]): Selection => ({ shape, indices: null });

/** `count` of `extent`: both ends and some between, ascending. */
function spread(extent: number, count: number): number[] {
  if (count >= extent) return Array.from({ length: extent }, (_, i) => i);
  const step = count > 1 ? (extent - 1) / (count - 1) : 0;
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round(i * step)))];
}

const size = (shape: readonly number[]): number => shape.reduce((all, extent) => all * extent, 1);

/** Some columns of a tensor seen as rows. */
function columnsOf(shape: readonly number[], columns: readonly number[]): Selection {
  const width = shape.at(-1) ?? 1;
  const rows = size(shape) / width;
  const indices = new Uint32Array(rows * columns.length);
  let next = 0;
  for (let row = 0; row < rows; row++) for (const column of columns) indices[next++] = row * width + column;
  return { shape: [...shape.slice(0, -1), columns.length], indices };
}

/** Some rows of a matrix. */
function rowsOf([, width = 1]: readonly number[], rows: readonly number[]): Selection {
  const indices = Uint32Array.from(
    rows.flatMap((row) => Array.from({ length: width }, (_, i) => row * width + i)),
  );
  return { shape: [rows.length, width], indices };
}

/** Rows of x give rows of the result and of x's gradient; rows of the weight, columns of the result and its gradient. */
function productParts({ shapes, attributes }: KernelCase, output: readonly number[]): Part[] {
  const { bias, residual } = attributes as { bias: boolean; residual: boolean };
  const [x = [], w = []] = shapes;
  const [[m = 1, k = 1], [n = 1]] = [x, w];
  if (3 * m * n * k <= REFERENCE_PRODUCTS) return [];
  const rows = spread(m, Math.max(2, Math.floor(REFERENCE_PRODUCTS / (3 * n * k))));
  const columns = spread(n, Math.max(2, Math.floor(REFERENCE_PRODUCTS / (3 * m * k))));
  const optional = <T>(value: T, on: boolean): T[] => (on ? [value] : []);
  return [
    {
      title: `${rows.length} of ${m} rows`,
      attributes,
      inputs: [
        rowsOf(x, rows),
        whole(w),
        ...optional(whole([n]), bias),
        ...optional(rowsOf(output, rows), residual),
      ],
      output: rowsOf(output, rows),
      complete: [true, true, false, ...optional(false, bias), ...optional(true, residual)],
    },
    {
      title: `${columns.length} of ${n} columns`,
      attributes,
      inputs: [
        whole(x),
        rowsOf(w, columns),
        ...optional({ shape: [columns.length], indices: Uint32Array.from(columns) }, bias),
        ...optional(columnsOf(output, columns), residual),
      ],
      output: columnsOf(output, columns),
      complete: [true, false, true, ...optional(true, bias), ...optional(true, residual)],
    },
  ];
}

/** Heads do not see each other: one of them, with its columns of every projection. */
function headPart(
  { shapes, attributes }: KernelCase,
  output: readonly number[],
  projections: readonly number[],
): Part[] {
  const { heads, ...rest } = attributes as { heads: number };
  const width = output.at(-1) ?? 1;
  const head = heads - 2;
  if (heads < 3) return [];
  const own = Array.from({ length: width / heads }, (_, i) => (head * width) / heads + i);
  const columns = (count: number) =>
    Array.from({ length: count }, (_, part) => own.map((column) => part * width + column)).flat();
  return [
    {
      title: `head ${head} of ${heads}`,
      attributes: { ...rest, heads: 1 },
      inputs: shapes.map((shape, i) => columnsOf(shape, columns(projections[i] ?? 1))),
      output: columnsOf(output, own),
      complete: [true, ...shapes.map(() => true)],
    },
  ];
}

/** A run in the middle of long vectors. */
function runPart({ shapes, attributes }: KernelCase, output: readonly number[]): Part[] {
  const count = size(output);
  if (count <= LONGEST_VECTOR) return [];
  const first = Math.floor((count - LONGEST_VECTOR) / 2) + 1;
  const indices = Uint32Array.from({ length: LONGEST_VECTOR }, (_, i) => first + i);
  const selection = { shape: [LONGEST_VECTOR], indices };
  return [
    {
      title: `${LONGEST_VECTOR} of ${count} values`,
      attributes,
      inputs: shapes.map(() => selection),
      output: selection,
      complete: [true, ...shapes.map(() => true)],
    },
  ];
}

/** What of a case to compare with the reference: all of it where that is affordable. */
export function partsOf(kernel: KernelCase): Part[] {
  const output = outputShape(kernel.op, kernel.shapes, kernel.attributes);
  const parts = (() => {
    switch (kernel.family) {
      case 'matmul':
        return productParts(kernel, output);
      case 'selfAttention':
      case 'attentionPool':
        return headPart(kernel, output, [3]);
      case 'crossAttention':
        return headPart(kernel, output, [1, 2]);
      case 'vector':
        return runPart(kernel, output);
      default:
        return [];
    }
  })();
  if (parts.length > 0) return parts;
  return [
    {
      title: 'all values',
      attributes: kernel.attributes,
      inputs: kernel.shapes.map(whole),
      output: whole(output),
      complete: [true, ...kernel.shapes.map(() => true)],
    },
  ];
}
