import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, ShapeError } from '../errors.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { runMatmul } from '../matmul/launch.ts';
import { sameShape, showShape } from '../shape.ts';
import { type Tensor, viewOf, weightAs } from '../tensor.ts';

interface Epilogue {
  readonly bias: boolean;
  readonly residual: boolean;
}

function parts(inputs: readonly [Tensor, Tensor, ...Tensor[]], { bias, residual }: Epilogue) {
  const [x, w] = inputs;
  const [n = 1, k = 1] = w.shape;
  return {
    x,
    w: weightAs(w, x.dtype),
    m: x.size / k,
    n,
    k,
    bias: bias ? inputs[2] : undefined,
    residual: residual ? inputs[bias ? 3 : 2] : undefined,
  };
}

const op = defineOp({
  name: 'linear',
  inputs: ({ bias, residual }: Epilogue) =>
    [
      'stored',
      'weight',
      ...(bias ? (['f32'] as const) : []),
      ...(residual ? (['stored'] as const) : []),
    ] as const,
  shape: (inputs, { bias, residual }: Epilogue) => {
    const [{ shape: from, dtype }, { shape: weight }] = inputs;
    if (weight.length !== 2 || from.at(-1) !== weight[1]) {
      throw new ShapeError(
        `linear: input ${showShape(from)} and weight ${showShape(weight)}; the weight must be [out, in] with in = ${from.at(-1)}.`,
      );
    }
    const shape = [...from.slice(0, -1), weight[0] ?? 1];
    if (bias && !sameShape(inputs[2]?.shape ?? [], [weight[0] ?? 1])) {
      throw new ShapeError(`linear: bias ${showShape(inputs[2]?.shape ?? [])}; it must be [${weight[0]}].`);
    }
    const added = residual ? inputs[bias ? 3 : 2] : undefined;
    if (added && !sameShape(added.shape, shape)) {
      throw new ShapeError(
        `linear: residual ${showShape(added.shape)}; it must be ${showShape(shape)}, the output's shape.`,
      );
    }
    return { shape, dtype };
  },
  forward: ({ inputs, attributes, output }) => {
    const { x, w, ...rest } = parts(inputs, attributes);
    runMatmul({ a: x, b: w, c: output, transposeB: true, ...rest });
  },
  backward: ({ inputs, attributes, grad, needsGrad, gradientSlot, accumulated }) => {
    const { x, w, m, n, k } = parts(inputs, attributes);
    const dw = needsGrad[1] ? gradientSlot(1) : null;
    if (dw) runMatmul({ a: grad, b: x, c: dw, m: n, n: k, k: m, transposeA: true });
    const dx = needsGrad[0] ? gradientSlot(0) : null;
    if (dx) runMatmul({ a: grad, b: w, c: dx, m, n: k, k: n, residual: accumulated(0) ?? undefined });
    const rest: (Tensor | null)[] = [];
    if (attributes.bias) rest.push(needsGrad[2] ? sumRows(grad, m, n, gradientSlot(2)) : null);
    if (attributes.residual) rest.push(grad);
    return [dx, dw, ...rest];
  },
});

function sumRows(grad: Tensor, rows: number, columns: number, out: Tensor): Tensor {
  sumAxes(viewOf(grad, [rows, columns]), [0], 1, out);
  return out;
}

/**
 * x W^T + bias + residual, in one dispatch. `x` [.., in], `weight` [out, in], `bias` [out], `residual` [.., out].
 * Where `x` is f16, the weight is the f16 copy that the parameter keeps, and the gradient of the parameter is f32.
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  epilogue: { bias?: Tensor; residual?: Tensor } = {},
): Tensor {
  checkOptions('linear', epilogue, ['bias', 'residual']);
  const { bias, residual } = epilogue;
  const added = [bias, residual].filter((input) => input !== undefined);
  return op([x, weight, ...added], { bias: bias !== undefined, residual: residual !== undefined });
}
