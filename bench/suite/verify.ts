import type { NdArray } from '../../test/support/ndarray.ts';
import type { KernelCase } from '../contract.ts';
import { type Part, partsOf, type Selection } from './parts.ts';
import { referenceOf } from './references.ts';
import type { CaseValues } from './values.ts';

export interface Verification {
  /** Relative L2 error against the float64 reference, the largest over the results. */
  readonly error: number;
  /** What was compared. */
  readonly verified: string;
  /** Null where every result is within its reference's tolerance; else what is not, and by how much. */
  readonly wrong: string | null;
}

interface Expected {
  /** Index among the results: 0 for the output, then the gradients of the inputs that have one. */
  readonly result: number;
  readonly name: string;
  readonly selection: Selection;
  readonly values: Float64Array;
  readonly tolerance: number;
}

function take({ data }: NdArray, { shape, indices }: Selection): NdArray {
  if (indices === null) return { shape, data };
  return { shape, data: Float64Array.from(indices, (index) => data[index] as number) };
}

/** What the reference says about one part. */
function expectedOf(kernel: KernelCase, part: Part, { inputs, seed }: CaseValues): Expected[] {
  const reference = referenceOf(kernel.op);
  const { forward = 1e-5, backward = 1e-4 } = reference.tolerance ?? {};
  const cut = part.inputs.map((selection, i) => take(inputs[i] as NdArray, selection));
  const found: Expected[] = [];
  if (part.complete[0]) {
    const { data } = reference.forward(cut, part.attributes);
    found.push({ result: 0, name: 'result', selection: part.output, values: data, tolerance: forward });
  }
  if (kernel.pass === 'forward') return found;
  if (!reference.backward) throw new Error(`${kernel.id}: the reference of ${kernel.op} has no gradient.`);
  const gradients = reference.backward(cut, part.attributes, take(seed, part.output));
  let result = 0;
  for (const [index, gradient] of gradients.entries()) {
    if (!gradient) continue;
    result++;
    const selection = part.inputs[index];
    if (!part.complete[index + 1] || !selection) continue;
    const name = `gradient of input ${index}`;
    found.push({ result, name, selection, values: gradient.data, tolerance: backward });
  }
  return found;
}

/**
 * Computes the reference once, and returns what compares results with it: those of our engine and of every peer. The
 * results are the output and, for the gradient pass, the gradient by each input that has one.
 */
export function verifier(
  kernel: KernelCase,
  values: CaseValues,
): (results: readonly Float32Array[]) => Verification {
  const parts = partsOf(kernel);
  const expected = parts.flatMap((part) => expectedOf(kernel, part, values));
  const { floor = 0 } = referenceOf(kernel.op);
  const verified = parts.map(({ title }) => title).join(', ');
  return (results) => {
    let error = 0;
    for (const { result, name, selection, values: wanted, tolerance } of expected) {
      const actual = results[result];
      if (!actual) return { error: Infinity, verified, wrong: `the ${name} is missing` };
      const { indices } = selection;
      if (indices === null && actual.length !== wanted.length) {
        const wrong = `the ${name} has ${actual.length} values instead of ${wanted.length}`;
        return { error: Infinity, verified, wrong };
      }
      const found = distance(actual, indices, wanted, floor);
      error = Math.max(error, found);
      // Written so that NaN is wrong.
      if (!(found <= tolerance)) {
        const wrong = `the ${name} is off by ${found.toExponential(1)} (relative L2), ${tolerance.toExponential(0)} is allowed`;
        return { error, verified, wrong };
      }
    }
    return { error, verified, wrong: null };
  };
}

/** Relative L2 distance, absolute where the wanted values are smaller than `floor` altogether. */
function distance(
  actual: Float32Array,
  indices: Uint32Array | null,
  wanted: Float64Array,
  floor: number,
): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const value = wanted[i] as number;
    // An index beyond the results gives NaN, which no tolerance lets through.
    difference += ((actual[indices ? (indices[i] as number) : i] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}
