import { describeValue } from '../base/describe-value.ts';
import { isPromise } from '../base/promise.ts';
import { checkOptions, DeviceLostError, DTypeError, EngineError, GradientError } from './errors.ts';
import { type Device, openDevice } from './gpu/device.ts';
import type { MemoryUse } from './gpu/memory.ts';
import { Recorder } from './gpu/recorder.ts';
import { castInto } from './kernels/cast.ts';
import { recallTuned } from './matmul/tuned.ts';
import {
  createArenas,
  type ParameterArenas,
  type ParameterOptions,
  type ParameterSpec,
} from './parameters.ts';
import type { AdapterChoice } from './platform/types.ts';
import { ActivationHeaps } from './replay/heap.ts';
import { Step, type StepOptions } from './replay/step.ts';
import type { Shape } from './shape.ts';
import {
  checkHostTensor,
  checkWritten,
  type DType,
  emptyTensor,
  encodeValues,
  type HostTensor,
  hostValues,
  Parameter,
  readTensor,
  readTensors,
  requireOwn,
  requireTensor,
  type Tensor,
  uploadTensor,
} from './tensor.ts';

export interface EngineOptions {
  /** Which adapter to open; by default hardware if any answers, else software. */
  readonly adapter?: AdapterChoice;
}

/** Frees what was made since it was opened. Made for `using`. */
export interface Scope extends Disposable {
  dispose(): void;
  /** Lets a tensor outlive the scope: it then belongs to the enclosing one. */
  keep<T extends Tensor>(tensor: T): T;
}

/** A device with tensors, memory and steps on it: what a program opens first and disposes of last. */
export class Engine implements Disposable {
  readonly recorder: Recorder;
  readonly #heaps: ActivationHeaps;

  constructor(device: Device) {
    this.recorder = new Recorder(device);
    this.#heaps = new ActivationHeaps(this.recorder.memory);
  }

  get device(): Device {
    return this.recorder.device;
  }

  /** Bytes on the device. */
  get memory(): MemoryUse {
    return this.recorder.memory.use;
  }

  /**
   * Copies host values to the device, in row-major order: a Float32Array, a list of numbers or a Float64Array, which are
   * rounded to f32, or a Uint32Array for labels. `dtype` 'f16' rounds them to it.
   * @throws DTypeError, ShapeError where data and shape do not fit
   */
  tensor(
    data: Float32Array | Float64Array | Uint32Array | readonly number[],
    shape: Shape,
    options: { requiresGrad?: boolean; dtype?: DType } = {},
  ): Tensor {
    checkOptions('tensor', options, ['requiresGrad', 'dtype']);
    const values = hostValues('tensor', data);
    if (options.dtype !== undefined && !['f32', 'f16', 'u32'].includes(options.dtype)) {
      throw new DTypeError(`tensor: dtype is ${describeValue(options.dtype)}; it must be f32, f16 or u32.`);
    }
    if (options.requiresGrad && values instanceof Uint32Array) {
      throw new GradientError(
        'tensor: u32 values have no gradient; pass a Float32Array where one is wanted.',
      );
    }
    const tensor = uploadTensor(this.recorder, { data: values, shape }, 'tensor', options.dtype);
    tensor.requiresGrad = options.requiresGrad ?? false;
    return tensor;
  }

  zeros(shape: Shape): Tensor {
    const tensor = emptyTensor(this.recorder, { shape, dtype: 'f32' }, 'zeros');
    this.recorder.clear(tensor.storage);
    return tensor;
  }

  /** Trainable leaves, laid out for the optimiser; or, `frozen`, weights that are only used. */
  parameters(specs: readonly ParameterSpec[], options: ParameterOptions = {}): ParameterArenas {
    return createArenas(this.recorder, specs, options);
  }

