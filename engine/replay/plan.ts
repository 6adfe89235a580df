import { EngineError, LifetimeError } from '../errors.ts';
import { accessesOf, type Command, checkDevice, guarded } from '../gpu/command.ts';
import type { Constants } from '../gpu/kernel.ts';
import { Storage } from '../gpu/memory.ts';
import { type PreparedCommands, prepare } from '../gpu/prepare.ts';
import type { Readback } from '../gpu/readback.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { Timestamps } from '../gpu/timestamps.ts';
import type { ActivationHeaps } from './heap.ts';
import { lifetimesOf, withoutDead } from './liveness.ts';
import { assignSlots, lowerBound, type Slot } from './placement.ts';
import type { Kept } from './results.ts';

/** Values of an argument, as the device takes them. */
export type HostData = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export interface ReplayOptions {
  /** Made before: results of an earlier run that somebody still waits for. */
  readonly copies?: readonly Kept[];
  readonly times?: number;
  readonly readbacks?: readonly Readback[];
}

/** What one dispatch of a step took on the device. */
export interface DispatchTime {
  /** Name of the kernel, and the values of its `override` constants. */
  readonly kernel: string;
  readonly constants: Constants;
  readonly workgroups: readonly [number, number, number];
  readonly microseconds: number;
}

/** Bytes that a captured step needs on the device. */
export interface PlanMemory {
  /** The largest sum of bytes that are alive at the same time, results included: no plan needs less. */
  readonly lowerBoundBytes: number;
  /** What the plan takes: its part of the heaps, which all plans share, its results and its uniforms. */
  readonly plannedBytes: number;
  /** Parameters, optimiser state and other tensors from outside that it binds, which are there anyway. */
  readonly residentBytes: number;
}

/** A captured function: what it recorded, the storage of what it was given, and of what it returned. */
export interface Captured {
  readonly step: string;
  readonly commands: readonly Command[];
  readonly args: readonly Storage[];
  readonly results: readonly Storage[];
}

/** What has to be there before a plan can run. */
interface Built {
  readonly prepared: PreparedCommands;
  readonly memory: PlanMemory;
  /** Storages in the heaps, and where. */
  readonly placed: readonly Storage[];
  readonly slots: readonly Slot[];
  /** Of the heaps, when they were bound. */
  generation: number;
}

/**
 * A captured step with its memory placed: replaying it is one encoder and one submit. Activations lie in heaps that
 * all plans share, in slots found when the step is built; results keep a buffer of their own for the plan's life.
 * What it binds of others is held from its making to `dispose`.
 */
export class Plan {
  readonly commands: readonly Command[];
  readonly #step: string;
  readonly #recorder: Recorder;
  readonly #heaps: ActivationHeaps;
  readonly #args: readonly Storage[];
  readonly #own: readonly Storage[];
  readonly #others: readonly Storage[];
  /** What is behind the tensors of others that the commands bind. */
  readonly #pinned: readonly Storage[];
  /** Results of steps among them, which a run of those may write over. */
  readonly #views: readonly Storage[];
  /** Arenas that they bind: nobody keeps those for a plan. */
  readonly #arenas: readonly Storage[];
  readonly #dispatches: number;
  #built: Built | null = null;
  /** Why it could not be built. */
  #failure: { readonly error: unknown } | null = null;

