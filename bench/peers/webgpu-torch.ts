import * as library from 'webgpu-torch';
import type { KernelCase, Peer, Runner, Values } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { type Formulation, type Formulations, formulate, type Refusal } from './formulation.ts';
import { asItIs, permuted, reshaped } from './layout.ts';
import versions from './package.json' with { type: 'json' };

type Tensor = library.Tensor;

/** Bundlers give a library in CommonJS as a default export, and Node gives its names. */
const bundled = library as unknown as { default?: typeof library };
const torch = 'initWebGPUAsync' in library ? library : (bundled.default as typeof library);

/** Opens webgpu-torch. */
export async function openWebGpuTorch(): Promise<Peer> {
  if (!(await quietly(() => torch.initWebGPUAsync()))) throw new Error('it finds no WebGPU adapter');
  return { name: 'webgpu-torch', version: versions.dependencies['webgpu-torch'], kernel };
}

/** It prints its device when it opens. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => {};
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

const same =
  (op: (a: Tensor, b: Tensor) => Tensor) =>
  ({ shapes: [a = [], b = []] }: KernelCase) =>
    a.join() === b.join() ? { compute: op as Formulation<Tensor>['compute'] } : { cannot: 'no broadcasting' };
const unary = (op: (x: Tensor) => Tensor) => () => ({ compute: op as Formulation<Tensor>['compute'] });
const whole =
  (op: (x: Tensor) => Tensor) =>
  ({ shapes: [x = []], attributes }: KernelCase) => {
    const { axes } = attributes as { axes: readonly number[] };
    return axes.length === x.length
      ? { compute: op as Formulation<Tensor>['compute'] }
      : { cannot: 'reduces whole tensors only' };
  };
const product = ([rows, inner]: readonly [number, number], weight: readonly number[]) => ({
  compute: ((x, w) => torch.mm(x, w)) as Formulation<Tensor>['compute'],
  // Its product takes no notice of strides: a weight must lie as the second factor.
  inputs: [reshaped([rows, inner]), permuted(weight, [1, 0])],
});

const MEAN = { cannot: 'the shader of its mean does not compile' };

/** Those of our operations that it has: products of two matrices, elementwise functions, reductions of whole tensors. */
const operations: Formulations<Tensor> = {
  linear: ({ shapes: [x = [], weight = []], attributes }) => {
    const { bias, residual } = attributes as { bias: boolean; residual: boolean };
    if (bias) return { cannot: 'no broadcasting of a bias' };
    const inner = x.at(-1) ?? 1;
    const rows = x.reduce((size, extent) => size * extent, 1) / inner;
    const plain = product([rows, inner], weight);
    if (!residual) return plain;
    return {
      compute: (a, b, c) => torch.add(torch.mm(a as Tensor, b as Tensor), c as Tensor),
      inputs: [...plain.inputs, reshaped([rows, weight[0] ?? 1])],
    };
  },
  matmul: ({ shapes: [a = [], b = []], attributes }): Formulation<Tensor> | Refusal => {
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    if (a.length !== 2 || b.length !== 2) return { cannot: 'products of two matrices only' };
    return {
      compute: (x, y) => torch.mm(x as Tensor, y as Tensor),
      inputs: [transposeA ? permuted(a, [1, 0]) : asItIs, transposeB ? permuted(b, [1, 0]) : asItIs],
    };
  },
  mse: () => MEAN,
  sum: whole((x) => torch.sum(x)),
  mean: () => MEAN,
  neg: unary((x) => torch.neg(x)),
  exp: unary((x) => torch.exp(x)),
  log: unary((x) => torch.log(x)),
  sqrt: unary((x) => torch.sqrt(x)),
  square: unary((x) => torch.square(x)),
  tanh: unary((x) => torch.tanh(x)),
  sigmoid: unary((x) => torch.sigmoid(x)),
  relu: unary((x) => torch.relu(x)),
  silu: unary((x) => torch.silu(x)),
  add: same((a, b) => torch.add(a, b)),
  sub: same((a, b) => torch.sub(a, b)),
  mul: same((a, b) => torch.mul(a, b)),
  div: same((a, b) => torch.div(a, b)),
};

const kernel: Peer['kernel'] = async (kernel, values, seed) => {
  if (kernel.pass === 'gradient') return { cannot: 'no gradient for products' };
  const found = formulate(operations, kernel, values, seed);
  if ('cannot' in found) return found;
  const inputs = found.inputs.map(upload);
  const compute = () => found.compute(...inputs);
  const { queue } = ((inputs[0] as Tensor).device as unknown as { gpuDevice: GPUDevice }).gpuDevice;
  const runner: Runner = {
    run: async (times) => {
      for (let time = 0; time < times; time++) for (const result of compute()) result.storage.destroy();
      await settle(queue.onSubmittedWorkDone());
    },
    results: async () => {
      const results = compute();
      const data = await settle(Promise.all(results.map((result) => result.toArrayAsync())));
      for (const result of results) result.storage.destroy();
      return found.ours(data.map((nested) => Float32Array.from([nested].flat(9) as number[])));
    },
    dispose: () => {
      for (const input of inputs) input.storage.destroy();
    },
  };
  await runner.run(1);
  return runner;
};

function upload({ data, shape }: Values): Tensor {
  return torch.tensor(nested(Array.from(data), shape), 'float32');
}

/** It takes lists of lists only. */
function nested(values: number[], [extent = 1, ...rest]: readonly number[]): library.TensorArrayData {
  if (rest.length === 0) return values;
  const size = values.length / extent;
  return Array.from({ length: extent }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}
