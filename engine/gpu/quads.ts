import { readShader, settle } from '#platform';

/** Heights of the workgroups, 4 invocations wide, that are asked about. */
const HEIGHTS = [1, 2] as const;

/** What the device answered. */
export interface Quads {
  readonly inOrder: boolean;
  /** Why nothing came of asking; null where the device answered, or has no subgroups to ask about. */
  readonly failure: string | null;
}

/**
 * Whether `gpu` forms quads of a workgroup's invocations 4q to 4q + 3 in order, which the kernels that share loads in
 * quads rest on. Where it has no subgroups, or asking fails, there are none: every matmul has another kernel.
 */
export async function askForQuads(gpu: GPUDevice): Promise<Quads> {
  if (!gpu.features.has('subgroups')) return { inOrder: false, failure: null };
  gpu.pushErrorScope('validation');
  const quads: Quads = await answersOf(gpu).then(
    (answers) => ({ inOrder: answers.every((answer) => answer), failure: null }),
    (error: unknown) => ({ inOrder: false, failure: error instanceof Error ? error.message : String(error) }),
  );
  const refused = await gpu.popErrorScope();
  return refused && quads.failure === null ? { inOrder: false, failure: refused.message } : quads;
}

async function answersOf(gpu: GPUDevice): Promise<boolean[]> {
  const module = gpu.createShaderModule({ code: readShader('matmul/quads_in_order'), label: 'quads' });
  return Promise.all(HEIGHTS.map((height) => ask(gpu, module, height)));
}

async function ask(gpu: GPUDevice, module: GPUShaderModule, height: number): Promise<boolean> {
  const bytes = 4 * 4 * height;
  const pipeline = await settle(
    gpu.createComputePipelineAsync({
      label: 'quads',
      layout: 'auto',
      compute: { module, entryPoint: 'in_order', constants: { WORKGROUP_Y: height } },
    }),
  );
  const answers = gpu.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    label: 'quads',
  });
  const staging = gpu.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    label: 'quads',
  });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: answers } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(answers, 0, staging, 0, bytes);
  gpu.queue.submit([encoder.finish()]);
  await settle(staging.mapAsync(GPUMapMode.READ));
  const inOrder = new Uint32Array(staging.getMappedRange()).every((answer) => answer === 1);
  staging.destroy();
  answers.destroy();
  return inOrder;
}
