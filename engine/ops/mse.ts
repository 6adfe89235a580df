import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { partialsOf } from '../kernels/partials.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const uniforms = { size: 'u32', count: 'u32', rounds: 'u32', factor: 'f32' } as const;
const sumKernel = (entry: string) =>
  defineKernel({
    name: `mse_${entry}`,
    shader: 'loss/mse',
    entry,
    reads: 2,
    writes: 1,
    uniforms,
    elements: { stored: [0] },
  });
const gradientKernel = (entry: string) =>
  defineKernel({
    name: `mse_${entry}`,
    shader: 'loss/mse',
    entry,
    reads: 3,
    writes: 1,
    uniforms,
    elements: { stored: [0], result: [3] },
  });

const kernels = {
  plain: { sum: sumKernel('sum_plain'), gradient: gradientKernel('gradient_plain') },
  vectors: { sum: sumKernel('sum_vectors'), gradient: gradientKernel('gradient_vectors') },
};

function variant(x: Tensor) {
  return x.size % 4 === 0 ? { ...kernels.vectors, size: x.size / 4 } : { ...kernels.plain, size: x.size };
}

const op = defineOp({
  name: 'mse',
  inputs: ['stored', 'f32'],
  shape: ([prediction, target]) => {
    const [a, b] = [prediction.shape, target.shape];
    if (!sameShape(a, b)) {
      throw new ShapeError(
        `mse: prediction ${showShape(a)} and target ${showShape(b)}; their shapes must be equal (reshape, or broadcastTo first).`,
      );
    }
    return { shape: [], dtype: 'f32' };
  },
  forward: ({ recorder, inputs: [prediction, target], output, empty }) => {
    const { sum, size } = variant(prediction);
    const { count, rounds } = partialsOf(size);
    const partials = empty({ shape: [count] });
    recorder.dispatch(sum, {
      reads: [prediction, target],
      writes: [partials],
      uniforms: { size, count, rounds, factor: 0 },
      workgroups: linearGrid(recorder, count),
    });
    sumAxes(partials, [0], 1 / prediction.size, output);
  },
  backward: ({ inputs: [prediction, target], grad, needsGrad, gradientSlot }) => {
    const { gradient, size } = variant(prediction);
    const by = (index: 0 | 1, sign: 1 | -1) => {
      if (!needsGrad[index]) return null;
      const out = gradientSlot(index);
      grad.recorder.dispatch(gradient, {
        reads: [prediction, target, grad],
        writes: [out],
        uniforms: { size, count: 0, rounds: 0, factor: (sign * 2) / prediction.size },
        workgroups: linearGrid(grad.recorder, size),
      });
      return out;
    };
    return [by(0, 1), by(1, -1)];
  },
});

/** Mean of the squared differences over all elements, an f32 scalar. Both tensors have the same shape; the target is f32. */
export const mse = (prediction: Tensor, target: Tensor): Tensor => op([prediction, target], null);
