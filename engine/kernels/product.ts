import { defineKernel, type Kernel } from '../kernel.ts';
import { unread } from '../recorder.ts';
import type { Tensor } from '../tensor.ts';
import { BLOCKED_TILE, DISPATCH_PRODUCTS, PLAIN_TILE } from './tiles.ts';

const UNIFORMS = {
  m: 'u32',
  n: 'u32',
  k: 'u32',
  batch_a: 'u32',
  batch_b: 'u32',
  batch_c: 'u32',
  first: 'u32',
  first_matrix: 'u32',
} as const;

function productKernel(name: string, shader: string | readonly string[], entry: string): Kernel {
  const elements = { stored: [0, 1], result: [3, 4] };
  return defineKernel({ name, shader, entry, reads: 4, writes: 1, uniforms: UNIFORMS, elements });
}

const plain = productKernel('product', 'product', 'plain');
const blocked = productKernel('product_8x8', ['product_blocks', 'product_8x8'], 'blocked');

export interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** A is stored [k, m] rather than [m, k]. */
  readonly transposeA?: boolean;
  /** B is stored [n, k] rather than [k, n]. */
  readonly transposeB?: boolean;
  /** Matrices in the batch; A, B and C lie one after another unless a stride says 0. */
  readonly batch?: number;
  /** [n], added to every row. */
  readonly bias?: Tensor | undefined;
  /** Of the shape of C, added elementwise. */
  readonly residual?: Tensor | undefined;
  /** Take the plain kernel even where the blocked one could serve: for tests and benchmarks. */
  readonly plain?: boolean;
}

/** Whether the blocked kernels can read these operands as vectors of 4. */
export function vectorizable({ m, n, k, transposeA = false, transposeB = false }: Product): boolean {
  const innerA = transposeA ? m : k;
  const innerB = transposeB ? k : n;
  return innerA % 4 === 0 && innerB % 4 === 0;
}

/** C = op(A) op(B) + bias + residual. A and B are of one element type, C and the residual of one; the bias is f32. */
export function runProduct(product: Product): void {
  const { a, b, c, m, n, k, transposeA = false, transposeB = false, batch = 1, bias, residual } = product;
  const { recorder } = c;
  const fast = vectorizable(product) && !product.plain;
  const { block, workgroup } = fast ? BLOCKED_TILE[recorder.device.kind] : PLAIN_TILE;
  const side = block * workgroup;
  const most = DISPATCH_PRODUCTS[recorder.device.kind];
  const matrices = Math.min(batch, recorder.device.limits.maxComputeWorkgroupsPerDimension);
  const rows = Math.max(1, Math.floor(most / (matrices * n * k * side))) * side;
  const dispatch = (first: number, firstMatrix: number) =>
    recorder.dispatch(fast ? blocked : plain, {
      reads: [a, b, bias ?? unread(b, 'f32'), residual ?? unread(a, c.dtype)],
      writes: [c],
      uniforms: { m, n, k, batch_a: m * k, batch_b: k * n, batch_c: m * n, first, first_matrix: firstMatrix },
      constants: {
        WORKGROUP: workgroup,
        TRANSPOSE_A: Number(transposeA),
        TRANSPOSE_B: Number(transposeB),
        BIAS: Number(bias !== undefined),
        RESIDUAL: Number(residual !== undefined),
      },
      workgroups: [
        Math.ceil(n / side),
        Math.ceil(Math.min(rows, m - first) / side),
        Math.min(matrices, batch - firstMatrix),
      ],
    });
  for (let firstMatrix = 0; firstMatrix < batch; firstMatrix += matrices) {
    for (let first = 0; first < m; first += rows) dispatch(first, firstMatrix);
  }
}
