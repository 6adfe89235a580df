import { DTypeError, GradientError, ShapeError } from './errors.ts';
import type { Storage } from './memory.ts';
import type { Recorder } from './recorder.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';

/** Element types: f32 for values, u32 for labels and indices. Both are 4 bytes. */
export type DType = 'f32' | 'u32';

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

interface NodeBase {
  readonly op: string;
  /** Counts up: later operations have larger numbers, so descending order is a valid reverse order. */
  readonly order: number;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/** An operation, and how to take a gradient back through it. */
export interface OpNode extends NodeBase {
  readonly run: (
    grad: Tensor,
    wants: readonly boolean[],
    place: PlaceGradient,
    carried: (index: number) => Tensor | null,
  ) => readonly (Tensor | null)[];
}

/** Several operations of which nothing was kept but the inputs: `recompute` does them again. */
export interface CheckpointNode extends NodeBase {
  readonly recompute: () => Tensor;
}

/** How a tensor came to be. */
export type Node = OpNode | CheckpointNode;

/** Where the gradient of input `index` belongs; `zeroed` gives it filled with zeros. */
export type PlaceGradient = (index: number, options?: { zeroed?: boolean }) => Tensor;

/** A handle: shape, element type, and the storage that holds the values in row-major order. */
export class Tensor implements TensorSpec {
  readonly recorder: Recorder;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly storage: Storage;
  /** Whether the backward pass is to reach this tensor. */
  requiresGrad: boolean;
  /** The operation that made it, when the backward pass may need it. */
  node: Node | null = null;

  constructor(recorder: Recorder, spec: TensorSpec, storage: Storage, requiresGrad = false) {
    this.recorder = recorder;
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.storage = storage;
    this.requiresGrad = requiresGrad;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get bytes(): number {
    return this.size * 4;
  }

  /** Gives the memory back now rather than at the end of the scope. */
  dispose(): void {
    this.recorder.release(this.storage);
  }

  toString(): string {
    return `${this.dtype}${showShape(this.shape)}`;
  }
}

/**
 * A trainable leaf. Its values and its gradient are slices of two arenas, so that the optimiser updates all
 * parameters in a few dispatches.
 */
export class Parameter extends Tensor {
  readonly name: string;
  readonly #grad: Tensor | null;

  /** Without `grad` it is frozen: the backward pass stops at it. */
  constructor(name: string, recorder: Recorder, spec: TensorSpec, storage: Storage, grad: Tensor | null) {
    super(recorder, spec, storage, grad !== null);
    this.name = name;
    this.#grad = grad;
  }

  /** Gradient of the last backward pass; zero where nothing reached it. Throws on a frozen parameter. */
  get grad(): Tensor {
    if (!this.#grad) throw new GradientError(`The parameter "${this.name}" is frozen: it has no gradient.`);
    return this.#grad;
  }
}

/** A new tensor of undefined content. */
export function emptyTensor(recorder: Recorder, spec: TensorSpec, what: string): Tensor {
  checkShape(what, spec.shape);
  return new Tensor(
    recorder,
    spec,
    recorder.allocate(sizeOf(spec.shape) * 4, `${what} ${showShape(spec.shape)}`),
  );
}

/** The same storage under another shape. Not recorded for the backward pass: that is what `reshape` is for. */
export function viewOf(tensor: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== tensor.size) {
    throw new ShapeError(
      `reshape: ${showShape(tensor.shape)} has ${tensor.size} elements and ${showShape(shape)} has ${sizeOf(shape)}; they must be equal.`,
    );
  }
  return new Tensor(tensor.recorder, { shape, dtype: tensor.dtype }, tensor.storage);
}

/** Values on the host. */
export interface HostTensor {
  readonly data: Float32Array | Uint32Array;
  readonly shape: Shape;
}

export function dtypeOf(what: string, data: Float32Array | Uint32Array): DType {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Uint32Array) return 'u32';
  throw new DTypeError(`${what}: data must be a Float32Array or a Uint32Array.`);
}

export function checkHostTensor(what: string, { data, shape }: HostTensor): void {
  checkShape(what, shape);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${what}: ${data.length} values for shape ${showShape(shape)}, which holds ${sizeOf(shape)}.`,
    );
  }
}

/** Copies host values to the device. */
export function uploadTensor(recorder: Recorder, host: HostTensor, what = 'tensor'): Tensor {
  checkHostTensor(what, host);
  const tensor = emptyTensor(recorder, { shape: host.shape, dtype: dtypeOf(what, host.data) }, what);
  recorder.upload(tensor.storage, host.data);
  return tensor;
}

/** Values as they are after everything recorded so far. */
export async function readTensor(tensor: Tensor): Promise<Float32Array> {
  if (tensor.dtype !== 'f32')
    throw new DTypeError(`read: ${tensor} holds u32; only f32 tensors can be read.`);
  return new Float32Array(await tensor.recorder.download(tensor.storage, tensor.bytes));
}
