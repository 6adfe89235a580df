import { describeValue } from '../base/describe-value.ts';
import { fromHalf, toHalf } from '../base/half.ts';
import { type DType, storageBytes } from './dtype.ts';
import { DTypeError, EngineError, GradientError, LifetimeError, ShapeError } from './errors.ts';
import { requireHalf } from './gpu/device.ts';
import type { Storage } from './gpu/memory.ts';
import type { Recorder } from './gpu/recorder.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';

export type { DType };

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
    needsGrad: readonly boolean[],
    gradientSlot: GradientSlot,
    accumulated: (index: number) => Tensor | null,
  ) => readonly (Tensor | null)[];
}

/** Several operations of which nothing was kept but the inputs: `recompute` does them again. */
export interface CheckpointNode extends NodeBase {
  readonly recompute: () => Tensor;
}

/** How a tensor came to be. */
export type Node = OpNode | CheckpointNode;

/** The tensor to write the gradient of input `index` to; `zeroed` gives it filled with zeros. */
export type GradientSlot = (index: number, options?: { zeroed?: boolean }) => Tensor;

interface Largest {
  readonly value: number;
  readonly at: number;
}

/** A handle: shape, element type, and the storage that holds the values in row-major order. */
export class Tensor implements TensorSpec, Disposable {
  readonly recorder: Recorder;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly storage: Storage;
  /** The operation that made it, when the backward pass may need it. */
  node: Node | null = null;
  /** Of u32 values that came from the host: their largest and where it is. Null where only the device knows them. */
  largest: Largest | null = null;
  /** What u32 values must be below for the operations that read them: looked at whenever the host writes them. */
  below = Infinity;
  #requiresGrad: boolean;

  constructor(recorder: Recorder, spec: TensorSpec, storage: Storage, requiresGrad = false) {
    this.recorder = recorder;
    // A copy: whoever made the list may go on changing it.
    this.shape = [...spec.shape];
    this.dtype = spec.dtype;
    this.storage = storage;
    this.#requiresGrad = requiresGrad;
  }

