import { EngineError, ShapeError } from './errors.ts';
import type { ActivationHeaps } from './heap.ts';
import { type DispatchTime, Plan, type PlanMemory } from './plan.ts';
import type { Recorder } from './recorder.ts';
import {
  checkHostTensor,
  checkWritten,
  dtypeOf,
  emptyTensor,
  type HostTensor,
  Tensor,
  uploadTensor,
} from './tensor.ts';

export interface StepOptions {
  /** Run operation by operation instead of replaying a plan: same commands, same bits, more work. */
  readonly eager?: boolean;
  /** Plans kept, one a shape of the arguments; the least recently used goes first. */
  readonly plans?: number;
}

interface Entry {
  readonly plan: Plan;
  readonly args: readonly Tensor[];
  readonly results: readonly Tensor[];
}

/**
 * A function of tensors that is recorded once a shape and replayed afterwards. The replay writes the arguments
 * and submits one command buffer: nothing is allocated, and the function itself does not run again, so whatever
 * changes from run to run must be an argument.
 */
export class Step {
  readonly name: string;
  readonly #recorder: Recorder;
  readonly #heaps: ActivationHeaps;
  readonly #body: (...args: Tensor[]) => readonly Tensor[];
  readonly #options: StepOptions;
  readonly #plans = new Map<string, Entry>();
  #eagerResults: readonly Tensor[] = [];

  constructor(
    name: string,
    recorder: Recorder,
    heaps: ActivationHeaps,
    body: (...args: Tensor[]) => readonly Tensor[],
    options: StepOptions,
  ) {
    this.name = name;
    this.#recorder = recorder;
    this.#heaps = heaps;
    this.#body = body;
    this.#options = options;
  }

  /** Plans in the cache. */
  get plans(): number {
    return this.#plans.size;
  }

  /**
   * Runs on host arguments. The results are tensors on the device, valid until the next run with the same
   * shapes; `engine.read` of one may be awaited later, it holds the value of this run.
   */
  async run(...args: HostTensor[]): Promise<readonly Tensor[]> {
    for (const [index, arg] of args.entries()) checkHostTensor(`${this.name}, argument ${index}`, arg);
    // In turn: runs that overlap would capture one shape twice, and write each other's arguments.
    return this.#recorder.inTurn(() => (this.#options.eager ? this.#runEager(args) : this.#replay(args)));
  }

  /**
   * Captures for arguments of these shapes without running: compiles what is missing and takes the memory, so that
   * the first `run` is as fast as the next.
   */
  async prepare(...args: HostTensor[]): Promise<void> {
    for (const [index, arg] of args.entries()) checkHostTensor(`${this.name}, argument ${index}`, arg);
    await this.#recorder.inTurn(() => this.#ready(args));
  }

  /** Runs a step without arguments so many times over, in one submit: for timings, which the cost of submits would hide. */
  async repeat(times: number): Promise<readonly Tensor[]> {
    return this.#recorder.inTurn(async () => {
      const { plan, results } = await this.#ready([]);
      plan.replay(times);
      return results;
    });
  }

  /**
   * Runs like `run`, each dispatch in a pass of its own, and says what each took on the device, in order.
   * @throws EngineError where the adapter has no timestamps.
   */
  async profile(...args: HostTensor[]): Promise<DispatchTime[]> {
    for (const [index, arg] of args.entries()) checkHostTensor(`${this.name}, argument ${index}`, arg);
    return this.#recorder.inTurn(async () => (await this.#ready(args)).plan.profile());
  }

  /** Bytes that a run on arguments of these shapes needs. Captures the step where it was not yet. */
  async memory(...args: HostTensor[]): Promise<PlanMemory> {
    for (const [index, arg] of args.entries()) checkHostTensor(`${this.name}, argument ${index}`, arg);
    return this.#recorder.inTurn(async () => (await this.#ready(args)).plan.memory);
  }

  async #replay(args: readonly HostTensor[]): Promise<readonly Tensor[]> {
    const { plan, results } = await this.#ready(args);
    plan.replay();
    return results;
  }

  /** The plan for these shapes, with the arguments written. */
  async #ready(args: readonly HostTensor[]): Promise<Entry> {
    const key = args.map(({ data, shape }) => `${dtypeOf(this.name, data)}[${shape.join()}]`).join(' ');
    const known = this.#plans.get(key);
    await this.#recorder.flush();
    const entry = known ?? (await this.#capture(args));
    this.#plans.delete(key);
    this.#plans.set(key, entry);
    this.#evict();
    entry.plan.settle();
    for (const [index, { data }] of args.entries())
      checkWritten(`${this.name}, argument ${index}`, entry.args[index] as Tensor, data);
    for (const [index, { data }] of args.entries()) {
      const { storage } = entry.args[index] as Tensor;
      this.#recorder.device.gpu.queue.writeBuffer(storage.place, storage.offset, asWritable(data));
    }
    return entry;
  }

  /** Forgets every plan; results may not be used afterwards. */
  destroy(): void {
    for (const result of this.#eagerResults) result.dispose();
    this.#eagerResults = [];
    for (const { plan } of this.#plans.values()) plan.destroy();
    this.#plans.clear();
  }

  async #runEager(args: readonly HostTensor[]): Promise<readonly Tensor[]> {
    for (const result of this.#eagerResults) result.dispose();
    const scope = this.#recorder.openScope();
    try {
      const results = this.#body(...args.map((arg) => uploadTensor(this.#recorder, arg, this.name)));
      // What the function did not make itself is not the step's to give back.
      this.#eagerResults = results.filter((result) => scope.keep(result.storage));
      return results;
    } finally {
      scope.close();
      await this.#recorder.flush();
    }
  }

  async #capture(args: readonly HostTensor[]): Promise<Entry> {
    const recorder = this.#recorder;
    const { result, commands } = recorder.capture(() => {
      const tensors = args.map(({ data, shape }) =>
        emptyTensor(recorder, { shape, dtype: dtypeOf(this.name, data) }, `an argument of ${this.name}`),
      );
      return { tensors, results: this.#body(...tensors) };
    });
    const { tensors, results } = result;
    if (!Array.isArray(results) || results.some((tensor) => !(tensor instanceof Tensor))) {
      throw new EngineError(`The step "${this.name}" must return a list of tensors.`);
    }
    if (commands.length === 0) throw new ShapeError(`The step "${this.name}" computes nothing.`);
    const [argsOf, resultsOf] = [tensors, results].map((list) => list.map(({ storage }) => storage));
    const captured = { commands, args: argsOf ?? [], results: resultsOf ?? [] };
    return { plan: await Plan.build(recorder, captured, this.#heaps), args: tensors, results };
  }

  #evict(): void {
    const most = this.#options.plans ?? 64;
    for (const [key, { plan }] of this.#plans) {
      if (this.#plans.size <= most) break;
      plan.destroy();
      this.#plans.delete(key);
    }
  }
}

/** Dawn refuses shared memory. */
function asWritable(data: Float32Array | Uint32Array): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  return data.buffer instanceof ArrayBuffer ? (data as Float32Array<ArrayBuffer>) : data.slice();
}
