import type { KernelCase, Values } from '../contract.ts';
import { asItIs, type Layout } from './layout.ts';

/** Result, or results where the operation has several. `T` is the library's tensor. */
export type Compute<T> = (...inputs: T[]) => T | readonly T[];

/** One of our operations in a library's public API. */
export interface Formulation<T> {
  readonly compute: Compute<T>;
  /** Of our inputs, in order; as they are where none is given. */
  readonly inputs?: readonly Layout[];
  readonly output?: Layout;
}

export type Refusal = { readonly cannot: string };

/** By our operations' names. */
export type Formulations<T> = Readonly<Record<string, (kernel: KernelCase) => Formulation<T> | Refusal>>;

/** A case as a library takes it. */
export interface Formulated<T> {
  readonly compute: (...inputs: T[]) => readonly T[];
  readonly inputs: readonly Values[];
  readonly seed: Values;
  /** The library's results, output and then the gradients by each of `inputs` that is not of labels, as ours. */
  ours(results: readonly Float32Array[]): Float32Array[];
}

/** Looks a case up and puts its values in the library's layout. */
export function formulate<T>(
  table: Formulations<T>,
  kernel: KernelCase,
  inputs: readonly Values[],
  seed: Values,
): Formulated<T> | Refusal {
  const found = table[kernel.op]?.(kernel);
  if (found === undefined) return { cannot: `no counterpart of ${kernel.op}` };
  if ('cannot' in found) return found;
  const layouts = inputs.map((_, index) => found.inputs?.[index] ?? asItIs);
  const output = found.output ?? asItIs;
  const theirs = inputs.map((values, index) => (layouts[index] ?? asItIs).to(values));
  return {
    compute: (...given) => {
      const results = found.compute(...given);
      return isList(results) ? results : [results];
    },
    inputs: theirs.flat(),
    seed: output.to(seed)[0] ?? seed,
    ours: (results) => {
      const [result, ...gradients] = results;
      const back = [output.from([result ?? new Float32Array()])];
      if (kernel.pass === 'forward') return [...back, ...gradients];
      for (const [index, values] of inputs.entries()) {
        if (values.data instanceof Uint32Array) continue;
        const own = gradients.splice(0, theirs[index]?.length ?? 0);
        back.push((layouts[index] ?? asItIs).from(own));
      }
      return back;
    },
  };
}

function isList<T>(results: T | readonly T[]): results is readonly T[] {
  return Array.isArray(results);
}
