import { defaultDevice, getWebGPUDevice, init, jit, numpy as np, tree, vjp } from '@jax-js/jax';
import type { Peer, Runner, Values } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { formulate } from './formulation.ts';
import { operations } from './jax-operations.ts';
import versions from './package.json' with { type: 'json' };

type Array = np.Array;

/** Opens jax-js on WebGPU. */
export async function openJax(): Promise<Peer> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('it finds no WebGPU adapter');
  defaultDevice('webgpu');
  return { name: 'jax-js', version: versions.dependencies['@jax-js/jax'], kernel };
}

export function upload({ data, shape }: Values): Array {
  const values = data instanceof Uint32Array ? Int32Array.from(data) : Float32Array.from(data);
  return np.array(values as Float32Array<ArrayBuffer>, { shape: [...shape] });
}

/** Sends the work that arrays stand for to the device, in the order in which it was asked for, and lets go of them. */
export function send(arrays: readonly Array[]): void {
  for (const array of arrays) array.gpuBufferSync();
}

/** Resolves when the device has done everything that was sent. Nothing is read back. */
export async function finish(): Promise<void> {
  await settle(getWebGPUDevice().queue.onSubmittedWorkDone());
}

const kernel: Peer['kernel'] = async (kernel, values, seedValues) => {
  const found = formulate(operations, kernel, values, seedValues);
  if ('cannot' in found) return found;
  const inputs = found.inputs.map(upload);
  if (kernel.pass === 'gradient') inputs.unshift(upload(found.seed));
  const compiled = jit(
    kernel.pass === 'forward'
      ? (...given: Array[]) => [...found.compute(...given)]
      : withGradients(found.compute, found.inputs),
  );
  const compute = () => compiled(...inputs.map((input) => input.ref)) as Array[];
  const runner: Runner = {
    run: async (times) => {
      for (let time = 0; time < times; time++) send(compute());
      await finish();
    },
    results: async () => {
      const data = await settle(Promise.all(compute().map((result) => result.data())));
      return found.ours(data as Float32Array[]);
    },
    dispose: () => {
      tree.dispose(inputs);
      compiled.dispose();
    },
  };
  // What the library cannot compile or differentiate shows here, and not in the middle of a measurement.
  await runner.results();
  return runner;
};

/** Output and gradients by the float inputs; labels are closed over. */
function withGradients(compute: (...inputs: Array[]) => readonly Array[], values: readonly Values[]) {
  const isFloat = values.map(({ data }) => data instanceof Float32Array);
  return (...[seed, ...inputs]: Array[]) => {
    const floats = inputs.filter((_, index) => isFloat[index]);
    const [output, pullBack] = vjp((...given: Array[]) => {
      const rest = [...given];
      const [result] = compute(
        ...inputs.map((input, index) => (isFloat[index] ? (rest.shift() ?? input) : input)),
      );
      return result as Array;
    }, floats);
    const gradients = pullBack(seed as Array) as Array[];
    pullBack.dispose();
    return [output as Array, ...gradients];
  };
}
