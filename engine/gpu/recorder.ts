import { settle } from '#platform';
import type { DType } from '../dtype.ts';
import { KernelError, LifetimeError, OutOfMemoryError } from '../errors.ts';
import { StepBody } from './capture.ts';
import { type Command, checkDevice, guarded } from './command.ts';
import { splitDead } from './dead-commands.ts';
import type { Device } from './device.ts';
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
import { type Readback, Readbacks } from './readback.ts';
import { Scopes, type StorageScope } from './scopes.ts';
import { Timeline } from './timeline.ts';

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

/** Commands that are submitted together. */
class Segment {
  commands: Command[] = [];
  /** Bytes of uploads among them. */
  staged = 0;
  /** Its flush, where one was asked for. */
  flushed: Promise<void> | null = null;
}

/** Bytes of uploads after which they are submitted without waiting for a flush. */
const MOST_STAGED = 2 ** 18;

/**
 * Collects what the GPU is to do. Nothing runs when an operation is called: commands pile up until `flush`,
 * which compiles every missing pipeline at once and submits one command buffer; runs of captured steps and whatever
 * else takes its turn come between, in the order of the calls. While a step is captured the same commands go to the
 * step's own list, on storage that gets its buffers afterwards.
 */
export class Recorder {
  readonly device: Device;
  readonly memory: Memory;
  readonly pipelines: PipelineCache;
  /** The function of a step, while one is called. */
  readonly body = new StepBody();
  /** Dispatches and submits since the engine was opened. */
  readonly counts = { dispatches: 0, submits: 0 };
  /** Goes up when some tensor begins or ceases to require a gradient. */
  leafChanges = 0;
  #segment = new Segment();
  /** Taken by a flush, and not submitted yet. */
  #underway: readonly Command[] | null = null;
  readonly #timeline = new Timeline();
  readonly #scopes = new Scopes((storage, why) => this.release(storage, why));
  readonly #readbacks: Readbacks;

  constructor(device: Device) {
    this.device = device;
    this.memory = new Memory(device);
    this.#readbacks = new Readbacks(this.memory);
    this.pipelines = new PipelineCache(device);
  }

  /** Storage for one tensor, owned by the innermost scope, or by the step that is being captured. */
  allocate(bytes: number, what: string): Storage {
    if (this.body.commands) {
      this.memory.check(bytes, what);
      return new Storage('step', null, 0, bytes, this.body.commands);
    }
    const storage = this.allocateApart(bytes, what);
    this.#scopes.add(storage);
    return storage;
  }

  /** Pooled storage of no scope: whoever asks for it releases it. */
  allocateApart(bytes: number, what: string): Storage {
    return new Storage('pool', this.memory.acquire(bytes, what), 0, bytes);
  }

  /**
   * Gives pooled storage, or a result of a step that is forgotten, back; `why` is the message for a later use. Safe while
   * recorded commands still use it, since commands run in order; storage that a captured step binds goes when that step
   * does. Of one run's view of a result only the view ends.
   */
  release(storage: Storage, why?: string): void {
    if (storage.owner === 'arena' || storage.released) return;
    if (storage.owner === 'result') {
      storage.end(why);
      return;
    }
    if (storage.pins > 0) {
      storage.abandoned = true;
      return;
    }
    storage.end(why);
    if (storage.owner === 'pool') this.memory.release(storage.gpuBuffer);
    else this.#destroy([storage.gpuBuffer]);
  }

  /** Keeps what is behind a storage until `unpin` of what this returns. */
  pin({ whole }: Storage): Storage {
    whole.pins++;
    return whole;
  }

  unpin(storage: Storage): void {
    storage.pins--;
    if (storage.pins === 0 && storage.abandoned) this.release(storage);
  }

  /** Ends with `release` of everything allocated since, save what was kept. */
  openScope(): StorageScope {
    return this.#scopes.open();
  }

