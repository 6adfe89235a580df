import { DTypeError, ShapeError } from '../errors.ts';
import { checkHostTensor, dtypeOf, type HostTensor, Tensor } from '../tensor.ts';
import type { HostData } from './plan.ts';

/**
 * Refuses what a step cannot be run on. `wanted` is how many arguments its function names.
 * @throws ShapeError, DTypeError with the step, the argument's index and what was expected.
 */
export function checkArguments(step: string, wanted: number, args: readonly HostTensor[]): void {
  if (args.length < wanted) {
    const missing = Array.from({ length: wanted - args.length }, (_, i) => args.length + i);
    throw new ShapeError(
      `The step "${step}" takes ${count(wanted)} and was given ${args.length}: argument ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing; pass { data, shape } for each.`,
    );
  }
  for (const [index, arg] of args.entries()) checkArgument(`The step "${step}", argument ${index}`, arg);
}

function checkArgument(what: string, arg: unknown): void {
  const expected = 'a step takes values of the host, { data: Float32Array or Uint32Array, shape: number[] }';
  if (arg instanceof Tensor) {
    throw new DTypeError(
      `${what} is a Tensor on the device (${arg}); ${expected}. Read it first, or use it inside the function of the step.`,
    );
  }
  if (typeof arg !== 'object' || arg === null) throw new DTypeError(`${what} is ${arg}; ${expected}.`);
  const { data, shape } = arg as Partial<Record<keyof HostTensor, unknown>>;
  if (!(data instanceof Float32Array || data instanceof Uint32Array))
    throw new DTypeError(`${what} has data that is ${kindOf(data)}; ${expected}.`);
  if (!Array.isArray(shape))
    throw new ShapeError(`${what} has a shape that is ${kindOf(shape)}; ${expected}.`);
  checkHostTensor(what, { data, shape });
}

const count = (n: number) => `${n} argument${n === 1 ? '' : 's'}`;

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${value}`;
  return `of type ${value.constructor?.name ?? 'object'}`;
}

/** Element types and shapes, which decide whether a captured plan fits: `f32[8,3] u32[8]`. */
export function signatureOf(step: string, args: readonly HostTensor[]): string {
  return args.map(({ data, shape }) => `${dtypeOf(step, data)}[${shape.join()}]`).join(' ');
}

/** The values as they are now: copied, unless they are written before the caller can change them. Dawn refuses shared memory. */
export function taken({ data }: HostTensor, atOnce: boolean): HostData {
  return atOnce && data.buffer instanceof ArrayBuffer ? (data as HostData) : data.slice();
}
