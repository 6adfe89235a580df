import type {
  Engine,
  Initializer,
  Parameter,
  ParameterArenas,
  ParameterSpec,
  Shape,
} from '../engine/index.ts';
import type { Precision } from './config.ts';
import { ModelError } from './errors.ts';
import type { NamedTensors } from './named-tensors.ts';

export type { NamedTensors };

/** One tensor of the authors' state dict. */
export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
}

/**
 * One parameter of ours. It may pack several of the state dict's tensors one after another, so that one matrix
 * product serves them all (query, key and value; gate and up), or see one under another shape.
 */
export interface Packed {
  readonly key: string;
  readonly shape: Shape;
  readonly parts: readonly StateTensor[];
}

const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

/** A tensor of the state dict as a parameter of its own. */
export function single(tensor: StateTensor, shape: Shape = tensor.shape): Packed {
  return { key: tensor.name, shape, parts: [tensor] };
}

/** [out, in] weights of the same `in`, stacked along `out`. */
export function stacked(key: string, parts: readonly StateTensor[]): Packed {
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { key, shape: [rows, ...(parts[0]?.shape.slice(1) ?? [])], parts };
}

/** The parameters of one module (encoder, decoder, classifier) with their state-dict names. */
export class ModuleState {
  readonly packed: readonly Packed[];
  readonly #arenas: ParameterArenas;
  readonly #prefix: string;
  /** Tensors that the state dict carries and no computation uses: kept as they were loaded. */
  readonly #unused: Map<string, { shape: Shape; data: Float32Array }>;

  constructor(
    prefix: string,
    packed: readonly Packed[],
    arenas: ParameterArenas,
    unused: readonly StateTensor[] = [],
  ) {
    this.packed = packed;
    this.#prefix = prefix;
    this.#arenas = arenas;
    this.#unused = new Map(
      unused.map(({ name, shape, init }) => {
        const data = new Float32Array(sizeOf(shape));
        init(data, name);
        return [name, { shape, data }];
      }),
    );
  }

  /** What the engine is to allocate for a module. Matrices are what products read. */
  static specs(prefix: string, packed: readonly Packed[], precision: Precision = 'f32'): ParameterSpec[] {
    return packed.map(({ key, shape, parts }) => ({
      name: prefix + key,
      shape,
      half: precision === 'f16' && shape.length === 2,
      init: (values) => {
        let offset = 0;
        for (const part of parts) {
          const size = sizeOf(part.shape);
          part.init(values.subarray(offset, offset + size), prefix + part.name);
          offset += size;
        }
      },
    }));
  }

  /** The parameter of this key. */
  get(key: string): Parameter {
    return this.#arenas.get(this.#prefix + key);
  }

  /** Number of values, unused ones included. */
  get count(): number {
    const unused = [...this.#unused.values()].reduce((sum, { data }) => sum + data.length, 0);
    return this.packed.reduce((sum, { shape }) => sum + sizeOf(shape), unused);
  }

  /** Names and shapes of the state dict. */
  get shapes(): ReadonlyMap<string, Shape> {
    const unused = [...this.#unused].map(([name, { shape }]): [string, Shape] => [name, shape]);
    return new Map([...packedShapes(this.packed), ...unused]);
  }

  /** Splits one value for each parameter (weights, gradients, optimiser state) into the state dict's tensors. */
  split(values: (parameter: Parameter) => Float32Array): Map<string, { shape: Shape; data: Float32Array }> {
    const tensors = new Map<string, { shape: Shape; data: Float32Array }>();
    for (const { key, parts } of this.packed) {
      const all = values(this.get(key));
      let offset = 0;
      for (const { name, shape } of parts) {
        const size = sizeOf(shape);
        tensors.set(name, { shape, data: all.slice(offset, offset + size) });
        offset += size;
      }
    }
    return tensors;
  }

  /** Puts the state dict's tensors together, one array for each parameter. Lists every misfit at once. */
  join(tensors: NamedTensors, write: (parameter: Parameter, values: Float32Array) => void): void {
    requireFit(this.#prefix, packedShapes(this.packed), tensors);
    for (const { key, parts } of this.packed) {
      const parameter = this.get(key);
      const all = new Float32Array(parameter.size);
      let offset = 0;
      for (const { name } of parts) {
        const data = tensors.get(name)?.data ?? new Float32Array();
        all.set(data, offset);
        offset += data.length;
      }
      write(parameter, all);
    }
  }

  /** The module's weights by the authors' names. */
  async save(engine: Engine): Promise<Map<string, { shape: Shape; data: Float32Array }>> {
    return this.named(await engine.readAll(this.parameters));
  }

  /** What holds the weights, for whoever reads more at the same moment. */
  get parameters(): Parameter[] {
    return this.packed.map(({ key }) => this.get(key));
  }

  /** Values of `parameters` by the authors' names. */
  named(values: readonly Float32Array[]): Map<string, { shape: Shape; data: Float32Array }> {
    const read = new Map(this.parameters.map((parameter, i) => [parameter, values[i] as Float32Array]));
    const tensors = this.split((parameter) => read.get(parameter) ?? new Float32Array());
    for (const [name, tensor] of this.#unused) tensors.set(name, tensor);
    return tensors;
  }

  /** Throws ModelError listing every missing, extra or misshaped tensor. */
  check(tensors: NamedTensors): void {
    requireFit(this.#prefix, this.shapes, tensors);
  }

  /** Sets the weights. Throws what `check` throws. */
  load(engine: Engine, tensors: NamedTensors): void {
    this.check(tensors);
    const used = new Map(tensors);
    for (const name of this.#unused.keys()) {
      const tensor = used.get(name);
      if (tensor) this.#unused.set(name, { shape: tensor.shape, data: tensor.data.slice() });
      used.delete(name);
    }
    this.join(used, (parameter, values) => engine.write(parameter, values));
  }
}

/** Names and shapes of the state dict's tensors. */
export function packedShapes(packed: readonly Packed[]): Map<string, Shape> {
  return new Map(
    packed.flatMap(({ parts }) => parts.map(({ name, shape }): [string, Shape] => [name, shape])),
  );
}

/** A sentence for every tensor that is missing, too much or of another shape. */
export function misfits(
  expected: ReadonlyMap<string, Shape>,
  found: ReadonlyMap<string, { readonly shape: Shape }>,
): string[] {
  const problems: string[] = [];
  for (const [name, shape] of expected) {
    const tensor = found.get(name);
    if (!tensor) problems.push(`${name} [${shape}] is missing`);
    else if (tensor.shape.join() !== shape.join())
      problems.push(`${name} is [${tensor.shape}], expected [${shape}]`);
  }
  for (const [name, { shape }] of found)
    if (!expected.has(name)) problems.push(`${name} [${shape}] is not of this model`);
  return problems;
}

/** Of a model of ten thousand layers nobody reads what each of them lacks. */
const MOST_LISTED = 100;

/** What is worth listing, and how many there are beyond. */
export function firstOf(problems: readonly string[]): string[] {
  const rest = problems.length - MOST_LISTED;
  return rest > 0 ? [...problems.slice(0, MOST_LISTED), `and ${rest} more`] : [...problems];
}

function requireFit(prefix: string, expected: ReadonlyMap<string, Shape>, found: NamedTensors): void {
  const problems = misfits(expected, found);
  if (problems.length > 0) {
    const what = prefix.replace(/\.$/, '') || 'model';
    throw new ModelError(`The weights do not fit the ${what}:\n  ${firstOf(problems).join('\n  ')}`);
  }
}