  /** A function recorded once a shape and replayed afterwards. */
  step<Args extends readonly Tensor[]>(
    name: string,
    body: (...args: Args) => readonly Tensor[],
    options?: StepOptions,
  ): Step<Args>;
  step(name: string, body: (...args: Tensor[]) => readonly Tensor[], options: StepOptions = {}): Step {
    checkOptions('step', options, ['eager', 'plans']);
    if (typeof name !== 'string')
      throw new DTypeError(`step: the name is ${describeValue(name)}; it must be text.`);
    if (typeof body !== 'function') {
      throw new DTypeError(
        `step: what the step "${name}" does is ${describeValue(body)}; it must be a function from tensors to a list of tensors.`,
      );
    }
    const { plans = 1 } = options;
    if (!Number.isSafeInteger(plans) || plans < 1) {
      throw new RangeError(
        `step: plans of the step "${name}" is ${describeValue(plans)}; it must be an integer of at least 1.`,
      );
    }
    return new Step(name, this.recorder, this.#heaps, body, options);
  }

  /**
   * What is made from now on belongs to this scope, until it ends or another one is opened. Asynchronous flows share the
   * engine's scopes: where several have one open, what any of them makes belongs to the scope opened last, and using it
   * after that scope's end throws LifetimeError. They may end in any order.
   */
  scope(): Scope {
    const scope = this.recorder.openScope();
    return {
      keep: (tensor) => {
        requireTensor('scope', 'what is to be kept', tensor);
        scope.keep(tensor.storage);
        return tensor;
      },
      dispose: scope.dispose,
      [Symbol.dispose]: scope.dispose,
    };
  }

  /**
   * Runs `work` without leaving nodes for the backward pass.
   * @throws EngineError where `work` is asynchronous: what it does after an await would be tracked.
   */
  noGrad<T>(work: () => T): T {
    if (typeof work !== 'function')
      throw new DTypeError(`noGrad: the work is ${describeValue(work)}; it must be a function.`);
    const before = this.recorder.body.tracking;
    this.recorder.body.tracking = false;
    let result: T;
    try {
      result = work();
    } finally {
      this.recorder.body.tracking = before;
    }
    if (!isPromise(result)) return result;
    result.then(null, () => {});
    throw new EngineError(
      'noGrad: the function is asynchronous (it returned a promise), and what it does after its first await would be tracked all the same; call noGrad around each part between two awaits.',
    );
  }

  /** Values as they are after everything called so far; what is called while this is awaited does not change them. */
  read(tensor: Tensor): Promise<Float32Array> {
    return readTensor(tensor);
  }

  /**
   * Values of many tensors, all as they are after everything called so far: one state, though each is copied in its turn,
   * and no more memory is taken than the largest needs. What is called meanwhile runs afterwards.
   */
  readAll(tensors: readonly Tensor[]): Promise<Float32Array[]> {
    return readTensors(tensors);
  }

  /** Writes host values over a tensor's: what was called before does not see them, what is called afterwards does. */
  write(tensor: Tensor, values: Float32Array | Uint32Array): void {
    uploadInto(this.recorder, tensor, values);
  }

  /** Waits until the GPU has done everything called so far. */
  idle(): Promise<void> {
    return this.recorder.idle();
  }

  /** Gives the device back. Every tensor of this engine is unusable afterwards. */
  dispose(): void {
    const { device } = this;
    device.lostError ??= new DeviceLostError(
      `The engine on "${device.description}" was disposed, and what was on its device is gone; open another one.`,
    );
    device.gpu.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function uploadInto(recorder: Recorder, tensor: Tensor, data: HostTensor['data']): void {
  requireTensor('write', 'what is to be written', tensor);
  requireOwn('write', 'what is to be written', tensor, recorder);
  const what = `write to ${tensor}`;
  const host = { data, shape: tensor.shape };
  checkHostTensor(what, host);
  const values = encodeValues(what, host.data, tensor.dtype);
  checkWritten(what, tensor, host.data);
  recorder.upload(tensor.storage, values);
  // Rounded by the device, as AdamW does: a run that is continued must find the same bits.
  if (tensor instanceof Parameter && tensor.half) castInto(tensor, tensor.half);
}

/**
 * Opens the engine on an adapter.
 * @throws AdapterError when there is none, with the line that installs one.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  checkOptions('openEngine', options, ['adapter']);
  const device = await openDevice(options.adapter);
  const tuned = await recallTuned(device.description);
  device.tuned = new Map(Object.entries(tuned?.winners ?? {}));
  return new Engine(device);
}
