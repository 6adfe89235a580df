import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { columnDispatch, type RowTile, rowDispatch } from '../kernels/norm.ts';
import { type ByValues, pickByValues } from '../kernels/values.ts';
import { sameShape, showShape } from '../shape.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

interface Attributes {
  readonly eps: number;
  readonly activation: 'none' | 'gelu';
  /** Only for tests and benchmarks: the row tile to take whatever the table says. */
  readonly tile?: RowTile | undefined;
}

function kernels(entry: string, reads: number, writes: number, stored: readonly number[]): ByValues {
  const kernel = (values: number) =>
    defineKernel({
      name: `layer_norm_${entry}_${values}`,
      shader: 'norm/layer_norm',
      picks: [`lib/values_${values}`],
      entry,
      reads,
      writes,
      uniforms: { rows: 'u32', width: 'u32', eps: 'f32' },
      elements: { stored },
    });
  return { single: kernel(1), vectors: kernel(4) };
}

const FORWARD = kernels('forward', 3, 2, [0, 3]);
const BY_INPUT = kernels('input_gradient', 5, 1, [0, 4, 5]);
const BY_WEIGHTS = kernels('weight_gradients', 5, 2, [0, 4]);

function launch(kernelsOf: ByValues, x: Tensor, { eps, activation }: Attributes) {
  const width = x.shape.at(-1) as number;
  const rows = x.size / width;
  const { kernel, values } = pickByValues(kernelsOf, width);
  const uniforms = { rows, width: width / values, eps };
  return { kernel, rows, uniforms, constants: { GELU: Number(activation === 'gelu') } };
}

function rowLaunch(kernelsOf: ByValues, x: Tensor, attributes: Attributes) {
  const { kernel, rows, uniforms, constants } = launch(kernelsOf, x, attributes);
  const dispatch = rowDispatch(x.recorder, rows, attributes.tile);
  return {
    kernel,
    rows,
    options: { ...dispatch, uniforms, constants: { ...dispatch.constants, ...constants } },
  };
}

const op = defineOp({
  name: 'layerNorm',
  inputs: ['stored', 'f32', 'f32'],
  shape: ([{ shape, dtype }, weight, bias], { eps, activation }: Attributes) => {
    const width = shape.at(-1);
    if (width === undefined || !sameShape(weight.shape, [width]) || !sameShape(bias.shape, [width])) {
      throw new ShapeError(
        `layerNorm: input ${showShape(shape)}, weight ${showShape(weight.shape)} and bias ${showShape(bias.shape)}; the input needs a last axis, weight and bias must be [${width ?? 'D'}].`,
      );
    }
    if (!(Number.isFinite(eps) && eps > 0))
      throw new ShapeError(`layerNorm: eps ${eps}; it must be a number above 0, or a constant row is 0/0.`);
    if (activation !== 'none' && activation !== 'gelu') {
      throw new ShapeError(`layerNorm: activation "${String(activation)}"; it must be "none" or "gelu".`);
    }
    return { shape, dtype };
  },
  forward: ({ recorder, inputs: [x, weight, bias], attributes, output, empty }) => {
    const { kernel, rows, options } = rowLaunch(FORWARD, x, attributes);
    const moments = empty({ shape: [rows, 2] });
    recorder.dispatch(kernel, {
      reads: [x, weight, bias],
      writes: [output, moments],
      ...options,
    });
    return moments;
  },
  backward: ({ inputs: [x, weight, bias], saved: moments, attributes, grad, needsGrad, gradientSlot }) => {
    const { recorder } = grad;
    const reads = [x, weight, bias, moments, grad];
    const dx = needsGrad[0] ? gradientSlot(0) : null;
    if (dx) {
      const { kernel, options } = rowLaunch(BY_INPUT, x, attributes);
      recorder.dispatch(kernel, { reads, writes: [dx], ...options });
    }
    if (!needsGrad[1] && !needsGrad[2]) return [dx, null, null];
    // One kernel makes both; where one is not wanted it goes to scratch.
    const dw = needsGrad[1] ? gradientSlot(1) : emptyTensor(recorder, weight, 'unneeded gradient');
    const db = needsGrad[2] ? gradientSlot(2) : emptyTensor(recorder, bias, 'unneeded gradient');
    const { kernel, uniforms, constants } = launch(BY_WEIGHTS, x, attributes);
    const dispatch = columnDispatch(recorder, uniforms.width, attributes.tile);
    recorder.dispatch(kernel, {
      reads,
      writes: [dw, db],
      ...dispatch,
      uniforms,
      constants: { ...dispatch.constants, ...constants },
    });
    return [dx, needsGrad[1] ? dw : null, needsGrad[2] ? db : null];
  },
});

/**
 * (x - mean) / sqrt(variance + eps) weight + bias over the last axis, with the biased variance, then GELU (tanh
 * form) where asked. `x` [.., D], `weight` and `bias` [D]; the result is [.., D].
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { eps?: number; activation?: 'none' | 'gelu' } = {},
): Tensor {
  checkOptions('layerNorm', options, ['eps', 'activation']);
  const { eps = 1e-6, activation = 'none' } = options;
  return op([x, weight, bias], { eps, activation });
}
