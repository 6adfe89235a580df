import type { Device } from './device.ts';
import { EngineError, OutOfMemoryError } from './errors.ts';
import type { CompiledKernel, Constants, Kernel, PipelineCache } from './kernel.ts';
import type { Storage } from './memory.ts';
import type { Timestamps } from './timestamps.ts';

/** What the GPU is to do, in order, described without touching it. */
export type Command =
  | {
      readonly kind: 'dispatch';
      readonly kernel: Kernel;
      readonly constants: Constants;
      readonly pipelineKey: string;
      /** Reads first, then writes, as the kernel declares them. */
      readonly bindings: readonly Storage[];
      readonly uniforms: ArrayBuffer;
      readonly workgroups: readonly [number, number, number];
    }
  | { readonly kind: 'copy'; readonly from: Storage; readonly to: Storage; readonly bytes: number }
  | { readonly kind: 'clear'; readonly storage: Storage }
  | { readonly kind: 'upload'; readonly staging: GPUBuffer; readonly to: Storage; readonly bytes: number }
  | {
      readonly kind: 'download';
      readonly from: Storage;
      readonly staging: GPUBuffer;
      readonly bytes: number;
    };

/** Commands with pipelines, bind groups and uniforms in place: encoding one is a few calls a command. */
export interface PreparedCommands {
  /** With `timestamps`, dispatch i is compute pass i of them; otherwise neighbouring dispatches share a pass. */
  encode(encoder: GPUCommandEncoder, timestamps?: Timestamps): void;
  /** Gives back the uniform buffer and the staging buffers of uploads. */
  destroy(): void;
}

/** Compiles what is missing, all at once, and builds bind groups. */
export async function prepare(
  device: Device,
  pipelines: PipelineCache,
  commands: readonly Command[],
): Promise<PreparedCommands> {
  const { gpu, limits } = device;
  const compiled = new Map<string, CompiledKernel>();
  const compiling: Promise<void>[] = [];
  for (const command of commands) {
    if (command.kind !== 'dispatch' || compiled.has(command.pipelineKey)) continue;
    const ready = pipelines.get(command.pipelineKey, command.kernel, command.constants);
    if (ready instanceof Promise)
      compiling.push(ready.then((kernel) => void compiled.set(command.pipelineKey, kernel)));
    else compiled.set(command.pipelineKey, ready);
  }
  if (compiling.length > 0) await Promise.all(compiling);

  const slot = limits.minUniformBufferOffsetAlignment;
  const dispatches = commands.filter((command) => command.kind === 'dispatch');
  const uniforms = gpu.createBuffer({
    size: Math.max(1, dispatches.length) * slot,
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
    label: 'uniforms',
  });
  const mapped = new Uint8Array(uniforms.getMappedRange());
  const groups = dispatches.map((command, index) => {
    mapped.set(new Uint8Array(command.uniforms), index * slot);
    const layout = compiled.get(command.pipelineKey)?.layout;
    if (!layout) throw new EngineError(`${command.pipelineKey} was not compiled.`);
    const blocks = command.bindings.map((storage, binding) => ({
      binding: binding + 1,
      resource: { buffer: storage.place, offset: storage.offset, size: Math.ceil(storage.bytes / 4) * 4 },
    }));
    const block = { buffer: uniforms, offset: index * slot, size: command.uniforms.byteLength };
    return gpu.createBindGroup({
      label: command.kernel.name,
      layout,
      entries: [{ binding: 0, resource: block }, ...blocks],
    });
  });
  uniforms.unmap();

  return {
    encode(encoder, timestamps) {
      let pass: GPUComputePassEncoder | null = null;
      let next = 0;
      for (const command of commands) {
        if (command.kind === 'dispatch') {
          if (timestamps) {
            pass?.end();
            pass = encoder.beginComputePass({ timestampWrites: timestamps.writesOf(next) });
          }
          pass ??= encoder.beginComputePass();
          // Both are there: built above from the same commands in the same order.
          pass.setPipeline((compiled.get(command.pipelineKey) as CompiledKernel).pipeline);
          pass.setBindGroup(0, groups[next++] as GPUBindGroup);
          pass.dispatchWorkgroups(...command.workgroups);
          continue;
        }
        pass?.end();
        pass = null;
        encodeTransfer(encoder, command);
      }
      pass?.end();
    },
    destroy() {
      uniforms.destroy();
      for (const command of commands) if (command.kind === 'upload') command.staging.destroy();
    },
  };
}

function encodeTransfer(encoder: GPUCommandEncoder, command: Exclude<Command, { kind: 'dispatch' }>): void {
  switch (command.kind) {
    case 'copy':
      encoder.copyBufferToBuffer(
        command.from.place,
        command.from.offset,
        command.to.place,
        command.to.offset,
        command.bytes,
      );
      break;
    case 'clear':
      encoder.clearBuffer(
        command.storage.place,
        command.storage.offset,
        Math.ceil(command.storage.bytes / 4) * 4,
      );
      break;
    case 'upload':
      encoder.copyBufferToBuffer(command.staging, 0, command.to.place, command.to.offset, command.bytes);
      break;
    case 'download':
      encoder.copyBufferToBuffer(command.from.place, command.from.offset, command.staging, 0, command.bytes);
      break;
  }
}

/** Throws what went wrong on the device since somebody last looked. */
export function checkDevice(device: Device): void {
  if (device.lostError) throw device.lostError;
  const { fault } = device;
  device.fault = null;
  if (fault) throw fault;
}

/** Runs `work` and turns what the device reports meanwhile into an error of ours. One at a time. */
export function guarded<T>(device: Device, what: string, work: () => Promise<T>): Promise<T> {
  const result = device.scopes.then(() => runGuarded(device, what, work));
  device.scopes = result.catch(() => {});
  return result;
}

async function runGuarded<T>(device: Device, what: string, work: () => Promise<T>): Promise<T> {
  checkDevice(device);
  const { gpu } = device;
  gpu.pushErrorScope('validation');
  gpu.pushErrorScope('out-of-memory');
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const memory = await gpu.popErrorScope();
  const validation = await gpu.popErrorScope();
  checkDevice(device);
  if (memory) {
    throw new OutOfMemoryError(
      `${what}: the device is out of memory (${memory.message}); use a smaller batch, model or window.`,
    );
  }
  if ('error' in outcome) throw outcome.error;
  if (validation) throw new EngineError(`${what}: the device refused a command: ${validation.message}`);
  return outcome.value;
}
