import { create } from 'webgpu';
// For the globals that the engine reads, such as GPUShaderStage.
import '#platform';
import type { Device } from '../../engine/gpu/device.ts';
import { type Kernel, PipelineCache } from '../../engine/gpu/kernel.ts';
import { constantsOf } from '../naga/constants.ts';

/** Devices crash when the instance that they came from is collected. */
const instances: GPU[] = [];

/**
 * Dawn's compiler Tint without a driver behind it, which knows f16 and subgroups on every machine. The function compiles
 * a kernel with every set of constants that the engine gives, and resolves to what is wrong.
 */
export async function openTint(): Promise<(kernel: Kernel) => Promise<string[]>> {
  const instance = create(['backend=null']);
  instances.push(instance);
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new Error("Dawn gives no adapter of its backend 'null'; is the package webgpu whole?");
  const gpu = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'] });
  const cache = new PipelineCache({ gpu, limits: gpu.limits } as Device);
  return async (kernel) => {
    const wrong: string[] = [];
    for (const constants of constantsOf(kernel)) {
      try {
        await cache.get(PipelineCache.keyOf(kernel, constants), kernel, constants);
      } catch (error) {
        wrong.push(error instanceof Error ? error.message : String(error));
      }
    }
    return wrong;
  };
}
