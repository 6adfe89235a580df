import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { columnDispatch, type RowTile, rowDispatch } from '../kernels/norm.ts';
import { type ByValues, pickByValues } from '../kernels/values.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

function kernels(entry: string, reads: number, writes: number, stored: readonly number[]): ByValues {
  const kernel = (values: number) =>
    defineKernel({
      name: `rms_norm_${entry}_${values}`,
      shader: 'norm/rms_norm',
      picks: [`lib/values_${values}`],
      entry,
      reads,
      writes,
      uniforms: { rows: 'u32', width: 'u32', eps: 'f32' },
      elements: { stored },
    });
  return { single: kernel(1), vectors: kernel(4) };
}

const FORWARD = kernels('forward', 2, 2, [0, 2]);
const BY_INPUT = kernels('input_gradient', 5, 1, [0, 3, 4, 5]);
const BY_WEIGHT = kernels('weight_gradient', 3, 1, [0, 2]);

function launch(kernelsOf: ByValues, x: Tensor, eps: number) {
  const width = x.shape.at(-1) as number;
  const rows = x.size / width;
  const { kernel, values } = pickByValues(kernelsOf, width);
  return { kernel, rows, uniforms: { rows, width: width / values, eps } };
}

interface Attributes {
  readonly eps: number;
  /** Only for tests and benchmarks: the row tile to take whatever the table says. */
  readonly tile?: RowTile | undefined;
}

const op = defineOp({
  name: 'rmsNorm',
  inputs: ['stored', 'f32'],
  shape: ([{ shape, dtype }, weight], { eps }: Attributes) => {
    const width = shape.at(-1);
    if (width === undefined || !sameShape(weight.shape, [width])) {
      throw new ShapeError(
        `rmsNorm: input ${showShape(shape)} and weight ${showShape(weight.shape)}; the input needs a last axis and the weight must be [${width ?? 'D'}].`,
      );
    }
    if (!(Number.isFinite(eps) && eps > 0))
      throw new ShapeError(`rmsNorm: eps ${eps}; it must be a number above 0, or a row of zeros is 0/0.`);
    return { shape, dtype };
  },
  forward: ({ recorder, inputs: [x, weight], attributes: { eps, tile }, output, empty }) => {
    const { kernel, rows, uniforms } = launch(FORWARD, x, eps);
    const rstd = empty({ shape: [rows] });
    recorder.dispatch(kernel, {
      reads: [x, weight],
      writes: [output, rstd],
      uniforms,
      ...rowDispatch(recorder, rows, tile),
    });
    return rstd;
  },
  backward: ({
    inputs: [x, weight],
    saved: rstd,
    attributes: { eps, tile },
    grad,
    needsGrad,
    gradientSlot,
    accumulated,
  }) => {
    const { recorder } = grad;
    const dx = needsGrad[0] ? gradientSlot(0) : null;
    if (dx) {
      const { kernel, rows, uniforms } = launch(BY_INPUT, x, eps);
      const { constants, workgroups } = rowDispatch(recorder, rows, tile);
      // The gradient of the residual connection past the layer.
      const residual = accumulated(0);
      recorder.dispatch(kernel, {
        reads: [x, weight, rstd, grad, residual ?? grad],
        writes: [dx],
        uniforms,
        constants: { ...constants, CARRIED: Number(residual !== null) },
        workgroups,
      });
    }
    const dw = needsGrad[1] ? gradientSlot(1) : null;
    if (dw) {
      const { kernel, uniforms } = launch(BY_WEIGHT, x, eps);
      recorder.dispatch(kernel, {
        reads: [x, rstd, grad],
        writes: [dw],
        uniforms,
        ...columnDispatch(recorder, uniforms.width, tile),
      });
    }
    return [dx, dw];
  },
});

/** weight x / sqrt(mean(x^2) + eps) over the last axis. `x` [.., D], `weight` [D]; the result is [.., D]. */
export function rmsNorm(x: Tensor, weight: Tensor, options: { eps?: number } = {}): Tensor {
  checkOptions('rmsNorm', options, ['eps']);
  const { eps = 1e-6 } = options;
  return op([x, weight], { eps });
}
