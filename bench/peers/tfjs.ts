import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-backend-webgpu';
// Registers the gradients, which the core alone does not.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import type { Peer, Runner, Values } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { formulate } from './formulation.ts';
import { operations } from './tfjs-operations.ts';

/** Opens TensorFlow.js on its WebGPU backend. */
export async function openTfjs(): Promise<Peer> {
  if (!(await tf.setBackend('webgpu'))) throw new Error('its WebGPU backend does not open');
  // Operations on a few values would be done by the processor, and not by the adapter that is measured.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  return { name: 'tfjs', version: tf.version_core, kernel };
}

export function upload({ data, shape }: Values): tf.Tensor {
  return data instanceof Uint32Array
    ? tf.tensor(Int32Array.from(data), [...shape], 'int32')
    : tf.tensor(data, [...shape], 'float32');
}

/** Resolves when the device has done everything so far. Nothing is read back. */
export async function finish(): Promise<void> {
  const backend = tf.backend() as WebGPUBackend;
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await settle(backend.queue.onSubmittedWorkDone());
}

const kernel: Peer['kernel'] = async (kernel, values, seedValues) => {
  const found = formulate(operations, kernel, values, seedValues);
  if ('cannot' in found) return found;
  const inputs = found.inputs.map(upload);
  const seed = upload(found.seed);
  const compute =
    kernel.pass === 'forward' ? () => [...found.compute(...inputs)] : gradients(found.compute, inputs, seed);
  const runner: Runner = {
    run: async (times) => {
      for (let time = 0; time < times; time++) tf.tidy(() => void compute());
      await finish();
    },
    results: async () => {
      const results = tf.tidy(compute);
      const data = (await settle(Promise.all(results.map((result) => result.data())))) as Float32Array[];
      tf.dispose(results);
      return found.ours(data);
    },
    dispose: () => tf.dispose([...inputs, seed]),
  };
  // What the library cannot compile or differentiate shows here, and not in the middle of a measurement.
  await runner.run(1);
  return runner;
};

/** Output and gradients by the float inputs; labels are closed over. */
function gradients(
  compute: (...inputs: tf.Tensor[]) => readonly tf.Tensor[],
  inputs: readonly tf.Tensor[],
  seed: tf.Tensor,
) {
  const floats = inputs.filter(({ dtype }) => dtype === 'float32');
  const both = tf.valueAndGrads((...given: tf.Tensor[]) => {
    const rest = [...given];
    const [output] = compute(
      ...inputs.map((input) => (input.dtype === 'float32' ? (rest.shift() ?? input) : input)),
    );
    return output as tf.Tensor;
  });
  return () => {
    const { value, grads } = both(floats, seed);
    return [value, ...grads];
  };
}
