import { settle } from '#platform';

const SHADER = /* wgsl */ `
  @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
  @compute @workgroup_size(1) fn add() { numbers[2] = numbers[0] + numbers[1]; }
`;

/** Computes a + b in f32 on `adapter`, with nothing but WebGPU: shows that an adapter works before the engine is asked. */
export async function addOnAdapter(adapter: GPUAdapter, a: number, b: number): Promise<number> {
  const device = await adapter.requestDevice();
  const numbers = device.createBuffer({
    size: 12,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const result = device.createBuffer({ size: 12, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(numbers, 0, new Float32Array([a, b, Number.NaN]));
  const pipeline = await settle(
    device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: SHADER }) },
    }),
  );
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: numbers } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(numbers, 0, result, 0, 12);
  device.queue.submit([encoder.finish()]);
  await settle(result.mapAsync(GPUMapMode.READ));
  const sum = new Float32Array(result.getMappedRange())[2];
  device.destroy();
  if (sum === undefined) throw new Error('three numbers were mapped, so there is a third');
  return sum;
}
