import { describeValue } from '../../base/describe-value.ts';
import { isPromise } from '../../base/promise.ts';
import { EngineError, ShapeError } from '../errors.ts';
import type { Leaf } from '../gpu/capture.ts';
import type { Readback } from '../gpu/readback.ts';
import type { Recorder } from '../gpu/recorder.ts';
import {
  checkWritten,
  decodeValues,
  dtypeOf,
  emptyTensor,
  type HostTensor,
  readTensor,
  Tensor,
  uploadTensor,
} from '../tensor.ts';
import { checkArguments, signatureOf, taken } from './arguments.ts';
import type { ActivationHeaps } from './heap.ts';
import { type DispatchTime, type HostData, Plan, type PlanMemory } from './plan.ts';
import { type Kept, Results } from './results.ts';

export interface StepOptions {
  /** Run operation by operation instead of replaying a plan: same commands, same bits, more work. */
  readonly eager?: boolean;
  /** Plans kept, one a shape of the arguments; the least recently used goes first. */
  readonly plans?: number;
}

/** Values of the host for each argument of a step's function. */
export type HostArguments<Args extends readonly Tensor[]> = { [Index in keyof Args]: HostTensor };

interface Entry {
  readonly key: string;
  readonly plan: Plan;
  /** Its arguments, as its function saw them. */
  readonly args: readonly Tensor[];
  /** What the function returned when it was captured. */
  readonly returned: readonly Tensor[];
  /** Leaves from outside, and whether they wanted a gradient then. */
  readonly leaves: ReadonlyMap<Leaf, boolean>;
  /** `leafChanges` of the recorder when `leaves` were right. */
  leafChanges: number;
  /** Of the runs whose results may be read, the latest last. */
  results: Results[];
}

interface Begun {
  readonly results: Results;
  readonly submitted: Promise<void>;
}

/**
 * A function of tensors that is recorded once a shape and replayed afterwards. The replay writes the arguments
 * and submits one command buffer: nothing is allocated, and the function itself does not run again, so whatever
 * changes from run to run must be an argument. One thing is followed: where a parameter or another tensor from outside
 * begins or ceases to require a gradient (`requiresGrad`), the next run records the function anew.
 *
 * The order of calls is the order of effects, whatever is awaited when: a run takes its arguments when it is called,
 * sees what was written before the call, and comes before whatever is called after it (`engine.read`, `engine.write`,
 * operations, other runs, `dispose`).
 */
export class Step<Args extends readonly Tensor[] = readonly Tensor[]> implements Disposable {
  readonly name: string;
  readonly #recorder: Recorder;
  readonly #heaps: ActivationHeaps;
  readonly #body: (...args: Tensor[]) => readonly Tensor[];
  readonly #options: StepOptions;
  readonly #plans = new Map<string, Entry>();
  /** Results that lie apart from any plan. */
  #loose: Results[] = [];

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
   * Runs on host arguments. The results are tensors on the device. They may be used until `run` (or `read`, `repeat`) is
   * called again with the same shapes after this promise has resolved; afterwards every use throws LifetimeError. Runs
   * that are under way at the same time have results of their own. `engine.read` of a result may be awaited later: it has
   * the value of this run. A tensor that the function returns but did not make (a parameter) comes back as itself.
   * @throws ShapeError, DTypeError for arguments that do not fit; LifetimeError inside the function of a step.
   */
  run(...args: HostArguments<Args>): Promise<readonly Tensor[]> {
    this.#requireOutside();
    return new Promise((resolve, reject) => {
      const { results, submitted } = this.#begin(args);
      submitted.then(() => {
        // Immediately before whoever awaits: no other run can come between.
        queueMicrotask(() => {
          results.handedOut = true;
        });
        resolve(results.tensors);
      }, reject);
    });
  }

  /**
   * Runs and gives the values of the results, in one turn and one submit: what other flows do with the same step
   * meanwhile does not matter.
   */
  read(...args: HostArguments<Args>): Promise<Float32Array[]> {
    this.#requireOutside();
    return this.#read(args);
  }

  async #read(args: readonly HostTensor[]): Promise<Float32Array[]> {
    const readbacks: Readback[] = [];
    const { results, submitted } = this.#begin(args, { readbacks });
    results.handedOut = true;
    if (this.#options.eager) return Promise.all(results.tensors.map(readTensor));
    await submitted;
    return Promise.all(
      results.tensors.map(async (tensor, index) =>
        decodeValues(tensor, await (readbacks[index] as Readback).bytes()),
      ),
    );
  }

  /**
   * Captures for arguments of these shapes without running: compiles what is missing and takes the memory, so that
   * the first `run` is as fast as the next.
   */
  prepare(...args: HostArguments<Args>): Promise<void> {
    this.#requireOutside();
    return this.#built(args, () => {});
  }

