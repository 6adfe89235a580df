import { LifetimeError, OutOfMemoryError } from '../errors.ts';
import type { Device } from './device.ts';

/** What becomes of a tensor whose scope has ended. */
export const SCOPE_ENDED =
  'A tensor is used after the scope that it was made in ended; keep it with scope.keep(tensor). While several asynchronous flows have scopes open, a tensor belongs to the scope that was opened last.';

const DISPOSED = 'A tensor is used after dispose() gave its memory back.';

/**
 * The bytes behind one or more tensors: a pooled buffer, a slice of an arena, a slot in a heap of a captured step, which gets
 * its buffer only when the whole step is known (`buffer` null until then), or one run's view of a step's results.
 */
export class Storage {
  buffer: GPUBuffer | null;
  /** Fixed once the buffer is there; a step's storage gets both when the step is placed. */
  offset: number;
  readonly bytes: number;
  /** Who gives the buffer back: a scope, nobody (arena), the step that it was planned in, or whoever has what it views. */
  readonly owner: 'pool' | 'arena' | 'step' | 'result';
  /** Where its bytes are: itself; an arena, and then it goes when the arena does; or for a result, what holds it. */
  whole: Storage;
  released = false;
  /** Captured steps that bind it: it outlives its scope, or its own step, until they are gone. */
  pins = 0;
  /** Its scope or step has ended; the memory goes back when the last pin does. */
  abandoned = false;
  /** For a step's storage: the capture that it belongs to. */
  readonly capture: object | null;
  /** For a step's storage: it is a result, and has a buffer of its own. */
  exposed = false;
  /** For a result: the step of which a later run has written over it. Even a step that binds it cannot be run then. */
  overwrittenBy: string | null = null;
  #why = '';

  constructor(
    owner: Storage['owner'],
    buffer: GPUBuffer | null,
    offset: number,
    bytes: number,
    capture: object | null = null,
    whole?: Storage,
  ) {
    this.owner = owner;
    this.buffer = buffer;
    this.offset = offset;
    this.bytes = bytes;
    this.capture = capture;
    this.whole = whole ?? this;
  }

  /** A part of an arena, from an element's byte on. */
  part(start: number, bytes: number): Storage {
    return new Storage('arena', this.buffer, this.offset + start, bytes, null, this.whole);
  }

  /** What one run of a step shows of a result, until `end`: the bytes stay where they are. */
  view(): Storage {
    return new Storage('result', null, 0, this.bytes, null, this);
  }

  /** It may not be used any more, for this reason. What was recorded before still runs. */
  end(why: string = DISPOSED): void {
    if (!this.released) this.#why = why;
    this.released = true;
  }

  /** Why it may not be used any more; empty while it may. */
  get whyEnded(): string {
    return this.released ? this.#why : '';
  }

  /** Refuses use after the memory went back, and use of a step's tensor outside its step. */
  check(capture: object | null): void {
    if (this.owner === 'arena' && this.whole.released) {
      throw new LifetimeError(
        'Parameters, or what an optimiser keeps of them, are used after dispose() gave their memory back; make them anew.',
      );
    }
    if (this.released) throw new LifetimeError(this.#why);
    if (this.owner === 'step' && this.capture !== capture) {
      throw new LifetimeError(
        'A tensor of a captured step is used outside the step; return it from the step to read it.',
      );
    }
  }

  /** The buffer; commands run after the storage may have been given back, so this does not look at `released`. */
  get gpuBuffer(): GPUBuffer {
    const { buffer } = this.whole;
    if (buffer === null) throw new LifetimeError('A tensor of a captured step has no memory yet.');
    return buffer;
  }
}

export interface MemoryUse {
  /** Bytes that live tensors asked for. */
  inUse: number;
  /** Bytes held from the device: free buffers of the pool, uniforms and staging included. */
  reserved: number;
  /** Largest `reserved` so far. */
  peak: number;
}

/**
 * Size classes an eighth of a power of two apart: at most 12.5 % waste, and buffers of similar tensors are
 * interchangeable, which is what makes reuse happen.
 */
export function sizeClass(bytes: number): number {
  const least = Math.max(256, bytes);
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(least)) - 3));
  return Math.ceil(least / step) * step;
}

/** Buffers by size class. Nothing is ever allocated twice that a free buffer can serve. */
export class Memory {
  readonly device: Device;
  readonly #free = new Map<number, GPUBuffer[]>();
  #inUse = 0;
  #reserved = 0;
  #peak = 0;

  constructor(device: Device) {
    this.device = device;
  }

  get use(): MemoryUse {
    return { inUse: this.#inUse, reserved: this.#reserved, peak: this.#peak };
  }

  /** A storage buffer of at least `bytes`; its content is undefined. */
  acquire(bytes: number, what: string): GPUBuffer {
    this.check(bytes, what);
    const size = Math.min(sizeClass(bytes), this.largest);
    const buffer = this.#free.get(size)?.pop() ?? this.create(size, what);
    this.#inUse += size;
    return buffer;
  }

  /** Gives a buffer of `acquire` back for reuse. */
  release(buffer: GPUBuffer): void {
    this.#inUse -= buffer.size;
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Most bytes that one tensor can have on this device. */
  get largest(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    return Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4) * 4;
  }

  /** Refuses what a single binding cannot hold. */
  check(bytes: number, what: string): void {
    if (bytes <= this.largest) return;
    throw new OutOfMemoryError(
      `${what} needs ${mebibytes(bytes)} in one buffer, and this device allows ${mebibytes(this.largest)}; use a smaller tensor.`,
    );
  }

  /** A buffer of `bytes` for tensors, outside the pool, counted as reserved until `destroy`. */
  create(bytes: number, what: string): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.createFor(usage, bytes, what);
  }

  /** A buffer for something else (uniforms, staging), counted as reserved until `destroy`. */
  createFor(usage: GPUBufferUsageFlags, bytes: number, what: string, mappedAtCreation = false): GPUBuffer {
    if (this.device.lostError) throw this.device.lostError;
    const size = Math.ceil(bytes / 4) * 4;
    const buffer = this.device.gpu.createBuffer({ size, usage, label: what, mappedAtCreation });
    this.#reserved += size;
    this.#peak = Math.max(this.#peak, this.#reserved);
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    this.#reserved -= buffer.size;
    buffer.destroy();
  }

  /** Destroys the free buffers: after a failure some of them may not be real. */
  dropFree(): void {
    for (const list of this.#free.values()) for (const buffer of list) this.destroy(buffer);
    this.#free.clear();
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
