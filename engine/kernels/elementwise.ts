import { defineKernel, type Kernel } from '../kernel.ts';
import type { Recorder } from '../recorder.ts';
import { broadcastShapes, broadcastStrides, type Shape, sizeOf } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { linearGrid } from './grid.ts';

/** A row: forward of (x, s), and the gradient from (g, x, y, s), `s` being the operation's scalar attribute. */
export interface UnaryRow {
  readonly forward: string;
  readonly derivative: string;
}

/** A row: forward of (a, b), and both gradients from (g, a, b); `g` alone passes the gradient through. */
export interface BinaryRow {
  readonly combine: string;
  readonly gradientA: string;
  readonly gradientB: string;
}

export const UNARY = {
  neg: { forward: '-x', derivative: '-g' },
  exp: { forward: 'exp(x)', derivative: 'g * y' },
  log: { forward: 'log(x)', derivative: 'g / x' },
  sqrt: { forward: 'sqrt(x)', derivative: '0.5 * g / y' },
  square: { forward: 'x * x', derivative: '2.0 * g * x' },
  tanh: { forward: 'tanh_safe(x)', derivative: 'g * tanh_derivative(x)' },
  sigmoid: { forward: 'sigmoid(x)', derivative: 'g * sigmoid_derivative(x)' },
  relu: { forward: 'max(x, 0.0)', derivative: 'select(0.0, g, x > 0.0)' },
  gelu: { forward: 'gelu(x)', derivative: 'g * gelu_derivative(x)' },
  silu: { forward: 'x * sigmoid(x)', derivative: 'g * (sigmoid(x) + x * sigmoid_derivative(x))' },
  scale: { forward: 's * x', derivative: 's * g' },
  addScalar: { forward: 'x + s', derivative: 'g' },
} as const satisfies Record<string, UnaryRow>;

export const BINARY = {
  add: { combine: 'a + b', gradientA: 'g', gradientB: 'g' },
  sub: { combine: 'a - b', gradientA: 'g', gradientB: '-g' },
  mul: { combine: 'a * b', gradientA: 'g * b', gradientB: 'g * a' },
  div: { combine: 'a / b', gradientA: 'g / b', gradientB: '-g * a / (b * b)' },
} as const satisfies Record<string, BinaryRow>;

export type UnaryName = keyof typeof UNARY;
export type BinaryName = keyof typeof BINARY;

const UNIFORMS = {
  extent_lo: 'vec4u',
  extent_hi: 'vec4u',
  a_lo: 'vec4u',
  a_hi: 'vec4u',
  b_lo: 'vec4u',
  b_hi: 'vec4u',
  size: 'u32',
  s: 'f32',
  a_period: 'u32',
  b_period: 'u32',
} as const;

const NO_STRIDES = {
  extent_lo: [1, 1, 1, 1],
  extent_hi: [1, 1, 1, 1],
  a_lo: [0, 0, 0, 0],
  a_hi: [0, 0, 0, 0],
  b_lo: [0, 0, 0, 0],
  b_hi: [0, 0, 0, 0],
  a_period: 1,
  b_period: 1,
};

function elementwiseKernel(
  name: string,
  entry: string,
  reads: number,
  expressions?: Record<string, string>,
): Kernel {
  return defineKernel({
    name,
    shader: ['values_1', 'gelu', 'elementwise'],
    entry,
    reads,
    writes: 1,
    uniforms: UNIFORMS,
    elements: { stored: Array.from({ length: reads + 1 }, (_, binding) => binding) },
    ...(expressions ? { expressions } : {}),
  });
}

const kernels = new Map<string, Kernel>();

function kernelFor(name: string, entry: string, reads: number, expressions: Record<string, string>): Kernel {
  let kernel = kernels.get(name);
  if (!kernel) {
    kernel = elementwiseKernel(name, entry, reads, expressions);
    kernels.set(name, kernel);
  }
  return kernel;
}

export function runUnary(name: UnaryName, x: Tensor, s: number, out: Tensor): void {
  const kernel = kernelFor(name, 'unary', 1, { forward: UNARY[name].forward });
  const uniforms = { ...NO_STRIDES, size: x.size, s };
  x.recorder.dispatch(kernel, {
    reads: [x],
    writes: [out],
    uniforms,
    workgroups: linearGrid(x.recorder, x.size),
  });
}

export function runUnaryBackward(
  name: UnaryName,
  g: Tensor,
  x: Tensor,
  y: Tensor,
  s: number,
  out: Tensor,
): void {
  const kernel = kernelFor(`${name}_backward`, 'unary_backward', 3, { derivative: UNARY[name].derivative });
  const uniforms = { ...NO_STRIDES, size: x.size, s };
  x.recorder.dispatch(kernel, {
    reads: [g, x, y],
    writes: [out],
    uniforms,
    workgroups: linearGrid(x.recorder, x.size),
  });
}

