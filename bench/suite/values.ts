import { type NdArray, randomArray } from '../../test/support/ndarray.ts';
import type { KernelCase, Values } from '../contract.ts';
import { outputShape } from './cases/costs.ts';
import { referenceOf } from './references.ts';

/** Inputs of a case and what its gradient is seeded with, for the reference and for the device. */
export interface CaseValues {
  readonly inputs: readonly NdArray[];
  readonly seed: NdArray;
}

/** The same values in every run, and for every peer. */
export function valuesOf({ op, shapes, attributes }: KernelCase): CaseValues {
  const { integers = [] } = referenceOf(op);
  const classes = shapes[0]?.at(-1) ?? 1;
  const inputs = shapes.map((shape, index) => {
    const drawn = randomArray(shape, index + 1);
    if (!integers.includes(index)) return drawn;
    return { shape, data: drawn.data.map((x) => Math.floor(Math.abs(x) * 1e6) % classes) };
  });
  return { inputs, seed: randomArray(outputShape(op, shapes, attributes), 77) };
}

/** As the device takes them. */
export function onHost({ op }: KernelCase, { inputs, seed }: CaseValues): { inputs: Values[]; seed: Values } {
  const { integers = [] } = referenceOf(op);
  const values = ({ shape, data }: NdArray, index: number): Values => ({
    shape,
    data: integers.includes(index) ? Uint32Array.from(data) : Float32Array.from(data),
  });
  return { inputs: inputs.map(values), seed: { shape: seed.shape, data: Float32Array.from(seed.data) } };
}