  constructor(recorder: Recorder, heaps: ActivationHeaps, { step, commands, args, results }: Captured) {
    this.#step = step;
    this.#recorder = recorder;
    this.#heaps = heaps;
    this.#args = args;
    this.#own = [...new Set(results)].filter(({ owner }) => owner === 'step');
    for (const storage of this.#own) storage.exposed = true;
    this.commands = withoutDead(commands);
    this.#dispatches = this.commands.filter(({ kind }) => kind === 'dispatch').length;
    this.#others = foreign(this.commands);
    const [arenas, rest] = [true, false].map((arena) =>
      this.#others.filter(({ owner }) => (owner === 'arena') === arena),
    ) as [Storage[], Storage[]];
    this.#arenas = [...new Set(arenas.map(({ whole }) => whole))];
    this.#views = rest.filter(({ owner }) => owner === 'result');
    this.#pinned = rest.map((storage) => recorder.pin(storage));
  }

  /**
   * To be called when a run is asked for.
   * @throws LifetimeError where parameters that it binds are gone, or a result of another step was written over.
   */
  check(): void {
    for (const arena of this.#arenas) arena.check(null);
    for (const { overwrittenBy } of this.#views)
      if (overwrittenBy !== null)
        throw new LifetimeError(
          `The step "${this.#step}" uses a result of the step "${overwrittenBy}", and a later run of that has written over it; pass its values as an argument, or compute both in one step.`,
        );
  }

  get built(): boolean {
    return this.#built !== null;
  }

  /** Places the memory and compiles what is missing, in its turn. When it fails, nothing of it stays, and it fails always. */
  async build(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    if (this.#built) return;
    const { memory, pipelines, device } = this.#recorder;
    try {
      const { storages, lifetimes } = lifetimesOf(this.commands, this.#args);
      const { slots, heaps: sizes } = assignSlots(lifetimes, {
        existing: this.#heaps.sizes,
        most: device.limits.maxBufferSize,
      });
      this.#heaps.reserve(this, sizes);
      const prepared = await guarded(device, 'capturing a step', async () => {
        for (const storage of this.#own) storage.buffer = memory.create(storage.bytes, 'a result');
        this.#move(storages, slots);
        return prepare(memory, pipelines, this.commands);
      });
      const results = sum(this.#own.map(({ bytes }) => bytes));
      this.#built = {
        prepared,
        placed: storages,
        slots,
        generation: this.#heaps.generation,
        memory: {
          lowerBoundBytes: lowerBound(lifetimes) + results,
          plannedBytes: sum(sizes) + results + prepared.uniformBytes,
          residentBytes: sum(
            [...new Set(this.#others.map((storage) => storage.gpuBuffer))].map(({ size }) => size),
          ),
        },
      };
    } catch (error) {
      this.#failure = { error };
      this.#giveBack();
      this.#heaps.drop();
      throw error;
    }
  }

  get memory(): PlanMemory {
    return this.#ready().memory;
  }

  /** Submits the step, `times` over, on these arguments; `copies` are made before. `build` first. */
  replay(args: readonly HostData[], { copies = [], times = 1, readbacks = [] }: ReplayOptions = {}): void {
    this.save(copies);
    checkDevice(this.#recorder.device);
    const prepared = this.#settled(args);
    this.#recorder.submit((encoder) => {
      for (let i = 0; i < times; i++) prepared.encode(encoder);
      for (const readback of readbacks) readback.encode(encoder);
    }, times * this.#dispatches);
  }

  /** Copies results to where a later run does not reach; before arguments are written, since one may be a result. */
  save(copies: readonly Kept[]): void {
    if (copies.length === 0) return;
    this.#recorder.submit((encoder) => {
      for (const { from, to } of copies) encodeCopy(encoder, from, to);
    }, 0);
  }

  /** A replay in which every dispatch is a pass of its own, timed on the device. The results of the last run stay. */
  async profile(args: readonly HostData[]): Promise<DispatchTime[]> {
    const recorder = this.#recorder;
    const { device, memory } = recorder;
    checkDevice(device);
    const timestamps = new Timestamps(device, this.#dispatches);
    const kept = this.#own.map((from) => {
      const buffer = memory.create(from.bytes, 'a result');
      return { from, to: new Storage('pool', buffer, 0, from.bytes) };
    });
    try {
      this.save(kept);
      const prepared = this.#settled(args);
      const times = await timestamps.microseconds((resolve) =>
        recorder.submit((encoder) => {
          prepared.encode(encoder, timestamps);
          resolve(encoder);
          for (const { from, to } of kept) encodeCopy(encoder, to, from);
        }, this.#dispatches),
      );
      return prepared.dispatches.map(({ command: { kernel, constants, workgroups } }, index) => ({
        kernel: kernel.name,
        constants,
        workgroups,
        microseconds: times[index] as number,
      }));
    } finally {
      for (const { to } of kept) memory.destroy(to.gpuBuffer);
    }
  }

  /** In its turn; its results may not be used afterwards. */
  dispose(): void {
    this.#giveBack();
    for (const storage of this.#pinned) this.#recorder.unpin(storage);
  }

  #giveBack(): void {
    this.#built?.prepared.dispose();
    this.#built = null;
    this.#heaps.release(this);
    for (const storage of this.#own) if (storage.buffer) this.#recorder.release(storage);
  }

  /** With the arguments written, and bound where the heaps are now: other plans may have moved them. */
  #settled(args: readonly HostData[]): PreparedCommands {
    const built = this.#ready();
    if (built.generation !== this.#heaps.generation) {
      this.#move(built.placed, built.slots);
      built.prepared.bind();
      built.generation = this.#heaps.generation;
    }
    const { queue } = this.#recorder.device.gpu;
    for (const [index, data] of args.entries()) {
      const { gpuBuffer, offset } = this.#args[index] as Storage;
      queue.writeBuffer(gpuBuffer, offset, data);
    }
    return built.prepared;
  }

  #move(placed: readonly Storage[], slots: readonly Slot[]): void {
    for (const [index, storage] of placed.entries()) {
      const { heap, offset } = slots[index] as Slot;
      storage.buffer = this.#heaps.bufferOf(heap);
      storage.offset = offset;
    }
  }

  #ready(): Built {
    if (!this.#built) throw new EngineError(`The step "${this.#step}" is replayed before it was built.`);
    return this.#built;
  }
}

/** What the commands bind that is not the step's own. */
function foreign(commands: readonly Command[]): Storage[] {
  const found = new Set<Storage>();
  for (const command of commands) {
    const { reads, writes } = accessesOf(command);
    for (const storage of [...reads, ...writes]) if (storage.owner !== 'step') found.add(storage);
  }
  return [...found];
}

function encodeCopy(encoder: GPUCommandEncoder, from: Storage, to: Storage): void {
  encoder.copyBufferToBuffer(
    from.gpuBuffer,
    from.offset,
    to.gpuBuffer,
    to.offset,
    Math.ceil(from.bytes / 4) * 4,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
