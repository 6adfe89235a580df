import { expect, it } from 'vitest';
import { requestAdapter } from '../../engine/platform/node.ts';
import '../support/kept-devices.ts';

const open = async (): Promise<GPUDevice> => (await requestAdapter()).adapter.requestDevice();

const compile = (device: GPUDevice) =>
  device.createShaderModule({ code: '@compute @workgroup_size(1) fn f() {}' });

/** A device refuses what another one compiled. */
const takes = async (device: GPUDevice, module: GPUShaderModule): Promise<boolean> =>
  await device.createComputePipelineAsync({ layout: 'auto', compute: { module } }).then(
    () => true,
    () => false,
  );

it('keeps what was compiled for who opens a device after another has ended, and nothing else', async () => {
  const first = await open();
  const [module, buffer] = [compile(first), first.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ })];
  const faults: string[] = [];
  first.addEventListener('uncapturederror', ({ error }) => void faults.push(error.message));
  first.createTexture = () => {
    throw new Error('replaced');
  };
  first.destroy();
  expect(await first.lost).toMatchObject({ reason: 'destroyed' });
  await expect(buffer.mapAsync(GPUMapMode.READ)).rejects.toThrow();

  const second = await open();
  expect(await takes(second, module)).toBe(true);
  second.createTexture({ size: [1], format: 'r8unorm', usage: GPUTextureUsage.COPY_DST }).destroy();
  second.createBuffer({ size: 4, usage: 0 });
  await second.queue.onSubmittedWorkDone();
  expect(faults).toEqual([]);
  second.destroy();
});

it('gives those who open at once a device each, whoever ends twice', async () => {
  const [first, second] = [await open(), await open()];
  expect(await takes(second, compile(first))).toBe(false);
  first.destroy();
  const third = await open();
  const module = compile(third);
  first.destroy();
  const fourth = await open();
  expect(await takes(fourth, module)).toBe(false);
  for (const one of [second, third, fourth]) one.destroy();
});
