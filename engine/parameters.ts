import { describeValue } from '../base/describe-value.ts';
import { firstNames } from '../base/first-names.ts';
import { ELEMENT_BYTES, type FloatType, storageBytes } from './dtype.ts';
import { checkOptions, DTypeError, EngineError } from './errors.ts';
import { requireHalf } from './gpu/device.ts';
import { Storage } from './gpu/memory.ts';
import type { Recorder } from './gpu/recorder.ts';
import { castInto } from './kernels/cast.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';
import { encodeValues, Parameter, Tensor } from './tensor.ts';

/** Fills a parameter's initial values. `uniform(i)` and `normal(i)` draw from the parameter's own stream. */
export type Initializer = (values: Float32Array, name: string) => void;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Null leaves zeros: for weights that are about to be written anyway. */
  readonly init: Initializer | null;
  /**
   * Matmuls with f16 activations read it: a trained parameter keeps its values rounded to f16 besides, which AdamW
   * writes along, and a frozen one keeps those alone.
   */
  readonly half?: boolean;
}

/** One run of parameters in memory: values and gradients side by side, at the same elements. */
export interface Arena {
  readonly values: Tensor;
  readonly grads: Tensor;
  /** The values rounded to f16, for matmuls with f16 activations; null where there are none. */
  readonly half: Tensor | null;
}

/** A set of parameters, and the arenas that they lie in. */
export class ParameterArenas implements Disposable {
  /** What an optimiser runs over; none where the parameters are frozen. */
  readonly arenas: readonly Arena[];
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #buffers: readonly Tensor[];

  /** `frozen`: arenas of parameters without gradients. */
  constructor(
    arenas: readonly Arena[],
    parameters: ReadonlyMap<string, Parameter>,
    frozen: readonly Tensor[] = [],
  ) {
    this.arenas = arenas;
    this.parameters = parameters;
    const trained = arenas.flatMap(({ values, grads, half }) => [values, grads, half]);
    this.#buffers = [...trained, ...frozen].filter((tensor) => tensor !== null);
  }

