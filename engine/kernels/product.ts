import { ShapeError } from '../errors.ts';
import { defineKernel, type Kernel } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';
import { type ProductTile, productTile } from './tiles.ts';

const UNIFORMS = { m: 'u32', n: 'u32', k: 'u32', batch_a: 'u32', batch_b: 'u32', batch_c: 'u32' } as const;

function productKernel(name: string, shader: string | readonly string[], entry: string): Kernel {
  return defineKernel({ name, shader, entry, reads: 4, writes: 1, uniforms: UNIFORMS });
}

const KERNELS: Record<ProductTile['variant'], { kernel: Kernel; block: number; workgroup: number }> = {
  plain: { kernel: productKernel('product', 'product', 'plain'), block: 1, workgroup: 8 },
  '8x8': {
    kernel: productKernel('product_8x8', ['product_blocks', 'product_8x8'], 'blocked'),
    block: 8,
    workgroup: 4,
  },
  '16x16': {
    kernel: productKernel('product_16x16', ['product_blocks', 'product_16x16'], 'blocked'),
    block: 16,
    workgroup: 4,
  },
};

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
  /** Only for tests and benchmarks: the variant to take whatever the table says. */
  readonly variant?: ProductTile['variant'] | undefined;
}

/** Whether the blocked kernels can read these operands as vectors of 4. */
export function vectorizable({ m, n, k, transposeA = false, transposeB = false }: Product): boolean {
  const innerA = transposeA ? m : k;
  const innerB = transposeB ? k : n;
  return innerA % 4 === 0 && innerB % 4 === 0;
}

/** C = op(A) op(B) + bias + residual. */
export function runProduct(product: Product): void {
  const { a, b, c, m, n, k, transposeA = false, transposeB = false, batch = 1, bias, residual } = product;
  const { recorder } = c;
  const variant = product.variant ?? productTile(recorder.device.kind, m, n, vectorizable(product));
  if (variant !== 'plain' && !vectorizable(product)) {
    throw new ShapeError(
      `product: the ${variant} kernel reads vectors of 4; ${m} x ${k} by ${k} x ${n} needs the plain one.`,
    );
  }
  const { kernel, block, workgroup } = KERNELS[variant];
  recorder.dispatch(kernel, {
    // An absent bias or residual still needs something bound; the kernel does not read it.
    reads: [a, b, bias ?? b, residual ?? a],
    writes: [c],
    uniforms: { m, n, k, batch_a: m * k, batch_b: k * n, batch_c: m * n },
    constants: {
      WORKGROUP: workgroup,
      TRANSPOSE_A: Number(transposeA),
      TRANSPOSE_B: Number(transposeB),
      BIAS: Number(bias !== undefined),
      RESIDUAL: Number(residual !== undefined),
    },
    workgroups: [Math.ceil(n / (block * workgroup)), Math.ceil(m / (block * workgroup)), batch],
  });
}
