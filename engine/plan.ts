import { type Command, checkDevice, guarded, type PreparedCommands, prepare } from './command.ts';
import type { Constants } from './kernel.ts';
import type { Memory, Storage } from './memory.ts';
import type { Recorder } from './recorder.ts';
import { Timestamps } from './timestamps.ts';

/**
 * Buffers for the activations of captured steps, shared by all of them: steps run one after another, so what one
 * shape's step used is free for the next shape's.
 */
export class ActivationHeap {
  readonly #memory: Memory;
  readonly #buffers: GPUBuffer[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Takes the smallest buffer that fits and is not in `taken`, or makes one. */
  take(bytes: number, what: string, taken: ReadonlySet<GPUBuffer>): GPUBuffer {
    const size = this.#memory.classOf(bytes, what);
    let best: GPUBuffer | null = null;
    for (const buffer of this.#buffers) {
      if (buffer.size >= size && !taken.has(buffer) && (best === null || buffer.size < best.size))
        best = buffer;
    }
    // A far larger buffer would serve, but then nothing is left for the tensor that needs it.
    if (best !== null && best.size <= 2 * size) return best;
    const made = this.#memory.create(size, what);
    this.#buffers.push(made);
    return made;
  }

  /** Number of buffers, for `shrink`. */
  get count(): number {
    return this.#buffers.length;
  }

  /** Destroys the buffers made since there were `count`: after a failure they may not be real. */
  shrink(count: number): void {
    for (const buffer of this.#buffers.splice(count)) this.#memory.destroy(buffer);
  }
}

function touched(command: Command): readonly Storage[] {
  switch (command.kind) {
    case 'dispatch':
      return command.bindings;
    case 'copy':
      return [command.from, command.to];
    case 'clear':
      return [command.storage];
    case 'upload':
      return [command.to];
    case 'download':
      return [command.from];
  }
}

/**
 * Gives every storage of the step a buffer by liveness: a buffer is free again once its last reader has run.
 * Whole buffers are reused, never ranges of one, since a dispatch may not bind the same buffer for reading and
 * for writing. `exposed` ones (arguments and results) keep a buffer of their own for the life of the step.
 */
export function placeStorages(
  commands: readonly Command[],
  exposed: ReadonlySet<Storage>,
  memory: Memory,
  heap: ActivationHeap,
): void {
  for (const storage of exposed) {
    if (storage.owner !== 'step' || storage.buffer !== null) continue;
    storage.exposed = true;
    storage.buffer = memory.create(memory.classOf(storage.bytes, 'an argument or result of a step'), 'step');
  }
  const lastUse = new Map<Storage, number>();
  for (const [index, command] of commands.entries()) {
    for (const storage of touched(command)) lastUse.set(storage, index);
  }
  const taken = new Set<GPUBuffer>();
  for (const [index, command] of commands.entries()) {
    const storages = new Set(touched(command));
    for (const storage of storages) {
      if (storage.owner !== 'step' || storage.buffer !== null) continue;
      storage.buffer = heap.take(storage.bytes, 'an activation', taken);
      taken.add(storage.buffer);
    }
    for (const storage of storages) {
      if (storage.owner === 'step' && !storage.exposed && lastUse.get(storage) === index) {
        taken.delete(storage.place);
      }
    }
  }
}

/** What one dispatch of a step took on the device. */
export interface DispatchTime {
  /** Name of the kernel, and the values of its `override` constants. */
  readonly kernel: string;
  readonly constants: Constants;
  readonly workgroups: readonly [number, number, number];
  readonly microseconds: number;
}

/** A captured step with its memory placed: replaying it is one encoder and one submit. */
export class Plan {
  readonly commands: readonly Command[];
  readonly #recorder: Recorder;
  readonly #prepared: PreparedCommands;
  /** Arguments and results, which are this plan's to give back. */
  readonly #own: readonly Storage[];
  /** Tensors of others that the commands bind. */
  readonly #pinned: ReadonlySet<Storage>;

  private constructor(
    recorder: Recorder,
    commands: readonly Command[],
    prepared: PreparedCommands,
    own: readonly Storage[],
  ) {
    this.#recorder = recorder;
    this.commands = commands;
    this.#prepared = prepared;
    this.#own = own;
    this.#pinned = new Set(
      commands.flatMap(touched).filter((storage) => storage.owner === 'pool' || isForeign(storage, own)),
    );
    for (const storage of this.#pinned) recorder.pin(storage);
  }

  /** Places the memory and compiles what is missing. When it fails, nothing of it stays. */
  static async build(
    recorder: Recorder,
    commands: readonly Command[],
    exposed: ReadonlySet<Storage>,
    heap: ActivationHeap,
  ): Promise<Plan> {
    const own = [...exposed].filter((storage) => storage.owner === 'step' && storage.buffer === null);
    const before = heap.count;
    try {
      const prepared = await guarded(recorder.device, 'capturing a step', async () => {
        placeStorages(commands, exposed, recorder.memory, heap);
        return await prepare(recorder.device, recorder.pipelines, commands);
      });
      return new Plan(recorder, commands, prepared, own);
    } catch (error) {
      heap.shrink(before);
      for (const storage of own) if (storage.buffer) recorder.release(storage);
      throw error;
    }
  }

  replay(): void {
    checkDevice(this.#recorder.device);
    this.#recorder.submit((encoder) => this.#prepared.encode(encoder), this.commands);
  }

  /** A replay in which every dispatch is a pass of its own, timed on the device. */
  async profile(): Promise<DispatchTime[]> {
    const recorder = this.#recorder;
    checkDevice(recorder.device);
    const dispatches = this.commands.filter((command) => command.kind === 'dispatch');
    const timestamps = new Timestamps(recorder.device, dispatches.length);
    const times = await timestamps.microseconds((resolve) =>
      recorder.submit((encoder) => {
        this.#prepared.encode(encoder, timestamps);
        resolve(encoder);
      }, this.commands),
    );
    return dispatches.map(({ kernel, constants, workgroups }, index) => ({
      kernel: kernel.name,
      constants,
      workgroups,
      microseconds: times[index] as number,
    }));
  }

  /** Its arguments and results may not be used afterwards. */
  destroy(): void {
    this.#prepared.destroy();
    for (const storage of this.#pinned) this.#recorder.unpin(storage);
    for (const storage of this.#own) this.#recorder.release(storage);
  }
}

/** An argument or result of another step, taken into this one by its function's closure. */
function isForeign(storage: Storage, own: readonly Storage[]): boolean {
  return storage.owner === 'step' && storage.exposed && !own.includes(storage);
}
