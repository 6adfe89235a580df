import { settle } from '#platform';
import { accessesOf, type Command, checkDevice, guarded } from './command.ts';
import type { Device } from './device.ts';
import type { DType } from './dtype.ts';
import { KernelError, LifetimeError, OutOfMemoryError } from './errors.ts';
import {
  type Constants,
  type Kernel,
  kernelFor,
  PipelineCache,
  packUniforms,
  type UniformValues,
} from './kernel.ts';
import { Memory, Storage } from './memory.ts';
import { PreparedCommands, prepare } from './prepare.ts';

/** What a kernel binds: usually a tensor. */
export interface Bound {
  readonly storage: Storage;
  readonly dtype: DType;
}

/** What stands in where a kernel declares a binding and reads nothing of it. */
export const unread = ({ storage }: Bound, dtype: DType): Bound => ({ storage, dtype });

export interface DispatchOptions {
  readonly reads: readonly Bound[];
  readonly writes: readonly Bound[];
  readonly uniforms: UniformValues;
  /** Values of the file's `override` constants. */
  readonly constants?: Constants;
  readonly workgroups: readonly [number, number?, number?];
}

/** Bytes of uploads after which they are submitted without waiting for a flush. */
const MOST_STAGED = 2 ** 18;

/**
 * Collects what the GPU is to do. Nothing runs when an operation is called: commands pile up until `flush`,
 * which compiles every missing pipeline at once and submits one command buffer. While a step is captured the
 * same commands go to the step's own list, on storage that gets its buffers afterwards.
 */
export class Recorder {
  readonly device: Device;
  readonly memory: Memory;
  readonly pipelines: PipelineCache;
  /** Whether operations leave a node for the backward pass. */
  tracking = true;
  /** Dispatches and submits since the engine was opened. */
  readonly counts = { dispatches: 0, submits: 0 };
  #commands: Command[] = [];
  /** Taken by a flush, and not submitted yet. */
  #underway: readonly Command[] = [];
  /** A flush that has not taken its commands yet. */
  #due: Promise<void> | null = null;
  /** Flushes under way: what is recorded meanwhile must wait for them. */
  #flushing = 0;
  /** Bytes of uploads that wait for a flush. */
  #staged = 0;
  #captured: Command[] | null = null;
  #scopes: Storage[][] = [];
  #tail: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #stagingFree = new Map<number, GPUBuffer[]>();

  constructor(device: Device) {
    this.device = device;
    this.memory = new Memory(device);
    this.pipelines = new PipelineCache(device);
  }

