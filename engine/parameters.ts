import { EngineError } from './errors.ts';
import { Storage } from './memory.ts';
import type { Recorder } from './recorder.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';
import { Parameter, Tensor } from './tensor.ts';

/** Fills a parameter's initial values. `uniform(i)` and `normal(i)` draw from the parameter's own stream. */
export type Initializer = (values: Float32Array, name: string) => void;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Null leaves zeros: for weights that are about to be written anyway. */
  readonly init: Initializer | null;
}

/** One run of parameters in memory: values and gradients side by side, at the same offsets. */
export interface Arena {
  readonly values: Tensor;
  readonly grads: Tensor;
}

/** A set of parameters, and the arenas that they lie in. */
export class ParameterArenas {
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
    this.#buffers = [...arenas.flatMap(({ values, grads }) => [values, grads]), ...frozen];
  }

  /** The parameter of this name. Throws where there is none. */
  get(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) {
      throw new EngineError(
        `There is no parameter "${name}"; there are ${[...this.parameters.keys()].slice(0, 8).join(', ')}${this.parameters.size > 8 ? ', ...' : ''}.`,
      );
    }
    return parameter;
  }

  /** Zeroes every gradient: backward leaves alone what it does not reach. */
  clearGrads(): void {
    for (const { grads } of this.arenas) grads.recorder.clear(grads.storage);
  }

  /** Gives the memory back; no tensor of it may be used afterwards. */
  dispose(): void {
    for (const { recorder, storage } of this.#buffers) recorder.memory.destroy(storage.place);
  }
}

export interface ParameterOptions {
  /** No gradients and no memory for them: weights that are only used. */
  readonly frozen?: boolean;
}

/** Bindings may start at multiples of 256 bytes on every device. */
const ALIGNMENT = 64;

/**
 * Lays parameters out in as few arenas as the device's binding limit allows, in the order given, and uploads
 * their initial values. The gaps between them stay zero, so that whole-arena kernels may run over them.
 */
export function createArenas(
  recorder: Recorder,
  specs: readonly ParameterSpec[],
  { frozen = false }: ParameterOptions = {},
): ParameterArenas {
  const most = Math.floor(recorder.memory.largest / 4 / ALIGNMENT) * ALIGNMENT;
  const groups: { specs: { spec: ParameterSpec; offset: number }[]; length: number }[] = [];
  const seen = new Set<string>();
  for (const spec of specs) {
    checkShape(`parameter ${spec.name}`, spec.shape);
    if (seen.has(spec.name)) throw new EngineError(`The parameter "${spec.name}" is declared twice.`);
    seen.add(spec.name);
    const length = Math.ceil(sizeOf(spec.shape) / ALIGNMENT) * ALIGNMENT;
    let group = groups.at(-1);
    if (!group || group.length + length > most) {
      group = { specs: [], length: 0 };
      groups.push(group);
    }
    group.specs.push({ spec, offset: group.length });
    group.length += length;
  }
  const parameters = new Map<string, Parameter>();
  const arenas = groups.map((group) => {
    const values = arenaTensor(recorder, group.length, 'values');
    const grads = frozen ? null : arenaTensor(recorder, group.length, 'gradients');
    for (const { spec, offset } of group.specs) {
      const slice = (arena: Tensor) =>
        new Storage('arena', arena.storage.buffer, offset * 4, sizeOf(spec.shape) * 4);
      const tensorSpec = { shape: spec.shape, dtype: 'f32' } as const;
      const grad = grads && new Tensor(recorder, tensorSpec, slice(grads));
      const parameter = new Parameter(spec.name, recorder, tensorSpec, slice(values), grad);
      parameters.set(spec.name, parameter);
      if (!spec.init) continue;
      const initial = new Float32Array(parameter.size);
      spec.init(initial, spec.name);
      recorder.upload(parameter.storage, initial);
    }
    return { values, grads };
  });
  const trained = arenas.flatMap(({ values, grads }) => (grads ? [{ values, grads }] : []));
  const rest = arenas.filter(({ grads }) => grads === null).map(({ values }) => values);
  return new ParameterArenas(trained, parameters, rest);
}

/** A zeroed tensor that no scope frees. */
export function arenaTensor(recorder: Recorder, length: number, what: string): Tensor {
  const shape = [length];
  const label = `the arena of ${what} ${showShape(shape)}`;
  recorder.memory.check(length * 4, label);
  const buffer = recorder.memory.create(length * 4, label);
  const tensor = new Tensor(recorder, { shape, dtype: 'f32' }, new Storage('arena', buffer, 0, length * 4));
  recorder.clear(tensor.storage);
  return tensor;
}
