import { ShapeError } from '../errors.ts';
import { defineKernel, type Kernel } from '../gpu/kernel.ts';
import type { AdapterKind } from '../platform/types.ts';
import type { Tensor } from '../tensor.ts';
import { LINEAR_WORKGROUP, linearGrid } from './grid.ts';

/** Rows of a packed projection: sequence s starts at (s / inner) * outer + (s % inner) * innerStride. */
export interface Rows {
  readonly outer: number;
  readonly innerStride: number;
  /** Elements from one row of a sequence to its next. */
  readonly row: number;
}

/** Where attention finds its queries, keys and values: no tensor is copied to be seen in another order. */
export interface AttentionLayout {
  readonly sequences: number;
  readonly inner: number;
  readonly heads: number;
  /** Columns of a head; head h has columns h * headSize onwards of queries, keys and values. */
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
  readonly q: Rows;
  /** Outer stride of the queries' gradient, which differs where the queries are broadcast. */
  readonly dqOuter: number;
  readonly k: Rows;
  /** First column of keys and of values in a row. */
  readonly keyColumn: number;
  readonly valueColumn: number;
}

const UNIFORMS = {
  first: 'u32',
  end: 'u32',
  heads: 'u32',
  head_size: 'u32',
  queries: 'u32',
  keys: 'u32',
  parts: 'u32',
  inner: 'u32',
  q_outer: 'u32',
  q_inner: 'u32',
  q_row: 'u32',
  dq_outer: 'u32',
  k_outer: 'u32',
  k_inner: 'u32',
  k_row: 'u32',
  k_column: 'u32',
  v_column: 'u32',
  scale: 'f32',
} as const;

/** One entry point over both ways to reach the tensors: whole vectors, and any head size. */
export interface AttentionKernel {
  readonly vectors: Kernel;
  readonly scalars: Kernel;
}

export function attentionKernel(
  shader: 'attention' | 'attention_pool',
  entry: string,
  reads: number,
  writes: number,
  stored: readonly number[],
): AttentionKernel {
  const over = (access: 'vectors' | 'scalars') =>
    defineKernel({
      name: `${shader}_${entry}_${access}`,
      shader: `attention/${shader}`,
      picks: [`lib/attention_${access}`],
      entry,
      reads,
      writes,
      uniforms: UNIFORMS,
      elements: { stored },
    });
  return { vectors: over('vectors'), scalars: over('scalars') };
}

/**
 * Multiply-adds that one dispatch may hold: about a third of a second on two processor cores, and less on the
 * slowest graphics processors. A browser kills work that takes seconds.
 */
const MAX_MULTIPLY_ADDS: Record<AdapterKind, number> = { software: 2 ** 28, hardware: 2 ** 32 };

export interface AttentionDispatch {
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** What an invocation has: a block of 4 queries or of 4 keys of a head, or 4 columns of a head. */
  readonly over: 'queries' | 'keys' | 'each column';
  /** Whether the columns of a head are split over invocations. */
  readonly columns?: boolean;
  /** Whether an invocation can take two blocks. */
  readonly pairs?: boolean;
  /** Dot products over a head that one pair of query and key takes, and sums of rows over a head that it adds to. */
  readonly dots: number;
  readonly sums: number;
}

/**
 * Blocks of 4 columns that one invocation makes at most, up to how many it holds its own rows of a head while it
 * walks along the others, and up to how many it takes 8 rows rather than 4. Reading from storage is dear on processors, and registers there are memory anyway; holding
 * more than 16 columns takes seconds to compile. Not yet measured on a graphics processor, which has fewer registers.
 */
const BLOCKS: Record<AdapterKind, { readonly most: number; readonly held: number; readonly paired: number }> =
  {
    software: { most: 8, held: 4, paired: 2 },
    hardware: { most: 4, held: 4, paired: 1 },
  };

/** Rows from which on taking 8 at once pays for compiling twice as long. */
const PAIRED_FROM = 64;

/** Splits the columns of a head evenly: `parts` invocations make `mats` blocks of 4 columns each. */
function splitColumns(headSize: number, kind: AdapterKind) {
  const { most, held, paired } = BLOCKS[kind];
  const vectors = Math.ceil(headSize / 4);
  let mats = Math.min(most, vectors);
  while (vectors % mats !== 0) mats--;
  const whole = mats === vectors && mats <= held;
  return { mats, parts: vectors / mats, whole, paired: whole && mats <= paired };
}

/** Launches a kernel over all sequences and heads, in several dispatches where one would take long. */
export function runAttentionKernel(
  kernel: AttentionKernel,
  layout: AttentionLayout,
  dispatch: AttentionDispatch,
): void {
  const { sequences, heads, headSize, queries, keys, q, k } = layout;
  const { reads, writes, over, columns = false, pairs = false } = dispatch;
  const { recorder } = writes[0] as Tensor;
  const { mats, whole, paired, parts: columnParts } = splitColumns(headSize, recorder.device.kind);
  const parts = columns ? columnParts : 1;
  const pair = pairs && paired && Math.min(queries, keys) >= PAIRED_FROM;
  const rows = pair ? 8 : 4;
  const shares = {
    queries: Math.ceil(queries / rows) * parts,
    keys: Math.ceil(keys / rows) * parts,
    'each column': Math.ceil(headSize / 4),
  };
  const count = sequences * heads * shares[over];
  // Each part of the columns computes the dot products again.
  const multiplyAdds = headSize * (parts * dispatch.dots + dispatch.sums);
  const total = sequences * heads * queries * keys * multiplyAdds;
  const pieces = Math.ceil(total / MAX_MULTIPLY_ADDS[recorder.device.kind]);
  const piece = Math.ceil(count / Math.min(pieces, count));
  for (let first = 0; first < count; first += piece) {
    const end = Math.min(first + piece, count);
    recorder.dispatch(headSize % 4 === 0 ? kernel.vectors : kernel.scalars, {
      reads,
      writes,
      uniforms: {
        first,
        end,
        heads,
        head_size: headSize,
        queries,
        keys,
        parts,
        inner: layout.inner,
        q_outer: q.outer,
        q_inner: q.innerStride,
        q_row: q.row,
        dq_outer: layout.dqOuter,
        k_outer: k.outer,
        k_inner: k.innerStride,
        k_row: k.row,
        k_column: layout.keyColumn,
        v_column: layout.valueColumn,
        scale: 1 / Math.sqrt(headSize),
      },
      constants: { WORKGROUP: LINEAR_WORKGROUP, MATS: mats, WHOLE: Number(whole), PAIR: Number(pair) },
      workgroups: linearGrid(recorder, end - first),
    });
  }
}

/** Columns of a head. Throws unless `heads` divides the model's width. */
export function headSizeOf(op: string, width: number, heads: number): number {
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new ShapeError(
      `${op}: ${heads} heads over a width of ${width}; the number of heads must be a positive divisor of it.`,
    );
  }
  return width / heads;
}

/** Width D of a projection that holds `parts` of them side by side. */
export function packedWidth(op: string, what: string, columns: number, parts: number): number {
  if (columns % parts !== 0) {
    throw new ShapeError(
      `${op}: ${what} has ${columns} columns; it must hold ${parts} projections of one width side by side.`,
    );
  }
  return columns / parts;
}