  /** Records a kernel, in the specialisation for the element types of the tensors. */
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
    for (const storage of bindings) storage.check(this.body.commands);
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
    storage.check(this.body.commands);
    this.#push({ kind: 'clear', storage });
  }

  copy(from: Storage, to: Storage, bytes: number): void {
    from.check(this.body.commands);
    to.check(this.body.commands);
    this.#push({ kind: 'copy', from, to, bytes });
  }

  /** Copies host data in. The data is taken at once; the caller may reuse it. */
  upload(to: Storage, data: ArrayBufferView): void {
    if (this.body.commands) {
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
      this.#segment.staged += bytes;
      if (this.#segment.staged >= MOST_STAGED) this.#submitTransfers();
    }
  }

  /** Gives arenas back; what is gone already stays gone. What was recorded before still runs. */
  releaseArenas(arenas: readonly Storage[]): void {
    const held = arenas.filter(({ released }) => !released);
    for (const arena of held) arena.end();
    this.#destroy(held.map(({ gpuBuffer }) => gpuBuffer));
  }

  /**
   * Destroys buffers: at once, and with them what waits and concerns them alone, since nobody can see what it would
   * do; or, those that something else waits for, when that is submitted.
   */
  #destroy(buffers: readonly GPUBuffer[]): void {
    const destroy = (some: readonly GPUBuffer[]) => {
      for (const buffer of some) this.memory.destroy(buffer);
    };
    // Whatever waits besides the flushes that are looked through below may use them.
    const flushes = (this.#segment.flushed ? 1 : 0) + (this.#underway ? 1 : 0);
    if (this.#timeline.waiting > flushes) {
      this.afterTurns(() => destroy(buffers));
      return;
    }
    const segment = this.#segment;
    const { kept, dead, free } = splitDead(segment.commands, this.#underway ?? [], buffers);
    segment.commands = kept;
    for (const command of dead) {
      if (command.kind !== 'upload') continue;
      this.memory.destroy(command.staging);
      segment.staged -= command.bytes;
    }
    destroy(buffers.filter((buffer) => free.has(buffer)));
    const late = buffers.filter((buffer) => !free.has(buffer));
    if (late.length === 0) return;
    this.flush().then(
      () => destroy(late),
      () => destroy(late),
    );
  }

  /** Submits what waits, if that is transfers only and nothing is before it. */
  #submitTransfers(): void {
    const { commands } = this.#segment;
    if (!this.#timeline.idle || commands.some(({ kind }) => kind === 'dispatch')) return;
    this.#segment = new Segment();
    const prepared = new PreparedCommands(this.memory, commands, new Map());
    this.submit((encoder) => prepared.encode(encoder), 0);
    prepared.dispose();
  }

  /** The bytes of a storage as they are after everything asked for so far. */
  async download(from: Storage, bytes: number): Promise<ArrayBuffer> {
    this.#requireReadable(from);
    const staging = this.#readbacks.take(bytes);
    try {
      this.#push({ kind: 'download', from, staging, bytes: Math.ceil(bytes / 4) * 4 });
      await this.flush();
    } catch (error) {
      this.memory.destroy(staging);
      throw error;
    }
    return this.#readbacks.mapped(staging, bytes);
  }

  /** The bytes of a storage as they are when somebody submits what this encodes. */
  readback(from: { readonly storage: Storage; readonly bytes: number }): Readback {
    this.#requireReadable(from.storage);
    return this.#readbacks.of(from);
  }

  /**
   * The bytes of storages, all as they are after everything asked for so far, one after another: what is called
   * meanwhile waits, and no more than one of them is held a second time.
   */
  downloadAll(
    list: readonly { readonly storage: Storage; readonly bytes: number }[],
  ): Promise<ArrayBuffer[]> {
    const readbacks = list.map((one) => this.readback(one));
    return this.inTurn(async () => {
      const found: ArrayBuffer[] = [];
      for (const readback of readbacks) {
        checkDevice(this.device);
        this.submit((encoder) => readback.encode(encoder), 0);
        found.push(await readback.bytes());
      }
      return found;
    });
  }

  #requireReadable(storage: Storage): void {
    if (this.body.commands)
      throw new LifetimeError('Nothing can be read inside a captured step; return the tensor and read it.');
    storage.check(null);
  }

  /** Submits what has been recorded, after everything asked for before; calls in one tick share one submit. */
  flush(): Promise<void> {
    const segment = this.#segment;
    if (segment.commands.length === 0) return this.#timeline.settled;
    segment.flushed ??= this.#timeline.later(async () => {
      if (this.#segment === segment) this.#segment = new Segment();
      this.#underway = segment.commands;
      try {
        await this.#submitOnce(segment.commands);
      } finally {
        this.#underway = null;
      }
    });
    return segment.flushed;
  }

  /** Waits until the GPU has done everything that was asked for. */
  async idle(): Promise<void> {
    await this.flush();
    await settle(this.device.gpu.queue.onSubmittedWorkDone());
    if (this.device.lostError) throw this.device.lostError;
  }

  /**
   * Does `work` when everything asked for before is submitted, and before anything asked for later: at once where nothing
   * waits. What was recorded before and fails is reported here. `work` submits by itself and must not flush.
   */
  inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    const before = this.#seal();
    if (!before) return this.#timeline.add(work);
    return this.#timeline.later(async () => {
      await before;
      return work();
    });
  }

  /** Does `work`, which gives something back, when what runs or waits to run no longer needs it. */
  afterTurns(work: () => void): void {
    if (this.#timeline.idle) work();
    // What fails before is reported to those who asked for it.
    else this.inTurn(work).catch(work);
  }

  /** Whether `inTurn` would do its work at once. */
  get free(): boolean {
    return this.#timeline.idle && this.#segment.commands.length === 0;
  }

  /** What was recorded so far is submitted before what is recorded from now on. */
  #seal(): Promise<void> | null {
    if (this.#segment.commands.length === 0) return null;
    const before = this.flush();
    this.#segment = new Segment();
    return before;
  }

  #push(command: Command): void {
    if (this.device.lostError) throw this.device.lostError;
    (this.body.commands ?? this.#segment.commands).push(command);
  }

  async #submitOnce(commands: readonly Command[]): Promise<void> {
    const run = async () => {
      const prepared = await prepare(this.memory, this.pipelines, commands);
      this.submit((encoder) => prepared.encode(encoder), prepared.dispatches.length);
      prepared.dispose();
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
