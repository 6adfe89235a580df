/** What a later run needs to go on, by the authors' names. */
import type { Moment } from '../engine/index.ts';
import type { ModuleState, NamedTensors } from './state.ts';

export interface PretrainState {
  readonly encoder: NamedTensors;
  readonly decoder: NamedTensors;
  /** Moments, and what else is of the training and not of the model: auxiliary heads, the loss scale. */
  readonly optimizer: NamedTensors;
}

/** A module, and the prefix of its parameters' names. */
export type NamedModule = readonly [prefix: string, module: ModuleState];

/** An optimiser's moments as tensors: `exp_avg.encoder.cls_token`. */
export function namedMoments(
  modules: readonly NamedModule[],
  moments: Readonly<Record<Moment, ReadonlyMap<string, Float32Array>>>,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [prefix, module] of modules)
    for (const [moment, values] of Object.entries(moments)) {
      const split = module.split(
        (parameter) => values.get(parameter.name) ?? new Float32Array(parameter.size),
      );
      for (const [name, tensor] of split) tensors.set(`${moment}.${prefix}${name}`, tensor);
    }
  return tensors;
}

/** The moments among tensors, one array for each parameter. @throws ModelError where they do not fit the modules. */
export function momentsIn(
  modules: readonly NamedModule[],
  optimizer: NamedTensors,
): (readonly [Moment, Map<string, Float32Array>])[] {
  return (['exp_avg', 'exp_avg_sq'] as const).map((moment) => {
    const values = new Map<string, Float32Array>();
    for (const [prefix, module] of modules) {
      const start = `${moment}.${prefix}`;
      const own = [...optimizer].filter(([name]) => name.startsWith(start));
      const named = new Map(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
      module.join(named, (parameter, data) => values.set(parameter.name, data));
    }
    return [moment, values] as const;
  });
}
