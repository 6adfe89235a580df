import { ShapeError } from '../errors.ts';
import { defineKernel } from '../kernel.ts';
import { pickByValues, type RowTile, rowDispatch } from '../kernels/norm.ts';
import { defineOp } from '../op.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Attributes {
  readonly multiple: number;
  readonly eps: number;
  /** Only for tests and benchmarks: the row tile to take whatever the table says. */
  readonly tile?: RowTile | undefined;
}

const kernel = (values: number) =>
  defineKernel({
    name: `zscore_${values}`,
    shader: [`values_${values}`, 'rows', 'zscore'],
    entry: 'zscore',
    reads: 1,
    writes: 1,
    uniforms: { rows: 'u32', width: 'u32', padded: 'u32', eps: 'f32' },
  });
const KERNELS = { single: kernel(1), vectors: kernel(4) };

const op = defineOp<Attributes>({
  name: 'zscorePad',
  shape: ([x], { multiple, eps }) => {
    const shape = x?.shape ?? [];
    const [batch, channels, samples] = shape;
    if (shape.length !== 3 || !batch || !channels || !samples) {
      throw new ShapeError(`zscorePad: input ${showShape(shape)}; it must be [batch, channels, samples].`);
    }
    if (samples === 1) {
      throw new ShapeError(
        `zscorePad: input ${showShape(shape)} has one sample a channel, and the deviation of a single sample is not defined; give at least 2.`,
      );
    }
    if (!Number.isSafeInteger(multiple) || multiple < 1) {
      throw new ShapeError(`zscorePad: multiple ${multiple}; it must be an integer of at least 1.`);
    }
    if (!(eps > 0)) {
      throw new ShapeError(`zscorePad: eps ${eps}; it must be above 0, or a constant channel is 0/0.`);
    }
    return { shape: [batch, channels, multiple * Math.ceil(samples / multiple)], dtype: 'f32' };
  },
  forward: ({ recorder, inputs, attributes: { eps, tile }, output }) => {
    const x = inputs[0] as Tensor;
    const [batch, channels, samples] = x.shape as readonly [number, number, number];
    const padded = output.shape[2] as number;
    const { kernel, values } = pickByValues(KERNELS, samples, padded);
    const rows = batch * channels;
    recorder.dispatch(kernel, {
      reads: [x],
      writes: [output],
      uniforms: { rows, width: samples / values, padded: padded / values, eps },
      ...rowDispatch(recorder, rows, tile),
    });
  },
  backward: 'nondifferentiable',
});

/**
 * Each channel of each signal as (x - mean) / (sd + eps), with the unbiased sd (divided by T - 1), followed by zeros
 * up to a multiple of `multiple` samples. `x` [B, C, T]; the result is [B, C, multiple ceil(T / multiple)].
 * A constant channel becomes exactly 0. Has no gradient.
 */
export function zscorePad(
  x: Tensor,
  { multiple = 200, eps = 1e-6 }: { multiple?: number; eps?: number } = {},
): Tensor {
  return op([x], { multiple, eps });
}
