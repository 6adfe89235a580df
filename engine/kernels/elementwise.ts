import { defineKernel, type Kernel } from '../gpu/kernel.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { broadcastShapes, broadcastStrides, type Shape, sameShape } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { linearGrid } from './grid.ts';
import { repeatInto } from './strided-copy.ts';

/** A row, in WGSL over `Value`, an f32 or a vec4f: forward of (x, s), and the gradient from (g, x, y, s), `s` being the operation's scalar attribute. */
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
  exp: { forward: 'exp_ieee(x)', derivative: 'g * y' },
  log: { forward: 'log_ieee(x)', derivative: 'g / x' },
  sqrt: { forward: 'sqrt_ieee(x)', derivative: '0.5 * g / y' },
  square: { forward: 'x * x', derivative: 'g * x * 2.0' },
  tanh: { forward: 'tanh_safe(x)', derivative: 'g * tanh_derivative(x)' },
  sigmoid: { forward: 'nan_with(sigmoid(x), x)', derivative: 'g * sigmoid_derivative(x)' },
  relu: { forward: 'relu(x)', derivative: 'relu_gradient(g, x)' },
  gelu: { forward: 'gelu(x)', derivative: 'g * gelu_derivative(x)' },
  silu: { forward: 'x * sigmoid(x)', derivative: 'g * (sigmoid(x) + x * sigmoid_derivative(x))' },
  softplus: { forward: 'softplus(x)', derivative: 'g * nan_with(sigmoid(x), x)' },
  scale: { forward: 's * x', derivative: 's * g' },
  addScalar: { forward: 'x + Value(s)', derivative: 'g' },
} as const satisfies Record<string, UnaryRow>;

export const BINARY = {
  add: { combine: 'a + b', gradientA: 'g', gradientB: 'g' },
  sub: { combine: 'a - b', gradientA: 'g', gradientB: '-g' },
  mul: { combine: 'a * b', gradientA: 'g * b', gradientB: 'g * a' },
  div: { combine: 'a / b', gradientA: 'g / b', gradientB: '-(g / b) * (a / b)' },
} as const satisfies Record<string, BinaryRow>;

export type UnaryName = keyof typeof UNARY;
export type BinaryName = keyof typeof BINARY;

const UNIFORMS = {
  extents: 'vec4u',
  extents_5_to_8: 'vec4u',
  a_strides: 'vec4u',
  a_strides_5_to_8: 'vec4u',
  b_strides: 'vec4u',
  b_strides_5_to_8: 'vec4u',
  size: 'u32',
  s: 'f32',
} as const;

/** Elements of an invocation: whole vectors where everything allows it. */
type Width = 1 | 4;

const kernels = new Map<string, Kernel>();

/** Gradients, made of three tensors, may be f32 where those are f16; all else is of one type. */
function elementsOf(reads: number) {
  return reads === 3
    ? { stored: [0, 1, 2], result: [3] }
    : { stored: Array.from({ length: reads + 1 }, (_, binding) => binding) };
}

/** `expressions` are those of a row of the table, whose name then begins `name`. */
function kernelFor(
  name: string,
  entry: string,
  reads: number,
  width: Width,
  expressions?: Record<string, string>,
): Kernel {
  const key = width === 4 ? `${name}_vectors` : name;
  let kernel = kernels.get(key);
  if (!kernel) {
    kernel = defineKernel({
      name: key,
      shader: 'elementwise/elementwise',
      picks: [`lib/values_${width}`],
      entry,
      reads,
      writes: 1,
      uniforms: UNIFORMS,
      elements: elementsOf(reads),
      ...(expressions ? { expressions } : {}),
    });
    kernels.set(key, kernel);
  }
  return kernel;
}

const forwardOf = (name: UnaryName, width: Width) =>
  kernelFor(name, 'unary', 1, width, { forward: UNARY[name].forward });

const derivativeOf = (name: UnaryName, width: Width) =>
  kernelFor(`${name}_backward`, 'unary_backward', 3, width, { derivative: UNARY[name].derivative });