  /** Storage for one tensor, owned by the innermost scope, or by the step that is being captured. */
  allocate(bytes: number, what: string): Storage {
    if (this.#captured) {
      this.memory.check(bytes, what);
      return new Storage('step', null, 0, bytes, this.#captured);
    }
    const storage = new Storage('pool', this.memory.acquire(bytes, what), 0, bytes);
    this.#scopes.at(-1)?.push(storage);
    return storage;
  }

  /**
   * Gives pooled storage, or an argument or result of a step that is forgotten, back. Safe while recorded commands
   * still use it, since commands run in order; storage that a captured step binds goes when that step does.
   */
  release(storage: Storage): void {
    if (storage.owner === 'arena' || storage.released) return;
    if (storage.pins > 0) {
      storage.abandoned = true;
      return;
    }
    storage.released = true;
    if (storage.owner === 'pool') this.memory.release(storage.place);
    else this.#destroy([storage.place]);
  }

  pin(storage: Storage): void {
    storage.pins++;
  }

  unpin(storage: Storage): void {
    storage.pins--;
    if (storage.pins === 0 && storage.abandoned) this.release(storage);
  }

  /** Ends with `release` of everything allocated since, save what was kept. */
  openScope(): { keep(storage: Storage): boolean; close(): void } {
    const owned: Storage[] = [];
    const outer = this.#scopes.at(-1);
    this.#scopes.push(owned);
    return {
      keep: (storage) => {
        const at = owned.indexOf(storage);
        if (at < 0) return false;
        owned.splice(at, 1);
        outer?.push(storage);
        return true;
      },
      close: () => {
        const at = this.#scopes.lastIndexOf(owned);
        if (at < 0) return;
        if (at !== this.#scopes.length - 1)
          throw new LifetimeError('Scopes must be closed in reverse order of opening.');
        this.#scopes.pop();
        for (const storage of owned) this.release(storage);
      },
    };
  }

  /** Records a kernel, in the twin that fits the element types of the tensors. */
  dispatch(plain: Kernel, options: DispatchOptions): void {
    const { reads, writes, constants = {} } = options;
    if (reads.length !== plain.reads || writes.length !== plain.writes) {
      throw new KernelError(
        `${plain.name} declares ${plain.reads} reads and ${plain.writes} writes; it was given ${reads.length} and ${writes.length}.`,
      );
    }
    const bound = [...reads, ...writes];
    const kernel = kernelFor(
      plain,
      bound.map(({ dtype }) => dtype),
    );
    const [x, y = 1, z = 1] = options.workgroups;
    const most = this.device.limits.maxComputeWorkgroupsPerDimension;
    for (const count of [x, y, z]) {
      if (!Number.isInteger(count) || count < 1 || count > most) {
        throw new KernelError(
          `${kernel.name}: ${count} workgroups in one dimension; 1 to ${most} are possible.`,
        );
      }
    }
    const bindings = bound.map(({ storage }) => storage);
    for (const storage of bindings) storage.check(this.#captured);
    this.#push({
      kind: 'dispatch',
      kernel,
      constants,
      pipelineKey: PipelineCache.keyOf(kernel, constants),
      bindings,
      uniforms: packUniforms(kernel, options.uniforms),
      workgroups: [x, y, z],
    });
  }

  /** Zeroes a storage. */
  clear(storage: Storage): void {
    storage.check(this.#captured);
    this.#push({ kind: 'clear', storage });
  }

  copy(from: Storage, to: Storage, bytes: number): void {
    from.check(this.#captured);
    to.check(this.#captured);
    this.#push({ kind: 'copy', from, to, bytes });
  }

  /** Copies host data in. The data is taken at once; the caller may reuse it. */
  upload(to: Storage, data: ArrayBufferView): void {
    if (this.#captured) {
      throw new LifetimeError('Host data cannot enter a captured step; pass it as an argument of the step.');
    }
    to.check(null);
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    // In pieces, as initial weights come one after another: what is large need not all be held a second time.
    for (let at = 0; at < source.length; at += MOST_STAGED) {
      const piece = source.subarray(at, at + MOST_STAGED);
      const bytes = Math.ceil(piece.length / 4) * 4;
      const staging = this.memory.createFor(GPUBufferUsage.COPY_SRC, bytes, 'upload', true);
      new Uint8Array(staging.getMappedRange()).set(piece);
      staging.unmap();
      this.#push({ kind: 'upload', staging, to, at, bytes });
      this.#staged += bytes;
      if (this.#staged >= MOST_STAGED) this.#submitTransfers();
    }
  }

  /** Gives arenas back; what is gone already stays gone. What was recorded before still runs. */
  releaseArenas(arenas: readonly Storage[]): void {
    const held = arenas.filter(({ released }) => !released);
    for (const arena of held) arena.released = true;
    this.#destroy(held.map(({ place }) => place));
  }

  /**
   * Destroys buffers: at once, and with them what waits and concerns them alone, since nobody can see what it would
   * do; or, those that something else waits for, when that is submitted.
   */
  #destroy(buffers: readonly GPUBuffer[]): void {
    const free = new Set<GPUBuffer | null>(buffers);
    const isMoot = (command: Command) =>
      command.kind !== 'download' && buffersOf(command).every((buffer) => free.has(buffer));
    const keep = (command: Command) => {
      for (const buffer of buffersOf(command)) free.delete(buffer);
    };
    this.#underway.forEach(keep);
    // What one command still needs may come from another that concerned these buffers alone until then.
    for (let before = -1; before !== free.size; ) {
      before = free.size;
      for (const command of this.#commands) if (!isMoot(command)) keep(command);
    }
    this.#commands = this.#commands.filter((command) => {
      if (!isMoot(command)) return true;
      if (command.kind === 'upload') {
        this.memory.destroy(command.staging);
        this.#staged -= command.bytes;
      }
      return false;
    });
    const late = buffers.filter((buffer) => !free.has(buffer));
    for (const buffer of buffers) if (free.has(buffer)) this.memory.destroy(buffer);
    if (late.length === 0) return;
    const destroy = () => {
      for (const buffer of late) this.memory.destroy(buffer);
    };
    this.flush().then(destroy, destroy);
  }

  /** Submits what waits, if that is transfers only and nothing is before it. */
  #submitTransfers(): void {
    const commands = this.#commands;
    if (this.#flushing > 0 || commands.some(({ kind }) => kind === 'dispatch')) return;
    this.#commands = [];
    this.#staged = 0;
    const prepared = new PreparedCommands(this.memory, commands, new Map());
    this.submit((encoder) => prepared.encode(encoder), 0);
    prepared.destroy();
  }

  /** The bytes of a storage as they are after everything recorded so far. */
  async download(from: Storage, bytes: number): Promise<ArrayBuffer> {
    if (this.#captured)
      throw new LifetimeError('Nothing can be read inside a captured step; return the tensor and read it.');
    from.check(null);
    const size = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const free = this.#stagingFree.get(size) ?? [];
    this.#stagingFree.set(size, free);
    const staging = free.pop() ?? this.memory.createFor(usage, size, 'download');
    this.#push({ kind: 'download', from, staging, bytes: Math.ceil(bytes / 4) * 4 });
    await this.flush();
    await settle(staging.mapAsync(GPUMapMode.READ, 0, size)).catch((error: unknown) => {
      throw this.device.lostError ?? error;
    });
    checkDevice(this.device);
    const data = staging.getMappedRange(0, size).slice(0, bytes);
    staging.unmap();
    // Large read-backs are rare (checkpoints); keeping their staging buffers would double the memory in use.
    if (size <= 2 ** 20 && free.length < 16) free.push(staging);
    else this.memory.destroy(staging);
    return data;
  }

  /** Submits what has been recorded, after everything flushed before; calls in one turn share one submit. */
  flush(): Promise<void> {
    if (this.#commands.length === 0) return this.#tail;
    if (this.#due) return this.#due;
    this.#flushing++;
    const run = this.#tail
      .then(() => {
        const commands = this.#commands;
        this.#commands = [];
        this.#staged = 0;
        this.#due = null;
        this.#underway = commands;
        return this.#submitOnce(commands);
      })
      .finally(() => {
        this.#underway = [];
        this.#flushing--;
      });
    this.#due = run;
    // A failed flush is reported to whoever waits for it, and must not poison later ones.
    this.#tail = run.catch(() => {});
    return run;
  }

  /** Waits until the GPU has done everything that was recorded. */
  async idle(): Promise<void> {
    await this.flush();
    await settle(this.device.gpu.queue.onSubmittedWorkDone());
    if (this.device.lostError) throw this.device.lostError;
  }

  /** Runs `work` when everything given here before is done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Records what `work` asks for without running it. */
  capture<T>(work: () => T): { result: T; commands: readonly Command[] } {
    if (this.#captured) throw new LifetimeError('A step is being captured already; steps do not nest.');
    const commands: Command[] = [];
    this.#captured = commands;
    try {
      return { result: work(), commands };
    } finally {
      this.#captured = null;
    }
  }

  get capturing(): boolean {
    return this.#captured !== null;
  }

  #push(command: Command): void {
    if (this.device.lostError) throw this.device.lostError;
    (this.#captured ?? this.#commands).push(command);
  }

  async #submitOnce(commands: readonly Command[]): Promise<void> {
    const run = async () => {
      const prepared = await prepare(this.memory, this.pipelines, commands);
      this.submit((encoder) => prepared.encode(encoder), prepared.dispatches.length);
      prepared.destroy();
    };
    // Error scopes wait for the device: worth it for new work, not for a bare read-back of a replayed step.
    if (commands.every((command) => command.kind === 'download')) return run();
    await settle(guarded(this.device, 'flush', run)).catch((error: unknown) => {
      if (error instanceof OutOfMemoryError) this.memory.dropFree();
      throw error;
    });
  }

  /** One command buffer with so many dispatches, submitted now. */
  submit(encode: (encoder: GPUCommandEncoder) => void, dispatches: number): void {
    const encoder = this.device.gpu.createCommandEncoder();
    encode(encoder);
    this.device.gpu.queue.submit([encoder.finish()]);
    this.counts.submits++;
    this.counts.dispatches += dispatches;
  }
}

function buffersOf(command: Command): (GPUBuffer | null)[] {
  const { reads, writes } = accessesOf(command);
  return [...reads, ...writes].map(({ buffer }) => buffer);
}