/** Axes merged as far as both operands' strides allow, innermost first, padded to 8. */
function mergedAxes(a: Shape, b: Shape, out: Shape) {
  const strides = [broadcastStrides(a, out), broadcastStrides(b, out)] as const;
  const axes: { extent: number; a: number; b: number }[] = [];
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const next = { extent: out[axis] ?? 1, a: strides[0][axis] ?? 0, b: strides[1][axis] ?? 0 };
    if (next.extent === 1) continue;
    const inner = axes.at(-1);
    if (inner && next.a === inner.a * inner.extent && next.b === inner.b * inner.extent)
      inner.extent *= next.extent;
    else axes.push(next);
  }
  // Tensors of rank above 8 do not occur: emptyTensor's shapes are at most the model's 4 axes plus a few.
  const column = (pick: (axis: { extent: number; a: number; b: number }) => number, pad: number) =>
    Array.from({ length: 8 }, (_, i) => (axes[i] ? pick(axes[i]) : pad));
  const [extent, ca, cb] = [column((x) => x.extent, 1), column((x) => x.a, 0), column((x) => x.b, 0)];
  return {
    extent_lo: extent.slice(0, 4),
    extent_hi: extent.slice(4),
    a_lo: ca.slice(0, 4),
    a_hi: ca.slice(4),
    b_lo: cb.slice(0, 4),
    b_hi: cb.slice(4),
  };
}

/** Whether `shape` is `out` without some leading axes (1s count as lacking), in whole vectors of 4. */
function repeats(shape: Shape, out: Shape): boolean {
  const own = shape.slice(shape.findIndex((extent) => extent !== 1));
  const tail = out.slice(out.length - own.length);
  return sizeOf(own) % 4 === 0 && own.every((extent, axis) => extent === tail[axis]);
}

/** Uniforms and workgroups of an operation on two operands, in vectors where both allow. */
function binaryLaunch(recorder: Recorder, a: Shape, b: Shape, out: Shape) {
  const vectors = repeats(a, out) && repeats(b, out);
  const size = vectors ? sizeOf(out) / 4 : sizeOf(out);
  const layout = vectors
    ? { ...NO_STRIDES, a_period: sizeOf(a) / 4, b_period: sizeOf(b) / 4 }
    : { ...mergedAxes(a, b, out), a_period: 1, b_period: 1 };
  return { vectors, uniforms: { ...layout, size, s: 0 }, workgroups: linearGrid(recorder, size) };
}

export function runBinary(name: BinaryName, a: Tensor, b: Tensor, out: Tensor): void {
  const { vectors, ...launch } = binaryLaunch(a.recorder, a.shape, b.shape, out.shape);
  const kernel = vectors
    ? kernelFor(`${name}_vectors`, 'binary_vectors', 2, { combine4: BINARY[name].combine })
    : kernelFor(name, 'binary', 2, { combine: BINARY[name].combine });
  a.recorder.dispatch(kernel, { reads: [a, b], writes: [out], ...launch });
}

/** Gradient by one side, in the shape of the output; null when it is `g` itself. */
export function binaryGradient(
  name: BinaryName,
  side: 'A' | 'B',
  g: Tensor,
  a: Tensor,
  b: Tensor,
): Tensor | null {
  const expression = BINARY[name][`gradient${side}`];
  if (expression === 'g') return null;
  const { vectors, ...launch } = binaryLaunch(g.recorder, a.shape, b.shape, g.shape);
  const title = `${name}_backward_${side}`;
  const kernel = vectors
    ? kernelFor(`${title}_vectors`, 'binary_backward_vectors', 3, { gradient4: expression })
    : kernelFor(title, 'binary_backward', 3, { gradient: expression });
  const out = emptyTensor(g.recorder, g, `gradient of ${name}`);
  g.recorder.dispatch(kernel, { reads: [g, a, b], writes: [out], ...launch });
  return out;
}

/** a + b with broadcasting, for the tape. */
export function addTensors(a: Tensor, b: Tensor): Tensor {
  const spec = { shape: broadcastShapes('add', a.shape, b.shape), dtype: a.dtype };
  const out = emptyTensor(a.recorder, spec, 'sum');
  runBinary('add', a, b, out);
  return out;
}

const accumulateKernel = elementwiseKernel('accumulate', 'accumulate', 1);
const fillKernel = elementwiseKernel('fill', 'fill', 0);

/** total += x, elementwise and in place. */
export function accumulate(total: Tensor, x: Tensor): void {
  const size = sizeOf(total.shape);
  total.recorder.dispatch(accumulateKernel, {
    reads: [x],
    writes: [total],
    uniforms: { ...NO_STRIDES, size, s: 0 },
    workgroups: linearGrid(total.recorder, size),
  });
}

/** Sets every element. */
export function fill(tensor: Tensor, value: number): void {
  tensor.recorder.dispatch(fillKernel, {
    reads: [],
    writes: [tensor],
    uniforms: { ...NO_STRIDES, size: tensor.size, s: value },
    workgroups: linearGrid(tensor.recorder, tensor.size),
  });
}
