import { unread } from '../gpu/recorder.ts';
import type { Tensor } from '../tensor.ts';
import { chooseMatmul, DISPATCH_MULTIPLY_ADDS } from './choose.ts';
import { MATMUL_VARIANTS, type MatmulShape, type MatmulVariant, type MatmulVariantName } from './variants.ts';

export interface Matmul extends MatmulShape {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  /** Matrices in the batch; A, B and C lie one after another. */
  readonly batch?: number;
  /** [n], added to every row. */
  readonly bias?: Tensor | undefined;
  /** Of the shape of C, added elementwise. */
  readonly residual?: Tensor | undefined;
  /** This kernel, which must serve the shape, rather than the one that the adapter's table names: to compare them. */
  readonly variant?: MatmulVariantName | undefined;
}

/** C = op(A) op(B) + bias + residual. A and B are of one element type, C and the residual of one; the bias is f32. */
export function runMatmul(matmul: Matmul): void {
  const { a, b, c, m, n, k, transposeA = false, transposeB = false, batch = 1, bias, residual } = matmul;
  const { recorder } = c;
  const { kernel, block, workgroup, resizable }: MatmulVariant =
    MATMUL_VARIANTS[matmul.variant ?? chooseMatmul(matmul, recorder.device)];
  const [width, height] = [block[1] * workgroup[0], block[0] * workgroup[1]];
  const most = DISPATCH_MULTIPLY_ADDS[recorder.device.kind];
  const { maxComputeWorkgroupsPerDimension: groups } = recorder.device.limits;
  const matrices = Math.min(batch, groups);
  const columns = Math.min(Math.ceil(n / width), groups) * width;
  const share = Math.floor(most / (matrices * Math.min(n, columns) * k * height));
  const rows = Math.min(Math.max(1, share), groups) * height;
  const dispatch = (first: number, firstColumn: number, firstMatrix: number) =>
    recorder.dispatch(kernel, {
      reads: [a, b, bias ?? unread(b, 'f32'), residual ?? unread(a, c.dtype)],
      writes: [c],
      uniforms: {
        m,
        n,
        k,
        batch_a: m * k,
        batch_b: k * n,
        batch_c: m * n,
        first,
        first_column: firstColumn,
        first_matrix: firstMatrix,
        with_bias: Number(bias !== undefined),
      },
      constants: {
        ...(resizable ? { WORKGROUP_X: workgroup[0], WORKGROUP_Y: workgroup[1] } : {}),
        TRANSPOSE_A: Number(transposeA),
        TRANSPOSE_B: Number(transposeB),
        RESIDUAL: Number(residual !== undefined),
      },
      workgroups: [
        Math.ceil(Math.min(columns, n - firstColumn) / width),
        Math.ceil(Math.min(rows, m - first) / height),
        Math.min(matrices, batch - firstMatrix),
      ],
    });
  for (let firstMatrix = 0; firstMatrix < batch; firstMatrix += matrices) {
    for (let first = 0; first < m; first += rows) {
      for (let firstColumn = 0; firstColumn < n; firstColumn += columns)
        dispatch(first, firstColumn, firstMatrix);
    }
  }
}
