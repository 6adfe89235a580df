import { accessesOf, type Command, checkDevice, guarded } from './command.ts';
import { EngineError } from './errors.ts';
import type { ActivationHeaps } from './heap.ts';
import type { Constants } from './kernel.ts';
import { lifetimesOf, withoutDead } from './liveness.ts';
import type { Storage } from './memory.ts';
import { lowerBound, type Place, place } from './placement.ts';
import { type PreparedCommands, prepare } from './prepare.ts';
import type { Recorder } from './recorder.ts';
import { Timestamps } from './timestamps.ts';

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

/** A captured function: what it recorded, the tensors that it was given and those that it returned. */
export interface Captured {
  readonly commands: readonly Command[];
  readonly args: readonly Storage[];
  readonly results: readonly Storage[];
}

/**
 * A captured step with its memory placed: replaying it is one encoder and one submit. Activations lie in heaps that
 * all plans share, at places found when the step is captured; results keep a buffer of their own for the plan's life.
 */
export class Plan {
  readonly commands: readonly Command[];
  readonly #memory: PlanMemory;
  readonly #recorder: Recorder;
  readonly #heaps: ActivationHeaps;
  readonly #own: readonly Storage[];
  /** Tensors of others that the commands bind. */
  readonly #pinned: readonly Storage[];
  /** Arenas that they bind: nobody keeps those for a plan. */
  readonly #arenas: readonly Storage[];
  readonly #placed: readonly Storage[];
  readonly #places: readonly Place[];
  readonly #dispatches: number;
  #prepared: PreparedCommands | null = null;
  #generation = -1;

  private constructor(recorder: Recorder, heaps: ActivationHeaps, captured: Captured) {
    this.#recorder = recorder;
    this.#heaps = heaps;
    this.#own = [...new Set(captured.results)].filter(({ owner, exposed }) => owner === 'step' && !exposed);
    for (const storage of this.#own) storage.exposed = true;
    this.commands = withoutDead(captured.commands);
    this.#dispatches = this.commands.filter(({ kind }) => kind === 'dispatch').length;
    const { storages, lifetimes } = lifetimesOf(this.commands, captured.args);
    const { places, heaps: sizes } = place(lifetimes, {
      existing: heaps.sizes,
      most: recorder.device.limits.maxBufferSize,
    });
    this.#placed = storages;
    this.#places = places;
    heaps.reserve(this, sizes);
    const others = foreign(this.commands, this.#own);
    this.#pinned = others.filter(({ owner }) => owner !== 'arena');
    for (const storage of this.#pinned) recorder.pin(storage);
    this.#arenas = [...new Set(others.filter(({ owner }) => owner === 'arena').map(({ whole }) => whole))];
    const results = sum(this.#own.map(({ bytes }) => bytes));
    this.#memory = {
      lowerBoundBytes: lowerBound(lifetimes) + results,
      plannedBytes: sum(sizes) + results,
      residentBytes: sum([...new Set(others.map((storage) => storage.place))].map(({ size }) => size)),
    };
  }

  /** Places the memory and compiles what is missing. When it fails, nothing of it stays. */
  static async build(recorder: Recorder, captured: Captured, heaps: ActivationHeaps): Promise<Plan> {
    const plan = new Plan(recorder, heaps, captured);
    try {
      await guarded(recorder.device, 'capturing a step', async () => {
        for (const storage of plan.#own) storage.buffer = recorder.memory.create(storage.bytes, 'a result');
        plan.#move();
        plan.#prepared = await prepare(recorder.memory, recorder.pipelines, plan.commands);
      });
      return plan;
    } catch (error) {
      plan.destroy();
      heaps.drop();
      throw error;
    }
  }

  get memory(): PlanMemory {
    const { plannedBytes, ...rest } = this.#memory;
    return { ...rest, plannedBytes: plannedBytes + this.#ready().uniformBytes };
  }

  /**
   * To be called before arguments are written: other plans may have moved the heaps.
   * @throws LifetimeError where parameters that it binds are gone.
   */
  settle(): void {
    for (const arena of this.#arenas) arena.check(null);
    if (this.#generation === this.#heaps.generation) return;
    this.#move();
    this.#prepared?.bind();
  }

  #move(): void {
    for (const [index, storage] of this.#placed.entries()) {
      const { heap, offset } = this.#places[index] as Place;
      storage.buffer = this.#heaps.bufferOf(heap);
      storage.offset = offset;
    }
    this.#generation = this.#heaps.generation;
  }

  /** Submits the step, `times` over; `settle` first. */
  replay(times = 1): void {
    checkDevice(this.#recorder.device);
    const prepared = this.#ready();
    this.#recorder.submit((encoder) => {
      for (let i = 0; i < times; i++) prepared.encode(encoder);
    }, times * this.#dispatches);
  }

  /** A replay in which every dispatch is a pass of its own, timed on the device. */
  async profile(): Promise<DispatchTime[]> {
    const recorder = this.#recorder;
    checkDevice(recorder.device);
    const prepared = this.#ready();
    const timestamps = new Timestamps(recorder.device, this.#dispatches);
    const times = await timestamps.microseconds((resolve) =>
      recorder.submit((encoder) => {
        prepared.encode(encoder, timestamps);
        resolve(encoder);
      }, this.#dispatches),
    );
    return prepared.dispatches.map(({ command: { kernel, constants, workgroups } }, index) => ({
      kernel: kernel.name,
      constants,
      workgroups,
      microseconds: times[index] as number,
    }));
  }

  /** Its results may not be used afterwards. */
  destroy(): void {
    this.#prepared?.destroy();
    this.#heaps.release(this);
    for (const storage of this.#pinned) this.#recorder.unpin(storage);
    for (const storage of this.#own) if (storage.buffer) this.#recorder.release(storage);
  }

  #ready(): PreparedCommands {
    if (!this.#prepared) throw new EngineError('A plan is replayed that was not built.');
    return this.#prepared;
  }
}

/** What the commands bind that is not the step's own. */
function foreign(commands: readonly Command[], own: readonly Storage[]): Storage[] {
  const found = new Set<Storage>();
  for (const command of commands) {
    const { reads, writes } = accessesOf(command);
    for (const storage of [...reads, ...writes]) {
      if (storage.owner !== 'step' || (storage.exposed && !own.includes(storage))) found.add(storage);
    }
  }
  return [...found];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