  /** Whether the backward pass is to reach this tensor. May be changed at any time; steps captured before follow. */
  get requiresGrad(): boolean {
    this.recorder.body.noteLeaf(this, this.#requiresGrad);
    return this.#requiresGrad;
  }

  set requiresGrad(value: boolean) {
    if (value !== this.#requiresGrad) this.recorder.leafChanges++;
    this.#requiresGrad = value;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** In whole words of 4 bytes. */
  get bytes(): number {
    return storageBytes(this.size, this.dtype);
  }

  /** Gives the memory back now rather than at the end of the scope. */
  dispose(): void {
    this.recorder.release(this.storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
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
  /** Its values rounded to f16, where the arenas keep them. */
  readonly half: Tensor | null;
  readonly #grad: Tensor | null;

  /** In the storage of `values`. Without `grad` it is frozen: the backward pass stops at it. */
  constructor(name: string, values: Tensor, grad: Tensor | null, half: Tensor | null) {
    super(values.recorder, values, values.storage, grad !== null);
    this.name = name;
    this.half = half;
    this.#grad = grad;
  }

  /**
   * Whether it is trained. False freezes it: from the next run on the backward pass and the optimiser leave its values, its
   * f16 copy and its running means as they are, bit for bit, and its gradient counts in no norm. True goes on from there.
   */
  override get requiresGrad(): boolean {
    return super.requiresGrad;
  }

  /** @throws GradientError where the parameter was made without a gradient. */
  override set requiresGrad(value: boolean) {
    if (value) void this.grad;
    super.requiresGrad = value;
  }

  /** Gradient of the last backward pass; zero where nothing reached it. Throws on a frozen parameter. */
  get grad(): Tensor {
    if (!this.#grad) throw new GradientError(`The parameter "${this.name}" is frozen: it has no gradient.`);
    return this.#grad;
  }
}

/**
 * Throws unless `value` is a tensor whose memory is still there. `what` is its role, as in "input 1".
 * @throws DTypeError, LifetimeError
 */
export function requireTensor(op: string, what: string, value: unknown): asserts value is Tensor {
  requireKind(op, what, value);
  if (value.storage.released)
    throw new LifetimeError(`${op}: ${what}, ${value}, may not be used. ${value.storage.whyEnded}`);
}

/** The same, whatever became of its memory. */
function requireKind(op: string, what: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  throw new DTypeError(
    `${op}: ${what} is ${describeValue(value)}; it must be a tensor, which engine.tensor(values, shape) makes of numbers.`,
  );
}

/** Throws where a tensor is of another engine than `recorder`'s: its buffers are of another device. */
export function requireOwn(op: string, what: string, tensor: Tensor, recorder: Recorder): void {
  if (tensor.recorder === recorder) return;
  throw new EngineError(`${op}: ${what}, ${tensor}, belongs to another engine.`);
}

/**
 * Throws where u32 values, that were written by the host, are not below `limit`; what is written later is looked at then.
 * @throws RangeError
 */
export function requireBelow(op: string, what: string, tensor: Tensor, limit: number): void {
  tensor.below = Math.min(tensor.below, limit);
  if (tensor.largest) requireLargestBelow(op, what, tensor.largest, limit);
}

function requireLargestBelow(op: string, what: string, { value, at }: Largest, limit: number): void {
  if (value < limit) return;
  throw new RangeError(
    `${op}: ${what} ${value} at ${at}; with ${limit} classes labels are integers from 0 to ${limit - 1}.`,
  );
}

/** To be called with whatever the host is about to write into a tensor. */
export function checkWritten(what: string, tensor: Tensor, data: Float32Array | Uint32Array): void {
  if (!(data instanceof Uint32Array)) return;
  const largest = largestOf(data);
  if (largest) requireLargestBelow(what, 'label', largest, tensor.below);
  tensor.largest = largest;
}

function largestOf(data: Uint32Array): Largest | null {
  let at = 0;
  for (let i = 1; i < data.length; i++) if ((data[i] as number) > (data[at] as number)) at = i;
  return data.length > 0 ? { value: data[at] as number, at } : null;
}

/**
 * A weight for matmuls with activations of `dtype`: itself, or the f16 copy that a parameter keeps.
 * @throws DTypeError where it is of another type and keeps no copy.
 */
export function weightAs(weight: Tensor, dtype: DType): Tensor {
  if (weight.dtype === dtype) return weight;
  if (weight instanceof Parameter && weight.half?.dtype === dtype) return weight.half;
  const fix = weight instanceof Parameter && dtype === 'f16' ? '; declare the parameter with half: true' : '';
  throw new DTypeError(`The weight ${weight} does not go with ${dtype} activations${fix}.`);
}

/**
 * A new tensor of undefined content.
 * @throws AdapterError where it is to be f16 and the adapter has none.
 */
export function emptyTensor(recorder: Recorder, spec: TensorSpec, what: string): Tensor {
  checkShape(what, spec.shape);
  if (spec.dtype === 'f16') requireHalf(recorder.device);
  const bytes = storageBytes(sizeOf(spec.shape), spec.dtype);
  return new Tensor(recorder, spec, recorder.allocate(bytes, `${what} ${showShape(spec.shape)}`));
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
  throw new DTypeError(
    `${what}: the data is ${describeValue(data)}; it must be a Float32Array or a Uint32Array.`,
  );
}

/** Numbers in any of the forms that people have them in, as f32, or as the u32 that they are. */
export function hostValues(what: string, data: unknown): Float32Array | Uint32Array {
  if (data instanceof Float32Array || data instanceof Uint32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (!Array.isArray(data)) {
    throw new DTypeError(
      `${what}: the data is ${describeValue(data)}; pass a Float32Array, a list of numbers, or a Uint32Array for labels.`,
    );
  }
  const values = new Float32Array(data.length);
  // By index: a list with holes has no entries there.
  for (let i = 0; i < data.length; i++) {
    const value: unknown = data[i];
    if (typeof value !== 'number') {
      const fix = Array.isArray(value)
        ? 'pass the values flat, in row-major order, and their shape'
        : 'it must be a number';
      throw new DTypeError(`${what}: element ${i} of the data is ${describeValue(value)}; ${fix}.`);
    }
    values[i] = value;
  }
  return values;
}

export function checkHostTensor(what: string, host: HostTensor): void {
  if (host instanceof Tensor || typeof host !== 'object' || host === null) {
    throw new DTypeError(
      `${what}: it is ${host instanceof Tensor ? `the tensor ${host}` : describeValue(host)}; it must be { data, shape } with the values on the host.`,
    );
  }
  const { data, shape } = host;
  checkShape(what, shape);
  dtypeOf(what, data);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${what}: ${data.length} values for shape ${showShape(shape)}, which holds ${sizeOf(shape)}.`,
    );
  }
}

/** Host values as the device stores them: f32 rounded to f16 where that is wanted. */
export function encodeValues(what: string, data: Float32Array | Uint32Array, dtype: DType): ArrayBufferView {
  if (dtypeOf(what, data) === (dtype === 'f16' ? 'f32' : dtype)) {
    return dtype === 'f16' ? toHalf(data as Float32Array) : data;
  }
  throw new DTypeError(`${what}: ${dtypeOf(what, data)} values for ${dtype}; they must be ${dtype}.`);
}

/** Copies host values to the device; `dtype` is what they are stored as, by default what they are. */
export function uploadTensor(recorder: Recorder, host: HostTensor, what = 'tensor', dtype?: DType): Tensor {
  checkHostTensor(what, host);
  const stored = dtype ?? dtypeOf(what, host.data);
  const tensor = emptyTensor(recorder, { shape: host.shape, dtype: stored }, what);
  checkWritten(what, tensor, host.data);
  recorder.upload(tensor.storage, encodeValues(what, host.data, stored));
  return tensor;
}

/** Values as they are after everything asked for so far. */
export async function readTensor(tensor: Tensor): Promise<Float32Array> {
  requireReadable(tensor);
  return decodeValues(tensor, await tensor.recorder.download(tensor.storage, tensor.bytes));
}

/** Values of many tensors, all as they are after everything asked for so far, whatever is called meanwhile. */
export async function readTensors(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  if (!Array.isArray(tensors))
    throw new DTypeError(`readAll: the tensors are ${describeValue(tensors)}; pass a list of tensors.`);
  for (const tensor of tensors) requireReadable(tensor);
  const [first] = tensors;
  if (!first) return [];
  for (const tensor of tensors) requireOwn('readAll', 'what is to be read', tensor, first.recorder);
  const data = await first.recorder.downloadAll(tensors);
  return tensors.map((tensor, index) => decodeValues(tensor, data[index] as ArrayBuffer));
}

/** The values that a tensor's bytes are. */
export function decodeValues(tensor: Tensor, bytes: ArrayBuffer): Float32Array {
  requireReadable(tensor);
  return tensor.dtype === 'f16' ? fromHalf(new Uint16Array(bytes, 0, tensor.size)) : new Float32Array(bytes);
}

function requireReadable(tensor: Tensor): void {
  requireKind('read', 'what is to be read', tensor);
  if (tensor.dtype === 'u32')
    throw new DTypeError(`read: ${tensor} holds u32; only f32 and f16 tensors can be read.`);
}
