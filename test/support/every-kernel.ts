import { rooflineKernels } from '../../bench/roofline/roofline.ts';
// For the kernels that these define.
import '../../engine/index.ts';
import '../../model/index.ts';
import { definedKernels, type Kernel, specialisationsOf } from '../../engine/gpu/kernel.ts';
import { elementwiseKernels } from '../../engine/kernels/elementwise.ts';

/** Every kernel that engine, model and benchmarks dispatch, for every element type of its tensors. */
export function everyKernel(): Kernel[] {
  elementwiseKernels();
  rooflineKernels();
  return [...definedKernels().values()].flatMap(specialisationsOf);
}
