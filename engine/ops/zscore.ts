import { defineOp } from '../autograd/define-op.ts';
import { checkOptions, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { type RowTile, rowDispatch } from '../kernels/norm.ts';
import { type ByValues, pickByValues } from '../kernels/values.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

interface Attributes {
  readonly multiple: number;
  readonly eps: number;
  /** Only for tests and benchmarks: the row tile to take whatever the table says. */
  readonly tile?: RowTile | undefined;
}

function kernels(entry: string, reads: number): ByValues {
  const kernel = (values: number) =>
    defineKernel({
      name: `${entry}_${values}`,
      shader: `norm/${entry}`,
      picks: [`lib/values_${values}`],
      entry,
      reads,
      writes: 1,
      uniforms: { rows: 'u32', width: 'u32', padded: 'u32', eps: 'f32' },
    });
  return { single: kernel(1), vectors: kernel(4) };
}

const FORWARD = kernels('zscore', 1);
const BY_INPUT = kernels('zscore_gradient', 2);

function run(
  pair: ByValues,
  reads: readonly [Tensor, ...Tensor[]],
  out: Tensor,
  padded: number,
  options: Attributes,
) {
  const [x] = reads;
  const [batch, channels, samples] = x.shape as readonly [number, number, number];
  const { kernel, values } = pickByValues(pair, samples, padded);
  const rows = batch * channels;
  x.recorder.dispatch(kernel, {
    reads,
    writes: [out],
    uniforms: { rows, width: samples / values, padded: padded / values, eps: options.eps },
    ...rowDispatch(x.recorder, rows, options.tile),
  });
}

const op = defineOp({
  name: 'zscorePad',
  inputs: ['f32'],
  shape: ([{ shape }], { multiple, eps }: Attributes) => {
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
    if (!(Number.isFinite(eps) && eps > 0)) {
      throw new ShapeError(
        `zscorePad: eps ${eps}; it must be a number above 0, or a constant channel is 0/0.`,
      );
    }
    return { shape: [batch, channels, multiple * Math.ceil(samples / multiple)], dtype: 'f32' };
  },
  forward: ({ inputs: [x], attributes, output }) => {
    run(FORWARD, [x], output, output.shape[2] as number, attributes);
  },
  backward: ({ inputs: [x], output, attributes, grad, gradientSlot }) => {
    const dx = gradientSlot(0);
    run(BY_INPUT, [x, grad], dx, output.shape[2] as number, attributes);
    return [dx];
  },
});

/**
 * Each channel of each signal as (x - mean) / (sd + eps), with the unbiased sd (divided by T - 1), followed by zeros
 * up to a multiple of `multiple` samples. `x` [B, C, T]; the result is [B, C, multiple ceil(T / multiple)].
 * A constant channel becomes exactly 0; its deviation has no slope, as in PyTorch.
 */
export function zscorePad(x: Tensor, options: { multiple?: number; eps?: number } = {}): Tensor {
  checkOptions('zscorePad', options, ['multiple', 'eps']);
  const { multiple = 200, eps = 1e-6 } = options;
  return op([x], { multiple, eps });
}