  /** The parameter of this name. Throws where there is none. */
  get(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) {
      throw new EngineError(
        `There is no parameter "${name}"; there are ${firstNames([...this.parameters.keys()], 8)}.`,
      );
    }
    return parameter;
  }

  /** Zeroes every gradient: backward leaves alone what it does not reach. */
  clearGrads(): void {
    for (const { grads } of this.arenas) grads.recorder.clear(grads.storage);
  }

  /** Gives the memory back when all has run that was asked for before; no tensor of it may be used afterwards. */
  dispose(): void {
    this.#buffers[0]?.recorder.releaseArenas(this.#buffers.map(({ storage }) => storage));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Elements of an arena from `start` up to `end`. */
export interface ElementRange {
  readonly start: number;
  readonly end: number;
}

/** The parts of an arena without the parameters that are frozen now: all of it where none is. */
export function trainedRanges({ values, half }: Arena, parameters: Iterable<Parameter>): ElementRange[] {
  const frozen: ElementRange[] = [];
  for (const parameter of parameters) {
    const { whole, offset } = parameter.storage;
    if (whole !== values.storage || parameter.requiresGrad) continue;
    const start = offset / ELEMENT_BYTES.f32;
    frozen.push({ start, end: start + alignedLength(parameter.size, half !== null) });
  }
  frozen.sort((a, b) => a.start - b.start);
  const ranges: ElementRange[] = [];
  let start = 0;
  for (const gap of [...frozen, { start: values.size, end: values.size }]) {
    if (gap.start > start) ranges.push({ start, end: gap.start });
    start = gap.end;
  }
  return ranges;
}

export interface ParameterOptions {
  /** No gradients and no memory for them: weights that are only used. */
  readonly frozen?: boolean;
}

/** Bindings may start at multiples of 256 bytes on every device. */
const ALIGNMENT = 256;

/** Elements that a parameter takes of its arena, gap included. With a copy as f16 that copy is aligned too. */
function alignedLength(size: number, half: boolean): number {
  const alignment = alignmentOf(half);
  return Math.ceil(size / alignment) * alignment;
}

function alignmentOf(half: boolean): number {
  return ALIGNMENT / ELEMENT_BYTES[half ? 'f16' : 'f32'];
}

/** Parameters that lie in one arena. */
interface Group {
  readonly half: boolean;
  readonly specs: { spec: ParameterSpec; offset: number }[];
  length: number;
}

/** As few groups as the device's binding limit allows, in the order given, those kept as f16 apart. */
function groupsOf(recorder: Recorder, specs: readonly ParameterSpec[]): Group[] {
  const groups: Group[] = [];
  const open = new Map<boolean, Group>();
  for (const spec of specs) {
    const { half = false } = spec;
    const alignment = alignmentOf(half);
    // The values of trained ones are f32 whatever is kept besides.
    const most = Math.floor(recorder.memory.largest / ELEMENT_BYTES.f32 / alignment) * alignment;
    const length = alignedLength(sizeOf(spec.shape), half);
    let group = open.get(half);
    if (!group || group.length + length > most) {
      group = { half, specs: [], length: 0 };
      open.set(half, group);
      groups.push(group);
    }
    group.specs.push({ spec, offset: group.length });
    group.length += length;
  }
  return groups;
}

/**
 * Lays parameters out in arenas and uploads their initial values. The gaps between them stay zero, so that whole-arena
 * kernels may run over them.
 * @throws AdapterError where f16 is asked for and the adapter has none.
 */
export function createArenas(
  recorder: Recorder,
  specs: readonly ParameterSpec[],
  options: ParameterOptions = {},
): ParameterArenas {
  checkOptions('parameters', options, ['frozen']);
  const { frozen = false } = options;
  if (!Array.isArray(specs)) {
    throw new DTypeError(
      `parameters: they are ${describeValue(specs)}; pass a list of { name, shape, init }.`,
    );
  }
  const seen = new Set<string>();
  for (const [index, spec] of (specs as readonly ParameterSpec[]).entries()) {
    checkOptions(`parameters: number ${index}`, spec, ['name', 'shape', 'init', 'half']);
    const { name, shape, init, half = false } = spec;
    if (typeof name !== 'string')
      throw new DTypeError(
        `parameters: the name of number ${index} is ${describeValue(name)}; it must be text.`,
      );
    if (init !== null && typeof init !== 'function') {
      throw new DTypeError(
        `parameters: init of "${name}" is ${describeValue(init)}; it must be an initializer, or null for zeros.`,
      );
    }
    checkShape(`parameter ${name}`, shape);
    if (seen.has(name)) throw new EngineError(`The parameter "${name}" is declared twice.`);
    seen.add(name);
    if (half) requireHalf(recorder.device);
  }
  const parameters = new Map<string, Parameter>();
  const arenas = groupsOf(recorder, specs).map((group) => {
    const values = arenaTensor(recorder, group.length, 'values', group.half && frozen ? 'f16' : 'f32');
    const grads = frozen ? null : arenaTensor(recorder, group.length, 'gradients');
    const half = group.half && !frozen ? arenaTensor(recorder, group.length, 'values as f16', 'f16') : null;
    for (const { spec, offset } of group.specs) {
      const slice = (arena: Tensor | null) => arena && arenaSlice(arena, spec.shape, offset);
      const slot = arenaSlice(values, spec.shape, offset);
      const parameter = new Parameter(spec.name, slot, slice(grads), slice(half));
      parameters.set(spec.name, parameter);
      if (!spec.init) continue;
      const initial = new Float32Array(parameter.size);
      spec.init(initial, spec.name);
      recorder.upload(parameter.storage, encodeValues(spec.name, initial, parameter.dtype));
    }
    if (half && group.specs.some(({ spec }) => spec.init)) castInto(values, half);
    return { values, grads, half };
  });
  const trained = arenas.flatMap(({ grads, ...rest }) => (grads ? [{ ...rest, grads }] : []));
  return new ParameterArenas(trained, parameters, frozen ? arenas.map(({ values }) => values) : []);
}

/** The part of an arena that begins at element `offset`. */
export function arenaSlice(arena: Tensor, shape: Shape, offset: number): Tensor {
  const { recorder, dtype, storage } = arena;
  const start = offset * ELEMENT_BYTES[dtype];
  const bytes = storageBytes(sizeOf(shape), dtype);
  return new Tensor(recorder, { shape, dtype }, storage.part(start, bytes));
}

/** A zeroed tensor that no scope frees. */
export function arenaTensor(
  recorder: Recorder,
  length: number,
  what: string,
  dtype: FloatType = 'f32',
): Tensor {
  const shape = [length];
  const bytes = storageBytes(length, dtype);
  const label = `the arena of ${what} ${showShape(shape)}`;
  recorder.memory.check(bytes, label);
  const buffer = recorder.memory.create(bytes, label);
  const tensor = new Tensor(recorder, { shape, dtype }, new Storage('arena', buffer, 0, bytes));
  recorder.clear(tensor.storage);
  return tensor;
}
