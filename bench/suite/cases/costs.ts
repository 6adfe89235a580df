import { registeredOps } from '../../../engine/index.ts';
import type { Pass } from '../../contract.ts';

type Shape = readonly number[];
type Shapes = readonly Shape[];

export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

const size = (shape: Shape | undefined): number => (shape ?? []).reduce((all, extent) => all * extent, 1);
const last = (shape: Shape | undefined): number => shape?.at(-1) ?? 1;

/** Shape of the operation's result. Throws ShapeError on inputs that do not fit. */
export function outputShape(op: string, shapes: Shapes, attributes: unknown): Shape {
  if (op === 'adamw') return shapes[0] ?? [];
  const spec = registeredOps().get(op)?.spec;
  if (!spec) throw new Error(`There is no operation "${op}" to benchmark; it must be a registered one.`);
  const inputs = shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
  return spec.shape(inputs, attributes).shape;
}

/** Operations an element of the usual functions, an exponential or a root counting as one. */
const GELU = 10;
const SILU = 5;
const NORM = 6;
const SOFTMAX = 5;

/** [forward, gradients] in operations. What the mathematics needs, not what a kernel recomputes. */
function arithmetic(
  op: string,
  shapes: Shapes,
  attributes: unknown,
  output: Shape,
): readonly [number, number] {
  const [a, b] = shapes;
  const out = size(output);
  switch (op) {
    case 'linear': {
      const products = 2 * out * last(a);
      return [products + (shapes.length - 2) * out, 2 * products];
    }
    case 'stem': {
      const features = b?.[0] ?? 1;
      const taps = last(b);
      const convolution = 2 * size(a) * features * taps;
      const rest = size(a) * features * (NORM + GELU);
      return [convolution + rest, 2 * convolution + 2 * rest];
    }
    case 'layerNorm': {
      const gelu = (attributes as { activation: string }).activation === 'gelu' ? GELU : 0;
      return [out * (NORM + gelu), 2 * out * (NORM + gelu)];
    }
    case 'rmsNorm':
      return [out * 4, out * 8];
    case 'selfAttention': {
      const tokens = a?.[1] ?? 1;
      const { heads } = attributes as { heads: number };
      const scores = out * tokens;
      // Two products forward; for each of them two in the gradient.
      return [4 * scores + SOFTMAX * (scores / (last(output) / heads)), 8 * scores];
    }
    case 'crossAttention': {
      const keys = b?.[1] ?? 1;
      const { heads } = attributes as { heads: number };
      const scores = out * keys;
      return [4 * scores + SOFTMAX * (scores / (last(output) / heads)), 8 * scores];
    }
    case 'attentionPool': {
      const { heads, axis } = attributes as { heads: number; axis: string };
      const length = (axis === 'time' ? a?.[2] : a?.[1]) ?? 1;
      // Queries by keys; the probabilities are pooled before they meet the values.
      const scores = out * length * length;
      const softmax = (scores / (last(output) / heads)) * SOFTMAX;
      return [2 * scores + softmax + 2 * out * length, 4 * scores + softmax + 4 * out * length];
    }
    case 'swiglu':
      return [out * (SILU + 1), out * 2 * (SILU + 2)];
    case 'gelu':
      return [out * GELU, out * (GELU + 2)];
    case 'mse':
      return [3 * size(a), 2 * size(a)];
    case 'zscorePad':
      return [NORM * size(a), 0];
    case 'crossEntropy':
      return [SOFTMAX * size(a), 3 * size(a)];
    case 'softCrossEntropy':
      // Every class has its weight: a multiply-add.
      return [(SOFTMAX + 2) * size(a), 3 * size(a)];
    case 'adamw':
      // Norm and scaling of the gradient, two running means, the update.
      return [16 * size(a), 0];
    case 'mean':
    case 'sum':
      return [size(a), 0];
    case 'add':
      return [out, shapes.filter((shape) => size(shape) < out).length * out];
    case 'mul':
      return [out, 2 * out];
    default:
      // Moving values about.
      return [0, 0];
  }
}

/** Elements read and written: forward, then by the gradients on top. */
function traffic(op: string, shapes: Shapes, output: Shape): readonly [number, number] {
  const all = shapes.reduce((sum, shape) => sum + size(shape), 0);
  const out = size(output);
  switch (op) {
    case 'slice':
      // Reads what it keeps; the gradient is written whole.
      return [2 * out, out + all];
    case 'adamw':
      // Weights and both means are read and written, gradients read.
      return [7 * size(shapes[0]), 0];
    case 'crossEntropy':
    case 'softCrossEntropy':
      return [all + 1, 1 + size(shapes[0])];
    case 'add': {
      // The gradient of a side that was not broadcast is the seed itself.
      const broadcast = shapes.filter((shape) => size(shape) < out);
      return [all + out, broadcast.reduce((sum, shape) => sum + out + size(shape), 0)];
    }
    case 'concat':
    case 'broadcastTo':
    case 'mean':
    case 'sum':
      // Linear: gradients need the seed alone.
      return [all + out, out + all];
    default:
      // Inputs are read once for both passes; the seed comes in, a gradient by each input goes out.
      return [all + out, out + all];
  }
}

/** Operations and bytes of a case. */
export function costOf(op: string, shapes: Shapes, attributes: unknown, pass: Pass): Cost {
  const output = outputShape(op, shapes, attributes);
  const [forward, gradient] = arithmetic(op, shapes, attributes, output);
  const [moved, more] = traffic(op, shapes, output);
  return {
    flops: pass === 'forward' ? forward : forward + gradient,
    bytes: 4 * (pass === 'forward' ? moved : moved + more),
  };
}
