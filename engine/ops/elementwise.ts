import { describeValue } from '../../base/describe-value.ts';
import { defineOp } from '../autograd/define-op.ts';
import { DTypeError } from '../errors.ts';
import {
  BINARY,
  type BinaryName,
  binaryGradient,
  runBinary,
  runUnary,
  runUnaryBackward,
  UNARY,
  type UnaryName,
} from '../kernels/elementwise.ts';
import { broadcastShapes } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Scalar {
  /** The operation's scalar attribute; 0 where it takes none. */
  readonly s: number;
}

function unary(name: UnaryName) {
  return defineOp({
    name,
    inputs: ['stored'],
    shape: ([{ shape, dtype }], { s }: Scalar) => {
      if (typeof s !== 'number') {
        throw new DTypeError(
          `${name}: the second argument is ${describeValue(s)}; it must be a number (add and mul take a second tensor).`,
        );
      }
      return { shape, dtype };
    },
    forward: ({ inputs: [x], attributes, output }) => runUnary(name, x, attributes.s, output),
    backward: ({ inputs: [x], output, attributes, grad, gradientSlot }) => {
      const dx = gradientSlot(0);
      runUnaryBackward(name, grad, x, output, attributes.s, dx);
      return [dx];
    },
  });
}

function binary(name: BinaryName) {
  const op = defineOp({
    name,
    inputs: ['stored', 'stored'],
    shape: ([a, b]) => ({
      shape: broadcastShapes(name, a.shape, b.shape),
      dtype: a.dtype,
    }),
    forward: ({ inputs: [a, b], output }) => runBinary(name, a, b, output),
    backward: ({ inputs: [a, b], grad, needsGrad }) => [
      needsGrad[0] ? (binaryGradient(name, 'A', grad, a, b) ?? grad) : null,
      needsGrad[1] ? (binaryGradient(name, 'B', grad, a, b) ?? grad) : null,
    ],
  });
  return (a: Tensor, b: Tensor): Tensor => op([a, b], null);
}

type Plain = Exclude<UnaryName, 'scale' | 'addScalar'>;

const unaryOps = Object.fromEntries(
  Object.keys(UNARY).map((name) => [name, unary(name as UnaryName)]),
) as Record<UnaryName, ReturnType<typeof unary>>;
const plain =
  (name: Plain) =>
  (x: Tensor): Tensor =>
    unaryOps[name]([x], { s: 0 });
const binaryOps = Object.fromEntries(
  Object.keys(BINARY).map((name) => [name, binary(name as BinaryName)]),
) as Record<BinaryName, ReturnType<typeof binary>>;

// Elementwise functions of one tensor of any shape.
export const neg = plain('neg');
export const exp = plain('exp');
export const log = plain('log');
export const sqrt = plain('sqrt');
export const square = plain('square');
export const tanh = plain('tanh');
export const sigmoid = plain('sigmoid');
export const relu = plain('relu');
/** 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the tanh form. */
export const gelu = plain('gelu');
/** x / (1 + e^-x). */
export const silu = plain('silu');
/** log(1 + e^x). */
export const softplus = plain('softplus');
/** s x. */
export const scale = (x: Tensor, s: number): Tensor => unaryOps.scale([x], { s });
/** x + s. */
export const addScalar = (x: Tensor, s: number): Tensor => unaryOps.addScalar([x], { s });

// Elementwise functions of two tensors, with NumPy broadcasting.
export const { add, sub, mul, div } = binaryOps;
