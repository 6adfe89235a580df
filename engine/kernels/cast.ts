import { defineKernel } from '../gpu/kernel.ts';
import type { Tensor } from '../tensor.ts';
import { linearGrid } from './grid.ts';
import { pickByValues } from './values.ts';

const castKernel = (values: number) =>
  defineKernel({
    name: `cast_${values}`,
    shader: 'elementwise/cast',
    picks: [`lib/values_${values}`],
    entry: 'convert',
    reads: 1,
    writes: 1,
    uniforms: { size: 'u32' },
    elements: { stored: [0], result: [1] },
  });

const KERNELS = { single: castKernel(1), vectors: castKernel(4) };

/** The values of `x` in the element type of `out`, rounded where that holds fewer digits. */
export function castInto(x: Tensor, out: Tensor): void {
  const { kernel, values } = pickByValues(KERNELS, x.size);
  const size = x.size / values;
  x.recorder.dispatch(kernel, {
    reads: [x],
    writes: [out],
    uniforms: { size },
    workgroups: linearGrid(x.recorder, size),
  });
}