const combineOf = (name: BinaryName, width: Width) =>
  kernelFor(name, 'binary', 2, width, { combine: BINARY[name].combine });

const gradientOf = (name: BinaryName, side: 'A' | 'B', width: Width) =>
  kernelFor(`${name}_backward_${side}`, 'binary_backward', 3, width, {
    gradient: BINARY[name][`gradient${side}`],
  });

const accumulateOf = (width: Width) => kernelFor('accumulate', 'accumulate', 1, width);
const fillOf = (width: Width) => kernelFor('fill', 'fill', 0, width);

/** All kernels of this file, which are otherwise made when they are first used: for checks that compile them all. */
export function elementwiseKernels(): Kernel[] {
  return ([1, 4] as const).flatMap((width) => [
    ...(Object.keys(UNARY) as UnaryName[]).flatMap((name) => [
      forwardOf(name, width),
      derivativeOf(name, width),
    ]),
    ...(Object.keys(BINARY) as BinaryName[]).flatMap((name) => [
      combineOf(name, width),
      gradientOf(name, 'A', width),
      gradientOf(name, 'B', width),
    ]),
    accumulateOf(width),
    fillOf(width),
  ]);
}

/** An axis of the output, and the strides of both operands along it. */
interface Axis {
  extent: number;
  readonly a: number;
  readonly b: number;
}

/** What a kernel of this file needs to run over `axes`, innermost first and not empty. */
function launchOver(recorder: Recorder, axes: readonly Axis[], s = 0) {
  const column = (pick: (axis: Axis) => number, pad: number) =>
    Array.from({ length: MOST_AXES }, (_, i) => (axes[i] ? pick(axes[i]) : pad));
  const [extents, a, b] = [column((x) => x.extent, 1), column((x) => x.a, 0), column((x) => x.b, 0)];
  const size = axes.reduce((product, { extent }) => product * extent, 1);
  return {
    uniforms: {
      extents: extents.slice(0, 4),
      extents_5_to_8: extents.slice(4),
      a_strides: a.slice(0, 4),
      a_strides_5_to_8: a.slice(4),
      b_strides: b.slice(0, 4),
      b_strides_5_to_8: b.slice(4),
      size,
      s,
    },
    workgroups: linearGrid(recorder, size),
  };
}

/** The same over all elements of one tensor, or of several of one shape. */
function launchFlat({ recorder, size }: Tensor, s = 0): { width: Width } & ReturnType<typeof launchOver> {
  const width = size % 4 === 0 ? 4 : 1;
  return { width, ...launchOver(recorder, [{ extent: size / width, a: 1, b: 1 }], s) };
}

export function runUnary(name: UnaryName, x: Tensor, s: number, out: Tensor): void {
  const { width, ...launch } = launchFlat(x, s);
  x.recorder.dispatch(forwardOf(name, width), { reads: [x], writes: [out], ...launch });
}

export function runUnaryBackward(
  name: UnaryName,
  g: Tensor,
  x: Tensor,
  y: Tensor,
  s: number,
  out: Tensor,
): void {
  const { width, ...launch } = launchFlat(x, s);
  x.recorder.dispatch(derivativeOf(name, width), { reads: [g, x, y], writes: [out], ...launch });
}

/** Axes merged as far as both operands' strides allow, innermost first. */
function mergedAxes(a: Shape, b: Shape, out: Shape): Axis[] {
  const strides = [broadcastStrides(a, out), broadcastStrides(b, out)] as const;
  const axes: Axis[] = [];
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const next = { extent: out[axis] ?? 1, a: strides[0][axis] ?? 0, b: strides[1][axis] ?? 0 };
    if (next.extent === 1) continue;
    const inner = axes.at(-1);
    if (inner && next.a === inner.a * inner.extent && next.b === inner.b * inner.extent)
      inner.extent *= next.extent;
    else axes.push(next);
  }
  return axes.length > 0 ? axes : [{ extent: 1, a: 1, b: 1 }];
}

