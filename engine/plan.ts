import { type Command, guarded, type PreparedCommands, prepare } from './command.ts';
import type { Memory, Storage } from './memory.ts';
import type { Recorder } from './recorder.ts';

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

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  destroy(): void {
    for (const buffer of this.#buffers) this.#memory.destroy(buffer);
    this.#buffers.length = 0;
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
 * for writing. `pinned` (arguments and results) keep a buffer of their own for the life of the step.
 */
export function placeStorages(
  commands: readonly Command[],
  pinned: ReadonlySet<Storage>,
  memory: Memory,
  heap: ActivationHeap,
): GPUBuffer[] {
  const own: GPUBuffer[] = [];
  for (const storage of pinned) {
    if (storage.owner !== 'step' || storage.buffer !== null) continue;
    storage.exposed = true;
    storage.buffer = memory.create(memory.classOf(storage.bytes, 'an argument or result of a step'), 'step');
    own.push(storage.buffer);
  }
  const lastUse = new Map<Storage, number>();
  for (const [index, command] of commands.entries()) {
    for (const storage of touched(command)) {
      if (storage.owner === 'step') lastUse.set(storage, index);
      else if (storage.owner === 'pool') storage.pinned = true;
    }
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
      if (storage.owner === 'step' && lastUse.get(storage) === index && !pinned.has(storage)) {
        taken.delete(storage.place);
      }
    }
  }
  return own;
}

/** A captured step with its memory placed: replaying it is one encoder and one submit. */
export class Plan {
  readonly commands: readonly Command[];
  readonly #recorder: Recorder;
  readonly #prepared: PreparedCommands;
  readonly #own: readonly GPUBuffer[];

  private constructor(
    recorder: Recorder,
    commands: readonly Command[],
    prepared: PreparedCommands,
    own: readonly GPUBuffer[],
  ) {
    this.#recorder = recorder;
    this.commands = commands;
    this.#prepared = prepared;
    this.#own = own;
  }

  static async build(
    recorder: Recorder,
    commands: readonly Command[],
    pinned: ReadonlySet<Storage>,
    heap: ActivationHeap,
  ): Promise<Plan> {
    const own = placeStorages(commands, pinned, recorder.memory, heap);
    const prepared = await guarded(recorder.device, 'capturing a step', () =>
      prepare(recorder.device, recorder.pipelines, commands),
    );
    return new Plan(recorder, commands, prepared, own);
  }

  replay(): void {
    if (this.#recorder.device.lostError) throw this.#recorder.device.lostError;
    this.#recorder.submit((encoder) => this.#prepared.encode(encoder), this.commands);
  }

  destroy(): void {
    this.#prepared.destroy();
    for (const buffer of this.#own) this.#recorder.memory.destroy(buffer);
  }
}
