import type { Device } from '../gpu/device.ts';
import { defineKernel, type Kernel } from '../gpu/kernel.ts';

/** What decides which kernels can compute C = op(A) op(B): C is [m, n], and k what is summed over. */
export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** A is stored [k, m] rather than [m, k]. */
  readonly transposeA?: boolean;
  /** B is stored [n, k] rather than [k, n]. */
  readonly transposeB?: boolean;
}

/** One way to compute a matmul (GEMM). All give the same up to rounding. */
export interface MatmulVariant {
  readonly kernel: Kernel;
  /** Results that one invocation computes, along rows and along columns. */
  readonly block: readonly [rows: number, columns: number];
  /** Invocations a workgroup, along columns and along rows. */
  readonly workgroup: readonly [x: number, y: number];
  /** Whether the sizes of the workgroup are `override`s of the kernel. */
  readonly resizable: boolean;
  serves(shape: MatmulShape, device: Device): boolean;
}

const UNIFORMS = {
  m: 'u32',
  n: 'u32',
  k: 'u32',
  batch_a: 'u32',
  batch_b: 'u32',
  batch_c: 'u32',
  first: 'u32',
  first_column: 'u32',
  first_matrix: 'u32',
  with_bias: 'u32',
} as const;

function matmulKernel(file: string, entry: string): Kernel {
  const elements = { stored: [0, 1], result: [3, 4] };
  const shape = { reads: 4, writes: 1, uniforms: UNIFORMS, elements };
  return defineKernel({ name: `matmul_${entry}`, shader: `matmul/${file}`, entry, ...shape });
}

/** Whether both operands can be read as vectors of 4. */
function vectorizable({ m, n, k, transposeA = false, transposeB = false }: MatmulShape): boolean {
  return (transposeA ? m : k) % 4 === 0 && (transposeB ? k : n) % 4 === 0;
}

function quads(rows: number, columns: number, height: number): MatmulVariant {
  const name = `quads_${rows}x${columns}`;
  return {
    kernel: matmulKernel(name, name),
    block: [rows, columns],
    workgroup: [4, height],
    resizable: true,
    serves: (shape, device) =>
      device.quads && vectorizable(shape) && shape.n % 4 === 0 && !(shape.transposeA && shape.transposeB),
  };
}

function registers(workgroup: number): MatmulVariant {
  return {
    kernel: registers8x8,
    block: [8, 8],
    workgroup: [workgroup, workgroup],
    resizable: true,
    serves: vectorizable,
  };
}

const registers8x8 = matmulKernel('blocked_8x8', 'blocked');

/** By name, as the tables state them. */
export const MATMUL_VARIANTS = {
  /** One result an invocation: takes any shape. */
  plain: {
    kernel: matmulKernel('plain', 'plain'),
    block: [1, 1],
    workgroup: [8, 8],
    resizable: true,
    serves: () => true,
  },
  /** Blocks of 8 x 8 in registers, operands straight from storage. */
  registers: registers(4),
  /** The same in whole warps. */
  registers_wide: registers(8),
  /** Blocks in registers whose rows of A four invocations load together. */
  quads_16x4: quads(16, 4, 2),
  quads_16x8: quads(16, 8, 1),
  quads_32x8: quads(32, 8, 1),
  /** Operands through workgroup memory. */
  shared: {
    kernel: matmulKernel('shared_64x64', 'shared_64x64'),
    block: [8, 8],
    workgroup: [8, 8],
    resizable: false,
    serves: vectorizable,
  },
} as const satisfies Readonly<Record<string, MatmulVariant>>;

export type MatmulVariantName = keyof typeof MATMUL_VARIANTS;

export const MATMUL_VARIANT_NAMES = Object.keys(MATMUL_VARIANTS) as readonly MatmulVariantName[];

export function isMatmulVariant(name: unknown): name is MatmulVariantName {
  return typeof name === 'string' && Object.hasOwn(MATMUL_VARIANTS, name);
}