/** Merged axes that the kernels take. */
const MOST_AXES = 8;

/** Both operands, repeated to the shape of `out` where they are broadcast along more axes than the kernels take. */
function operandsFor(a: Tensor, b: Tensor, out: Shape): [Tensor, Tensor] {
  if (mergedAxes(a.shape, b.shape, out).length <= MOST_AXES) return [a, b];
  const whole = (x: Tensor): Tensor => {
    if (sameShape(x.shape, out)) return x;
    const repeated = emptyTensor(x.recorder, { shape: out, dtype: x.dtype }, 'repeated operand');
    repeatInto(x, repeated);
    return repeated;
  };
  return [whole(a), whole(b)];
}

/** Launch of an operation on two operands, in vectors where the innermost axis is broadcast in neither. */
function binaryLaunch(recorder: Recorder, a: Shape, b: Shape, out: Shape) {
  const axes = mergedAxes(a, b, out);
  const [inner, ...outer] = axes as [Axis, ...Axis[]];
  const multiples = [inner.extent, ...outer.flatMap((axis) => [axis.a, axis.b])];
  const plain = inner.a === 1 && inner.b === 1;
  const constants = { AXES: axes.length, EQUAL_SHAPES: Number(plain && outer.length === 0) };
  const vectors = plain && multiples.every((count) => count % 4 === 0);
  if (!vectors) return { width: 1 as const, constants, ...launchOver(recorder, axes) };
  const outerVectors = outer.map(({ extent, a, b }) => ({ extent, a: a / 4, b: b / 4 }));
  return {
    width: 4 as const,
    constants,
    ...launchOver(recorder, [{ ...inner, extent: inner.extent / 4 }, ...outerVectors]),
  };
}

export function runBinary(name: BinaryName, left: Tensor, right: Tensor, out: Tensor): void {
  const [a, b] = operandsFor(left, right, out.shape);
  const { width, ...launch } = binaryLaunch(a.recorder, a.shape, b.shape, out.shape);
  a.recorder.dispatch(combineOf(name, width), { reads: [a, b], writes: [out], ...launch });
}

/**
 * Gradient by one side, in the shape of the output; null when it is `g` itself. f32 where the side was broadcast: it is to
 * be summed.
 */
export function binaryGradient(
  name: BinaryName,
  side: 'A' | 'B',
  g: Tensor,
  left: Tensor,
  right: Tensor,
): Tensor | null {
  if (BINARY[name][`gradient${side}`] === 'g') return null;
  const [a, b] = operandsFor(left, right, g.shape);
  const { width, ...launch } = binaryLaunch(g.recorder, a.shape, b.shape, g.shape);
  const { size } = side === 'A' ? left : right;
  const spec = { shape: g.shape, dtype: size === g.size ? g.dtype : ('f32' as const) };
  const out = emptyTensor(g.recorder, spec, `gradient of ${name}`);
  g.recorder.dispatch(gradientOf(name, side, width), { reads: [g, a, b], writes: [out], ...launch });
  return out;
}

/** a + b with broadcasting, for the tape. */
export function addTensors(a: Tensor, b: Tensor): Tensor {
  const spec = { shape: broadcastShapes('add', a.shape, b.shape), dtype: a.dtype };
  const out = emptyTensor(a.recorder, spec, 'sum');
  runBinary('add', a, b, out);
  return out;
}

/** total += x, elementwise and in place. */
export function accumulate(total: Tensor, x: Tensor): void {
  const { width, ...launch } = launchFlat(total);
  total.recorder.dispatch(accumulateOf(width), { reads: [x], writes: [total], ...launch });
}

/** Sets every element. */
export function fill(tensor: Tensor, value: number): void {
  const { width, ...launch } = launchFlat(tensor, value);
  tensor.recorder.dispatch(fillOf(width), { reads: [], writes: [tensor], ...launch });
}
