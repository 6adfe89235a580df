import { settle } from '#platform';
import { type DeviceLostError, EngineError } from '../errors.ts';
import { checkDevice } from './command.ts';
import type { Device } from './device.ts';
import type { Memory, Storage } from './memory.ts';

/** Values on their way to the host. */
export interface Readback {
  /** To be called once, by whoever submits. */
  encode(encoder: GPUCommandEncoder): void;
  /** Once it is submitted. */
  bytes(): Promise<ArrayBuffer>;
}

/** Buffers that the host can map, kept for reuse. */
export class Readbacks {
  readonly #memory: Memory;
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The bytes of a storage as they are when somebody submits what this encodes. */
  of({ storage, bytes }: { readonly storage: Storage; readonly bytes: number }): Readback {
    let staging: GPUBuffer | null = null;
    return {
      encode: (encoder) => {
        staging = this.take(bytes);
        encoder.copyBufferToBuffer(storage.gpuBuffer, storage.offset, staging, 0, Math.ceil(bytes / 4) * 4);
      },
      bytes: () => {
        if (!staging) throw new EngineError('Values are read back that were not copied.');
        return this.mapped(staging, bytes);
      },
    };
  }

  /** A buffer of a power of two of bytes. */
  take(bytes: number): GPUBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.#free.get(size)?.pop() ?? this.#memory.createFor(usage, size, 'download');
  }

  /** The first bytes of such a buffer once the device has written them; the buffer goes back. */
  async mapped(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    const { device } = this.#memory;
    const { size } = staging;
    try {
      await settle(staging.mapAsync(GPUMapMode.READ, 0, size));
    } catch (error) {
      throw (await lossOf(device)) ?? error;
    }
    checkDevice(device);
    const data = staging.getMappedRange(0, size).slice(0, bytes);
    staging.unmap();
    const free = this.#free.get(size) ?? [];
    this.#free.set(size, free);
    // Large read-backs are rare (checkpoints); keeping their staging buffers would double the memory in use.
    if (size <= 2 ** 20 && free.length < 16) free.push(staging);
    else this.#memory.destroy(staging);
    return data;
  }
}

/** Milliseconds that a browser may take to say that the device behind a mapping that failed is lost. */
const LOSS_TAKES = 5000;

/** Of a GPU process that crashed, mappings fail before the device is said to be lost. */
async function lossOf(device: Device): Promise<DeviceLostError | null> {
  if (device.lostError) return device.lostError;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const never = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), LOSS_TAKES);
  });
  return Promise.race([device.lost, never]).finally(() => clearTimeout(timer));
}
