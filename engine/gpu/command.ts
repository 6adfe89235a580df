import { EngineError, OutOfMemoryError } from '../errors.ts';
import type { Device } from './device.ts';
import type { Constants, Kernel } from './kernel.ts';
import type { Storage } from './memory.ts';

export interface DispatchCommand {
  readonly kind: 'dispatch';
  readonly kernel: Kernel;
  readonly constants: Constants;
  readonly pipelineKey: string;
  /** Reads first, then writes, as the kernel declares them. */
  readonly bindings: readonly Storage[];
  readonly uniforms: ArrayBuffer;
  readonly workgroups: readonly [number, number, number];
}

export type TransferCommand =
  | { readonly kind: 'copy'; readonly from: Storage; readonly to: Storage; readonly bytes: number }
  | { readonly kind: 'clear'; readonly storage: Storage }
  | {
      readonly kind: 'upload';
      readonly staging: GPUBuffer;
      readonly to: Storage;
      /** Where in the storage the bytes begin. */
      readonly at: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'download';
      readonly from: Storage;
      readonly staging: GPUBuffer;
      readonly bytes: number;
    };

/** What the GPU is to do, in order, described without touching it. */
export type Command = DispatchCommand | TransferCommand;

/** The storages that a command reads and those that it writes. */
export function accessesOf(command: Command): { reads: readonly Storage[]; writes: readonly Storage[] } {
  switch (command.kind) {
    case 'dispatch': {
      const { bindings, kernel } = command;
      return { reads: bindings.slice(0, kernel.reads), writes: bindings.slice(kernel.reads) };
    }
    case 'copy':
      return { reads: [command.from], writes: [command.to] };
    case 'clear':
      return { reads: [], writes: [command.storage] };
    case 'upload':
      return { reads: [], writes: [command.to] };
    case 'download':
      return { reads: [command.from], writes: [] };
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
      `${what}: the device is out of memory (${memory.message}); use fewer or smaller tensors.`,
    );
  }
  if ('error' in outcome) throw outcome.error;
  if (validation) throw new EngineError(`${what}: the device refused a command: ${validation.message}`);
  return outcome.value;
}
