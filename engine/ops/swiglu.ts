import { defineOp } from '../autograd/define-op.ts';
import { ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { linearGrid } from '../kernels/grid.ts';
import { type ByValues, pickByValues } from '../kernels/values.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

function kernels(entry: string, reads: number): ByValues {
  const kernel = (values: number) =>
    defineKernel({
      name: `swiglu_${entry}_${values}`,
      shader: 'elementwise/swiglu',
      picks: [`lib/values_${values}`],
      entry,
      reads,
      writes: 1,
      uniforms: { size: 'u32', width: 'u32' },
      elements: { stored: Array.from({ length: reads + 1 }, (_, binding) => binding) },
    });
  return { single: kernel(1), vectors: kernel(4) };
}

const FORWARD = kernels('forward', 1);
const BY_INPUT = kernels('input_gradient', 2);

function run(kernelsOf: ByValues, reads: readonly Tensor[], out: Tensor, x: Tensor): void {
  const width = (x.shape.at(-1) as number) / 2;
  const { kernel, values } = pickByValues(kernelsOf, width);
  const size = x.size / 2 / values;
  x.recorder.dispatch(kernel, {
    reads,
    writes: [out],
    uniforms: { size, width: width / values },
    workgroups: linearGrid(x.recorder, size),
  });
}

const op = defineOp({
  name: 'swiglu',
  inputs: ['stored'],
  shape: ([{ shape: from, dtype }]) => {
    const width = from.at(-1);
    if (width === undefined || width % 2 !== 0) {
      throw new ShapeError(
        `swiglu: input ${showShape(from)}; its last axis must hold the gates and then as many ups, an even extent.`,
      );
    }
    return { shape: [...from.slice(0, -1), width / 2], dtype };
  },
  forward: ({ inputs: [x], output }) => run(FORWARD, [x], output, x),
  backward: ({ inputs: [x], grad, gradientSlot }) => {
    const dx = gradientSlot(0);
    run(BY_INPUT, [x, grad], dx, x);
    return [dx];
  },
});

/** silu(gate) up, where the last axis of `x` [.., 2H] holds H gates and then H ups; the result is [.., H]. */
export const swiglu = (x: Tensor): Tensor => op([x], null);
