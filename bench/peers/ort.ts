import * as ort from 'onnxruntime-web/webgpu';
import type { Peer, Runner, Values } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { type Formulated, formulate } from './formulation.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { operations } from './ort-operations.ts';

/** Opens onnxruntime-web on WebGPU. */
export async function openOrt(): Promise<Peer> {
  if (!navigator.gpu) throw new Error('it finds no WebGPU');
  // Node would compile its 30 MB of WebAssembly with the optimising compiler, half a minute that the runs do not repay.
  const v8 = globalThis.process?.getBuiltinModule?.('node:v8');
  v8?.setFlagsFromString('--liftoff-only');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return { name: 'ort-web', version: ort.env.versions.web ?? ort.env.versions.common, kernel };
}

const kernel: Peer['kernel'] = async (kernel, values, seed) => {
  if (kernel.pass === 'gradient') return { cannot: 'no gradients' };
  const graph = new OnnxGraph();
  const found = formulate(operations(graph), kernel, values, seed);
  if ('cannot' in found) return found;
  const names = found.inputs.map((_, index) => `input${index}`);
  const outputs = [...found.compute(...names)];
  const model = graph.model(
    found.inputs.map(({ data, shape }, index) => ({
      name: names[index] as string,
      shape,
      type: data instanceof Uint32Array ? 'int32' : 'float32',
    })),
    outputs,
  );
  await released;
  // Commands captured once and replayed are its fastest way, which not all of its operators know.
  try {
    return await open(model, found, names, outputs, true);
  } catch (error) {
    if (/not been partitioned/.test(String(error))) return { cannot: 'an operator has no WebGPU kernel' };
    return await open(model, found, names, outputs, false);
  }
};

/** Sessions share what they know of buffers: one must be gone before the next one comes. */
let released: Promise<void> = Promise.resolve();

async function open(
  model: Uint8Array,
  found: Formulated<string>,
  names: readonly string[],
  outputs: readonly string[],
  enableGraphCapture: boolean,
): Promise<Runner> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [{ name: 'webgpu', validationMode: 'disabled' }],
    preferredOutputLocation: 'gpu-buffer',
    enableGraphCapture,
  });
  const device = (await ort.env.webgpu.device) as GPUDevice;
  const tensors = (keys: readonly string[], values: readonly Values[]): Record<string, ort.Tensor> =>
    Object.fromEntries(keys.map((key, index) => [key, onDevice(device, values[index] ?? found.seed)]));
  const feeds = tensors(names, found.inputs);
  const fetches = tensors(outputs, []);
  const dispose = () => {
    const all = [...Object.values(feeds), ...Object.values(fetches)];
    released = session.release().then(() => {
      for (const { gpuBuffer } of all) (gpuBuffer as GPUBuffer).destroy();
    });
  };
  const run = async (times: number) => {
    for (let time = 0; time < times; time++) await session.run(feeds, fetches);
    await settle(device.queue.onSubmittedWorkDone());
  };
  try {
    // Twice: the first run captures, and the second replays.
    await run(2);
  } catch (error) {
    dispose();
    await released;
    throw error;
  }
  const results = async () => {
    await session.run(feeds, fetches);
    return found.ours(await Promise.all(Object.values(fetches).map((result) => read(device, result))));
  };
  return { run, results, dispose };
}

const COPIES = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** A tensor in a buffer of its own, so that nothing is uploaded or allocated in a run. */
function onDevice(device: GPUDevice, { data, shape }: Values): ort.Tensor {
  // Its kernels read and write vectors of four.
  const size = 16 * Math.ceil(data.byteLength / 16);
  const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | COPIES });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  const dataType = data instanceof Uint32Array ? 'int32' : 'float32';
  return ort.Tensor.fromGpuBuffer(buffer, { dataType, dims: [...shape] });
}

async function read(device: GPUDevice, tensor: ort.Tensor): Promise<Float32Array> {
  const size = 4 * tensor.size;
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(tensor.gpuBuffer as GPUBuffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await settle(staging.mapAsync(GPUMapMode.READ));
  const values = new Float32Array(staging.getMappedRange().slice());
  staging.destroy();
  return values;
}