  /** Runs a step without arguments so many times over, in one submit: for timings, which the cost of submits would hide. */
  async repeat(times: number): Promise<readonly Tensor[]> {
    this.#requireOutside();
    if (!Number.isSafeInteger(times) || times < 1) {
      throw new RangeError(
        `The step "${this.name}" is to be repeated ${describeValue(times)} times; it must be an integer of at least 1.`,
      );
    }
    const { results, submitted } = this.#begin([], { times });
    await submitted;
    results.handedOut = true;
    return results.tensors;
  }

  /**
   * Runs like `run`, each dispatch in a pass of its own, and says what each took on the device, in order. Results of
   * earlier runs stay what they are.
   * @throws EngineError where the adapter has no timestamps.
   */
  profile(...args: HostArguments<Args>): Promise<DispatchTime[]> {
    this.#requireOutside();
    let data: HostData[] = [];
    return this.#built(
      args,
      (plan) => plan.profile(data),
      () => {
        data = args.map((arg) => taken(arg, false));
      },
    );
  }

  /** Bytes that a run on arguments of these shapes needs. Captures the step where it was not yet. */
  memory(...args: HostArguments<Args>): Promise<PlanMemory> {
    this.#requireOutside();
    return this.#built(args, (plan) => plan.memory);
  }

  /** Forgets every plan once what was called before has run; results may not be used afterwards. */
  dispose(): void {
    const why = `A result of the step "${this.name}" is used after the step was disposed, and its results with it; read it before.`;
    for (const results of this.#loose) results.end(why);
    this.#loose = [];
    for (const entry of this.#plans.values()) {
      // Whoever still waits for them gets the error as well.
      for (const results of entry.results) results.handedOut = true;
      this.#forget(entry, why);
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Nobody will get them. */
  #giveUp(results: Results): void {
    results.end(this.#failed);
    results.handedOut = true;
  }

  get #failed(): string {
    return `A result of the step "${this.name}" is used whose run has failed.`;
  }

  #requireOutside(): void {
    this.#recorder.body.requireOutside(`The step "${this.name}" is used`);
  }

  /** `atCall` is done at the call, once the arguments are known to be right. */
  async #built<T>(
    args: readonly HostTensor[],
    then: (plan: Plan) => T | Promise<T>,
    atCall: () => void = () => {},
  ): Promise<T> {
    checkArguments(this.name, this.#body.length, args);
    atCall();
    const entry = this.#entry(args);
    return this.#recorder.inTurn(async () => {
      await this.#build(entry);
      return then(entry.plan);
    });
  }

  /** Everything about a run that happens at its call; throws what is wrong with it. */
  #begin(args: readonly HostTensor[], options: { times?: number; readbacks?: Readback[] } = {}): Begun {
    checkArguments(this.name, this.#body.length, args);
    if (this.#loose.length > 0) this.#loose = this.#givenWay(this.#loose, []);
    if (this.#options.eager) return this.#runEager(args);
    const entry = this.#entry(args);
    const { plan } = entry;
    const recorder = this.#recorder;
    const copies: Kept[] = [];
    entry.results = this.#givenWay(entry.results, copies);
    const results = new Results(recorder, entry.returned);
    entry.results.push(results);
    options.readbacks?.push(...results.tensors.map((tensor) => recorder.readback(tensor)));
    const atOnce = recorder.free && plan.built;
    const data = args.map((arg) => taken(arg, atOnce));
    const replay = () => plan.replay(data, { copies, ...options });
    const submitted = recorder.inTurn(() => (plan.built ? replay() : this.#build(entry).then(replay)));
    submitted.catch(() => this.#giveUp(results));
    return { results, submitted };
  }

  /** What cannot be built is forgotten: the next run captures anew. */
  async #build(entry: Entry): Promise<void> {
    try {
      await entry.plan.build();
    } catch (error) {
      if (this.#plans.get(entry.key) === entry) this.#forget(entry, this.#failed);
      throw error;
    }
  }

  /** Those of earlier results that somebody still waits for; they must be copied before the plan runs. The others end. */
  #givenWay(earlier: readonly Results[], copies: Kept[]): Results[] {
    const waiting: Results[] = [];
    for (const results of earlier) {
      if (results.handedOut) {
        results.end(
          `A result of an earlier run of the step "${this.name}" is used, and a later run has written over it; read it before the next run, or use step.read(), which runs and reads at once.`,
          this.name,
        );
      } else {
        waiting.push(results);
        copies.push(...results.moveApart(this.name));
      }
    }
    return waiting;
  }

  /** The entry for these shapes, now the one used last. */
  #entry(args: readonly HostTensor[]): Entry {
    const key = signatureOf(this.name, args);
    let entry = this.#plans.get(key);
    if (entry && !this.#isCurrent(entry)) {
      this.#forget(
        entry,
        `A result of the step "${this.name}" is used whose plan is forgotten: a tensor began or ceased to require a gradient, and the step was captured anew; read it before the next run.`,
      );
      entry = undefined;
    }
    entry?.plan.check();
    entry ??= this.#capture(args, key);
    this.#plans.delete(key);
    this.#plans.set(key, entry);
    const most = this.#options.plans ?? 64;
    for (const old of this.#plans.values()) {
      if (this.#plans.size <= Math.max(1, most)) break;
      this.#forget(
        old,
        `A result of the step "${this.name}" is used whose plan is forgotten: the step keeps ${most} (one a shape of its arguments, \`plans\`), and other shapes were run since; read it before.`,
      );
    }
    for (const [index, { data }] of args.entries())
      checkWritten(`${this.name}, argument ${index}`, entry.args[index] as Tensor, data);
    return entry;
  }

  #isCurrent(entry: Entry): boolean {
    const { leafChanges } = this.#recorder;
    if (entry.leafChanges === leafChanges) return true;
    for (const [leaf, wanted] of entry.leaves) if (leaf.requiresGrad !== wanted) return false;
    entry.leafChanges = leafChanges;
    return true;
  }

  /** The plan goes when what was called before has run; results that somebody waits for stay. */
  #forget({ key, plan, results }: Entry, why: string): void {
    this.#plans.delete(key);
    const copies: Kept[] = [];
    for (const one of results) {
      if (one.handedOut) one.end(why);
      else {
        copies.push(...one.moveApart(this.name));
        this.#loose.push(one);
      }
    }
    this.#recorder.afterTurns(() => {
      if (plan.built) plan.save(copies);
      plan.dispose();
    });
  }

  #runEager(args: readonly HostTensor[]): Begun {
    const recorder = this.#recorder;
    using scope = recorder.openScope();
    const tensors = recorder.body.call(this.name, () =>
      this.#call(
        args.map((arg) => uploadTensor(recorder, arg, this.name)),
        args,
      ),
    );
    // What the function did not make itself is not the step's to give back.
    const made = tensors.filter(({ storage }) => scope.take(storage)).map(({ storage }) => storage);
    const results = new Results(recorder, tensors, made);
    this.#loose.push(results);
    const submitted = recorder.flush();
    submitted.catch(() => this.#giveUp(results));
    return { results, submitted };
  }

  #capture(args: readonly HostTensor[], key: string): Entry {
    const recorder = this.#recorder;
    const { leafChanges } = recorder;
    const { result, commands, leaves } = recorder.body.capture(this.name, () => {
      const tensors = args.map(({ data, shape }) =>
        emptyTensor(recorder, { shape, dtype: dtypeOf(this.name, data) }, `an argument of ${this.name}`),
      );
      return { tensors, returned: this.#call(tensors, args) };
    });
    const { tensors, returned } = result;
    if (commands.length === 0) throw new ShapeError(`The step "${this.name}" computes nothing.`);
    const [argsOf, resultsOf] = [tensors, returned].map((list) => list.map(({ storage }) => storage));
    const plan = new Plan(recorder, this.#heaps, {
      step: this.name,
      commands,
      args: argsOf ?? [],
      results: resultsOf ?? [],
    });
    // Without the nodes that led to them, which would keep all that was made on the way.
    const bare = returned.map((tensor) =>
      tensor.storage.owner === 'step' ? new Tensor(recorder, tensor, tensor.storage) : tensor,
    );
    return { key, plan, args: tensors, returned: bare, leaves, leafChanges, results: [] };
  }

  /** Calls the function; what it complains of says for which arguments. */
  #call(tensors: readonly Tensor[], args: readonly HostTensor[]): readonly Tensor[] {
    let returned: unknown;
    try {
      returned = this.#body(...tensors);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const Same = error.constructor as typeof EngineError;
      const given = signatureOf(this.name, args) || 'no arguments';
      throw new Same(`The step "${this.name}", on ${given}: ${error.message}`, { cause: error });
    }
    if (isPromise(returned)) {
      returned.then(null, () => {});
      throw new EngineError(
        `The function of the step "${this.name}" is asynchronous; it is recorded while it runs, so it must return its tensors without awaiting anything.`,
      );
    }
    if (!Array.isArray(returned) || returned.some((tensor) => !(tensor instanceof Tensor))) {
      throw new EngineError(`The step "${this.name}" must return a list of tensors.`);
    }
    return returned;
  }
}
