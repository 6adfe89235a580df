/** Tensors as the model takes them: float32, by the authors' names. */

import { firstNames } from '../base/first-names.ts';
import { quote } from '../base/quote.ts';
import { isFloat, type StoredTensor, toFloat32 } from './dtypes.ts';
import type { Refuse } from './errors.ts';

export interface ReadOptions {
  /** What to do with integers and flags, of which no SPOTR weight is made. Default `'refuse'`. */
  readonly integers?: 'refuse' | 'round';
}

type Described = Pick<StoredTensor, 'name' | 'dtype' | 'offset'>;

const MOST_NAMED = 20;

/** Names at once the tensors that are not made of floats. */
export function requireFloat(
  tensors: readonly Described[],
  { integers = 'refuse' }: ReadOptions,
  refuse: Refuse,
): void {
  const others = tensors.filter(({ dtype }) => !isFloat(dtype));
  const [first] = others;
  if (!first || integers === 'round') return;
  const names = firstNames(
    others.map(({ name, dtype }) => `${quote(name)} (${dtype})`),
    MOST_NAMED,
  );
  refuse(
    'unsupported',
    first.offset,
    `holds tensors that are no weights: ${names}; leave them out, or convert them to float32.`,
  );
}

export function float32Of(
  { name, dtype, offset }: Described,
  bytes: Uint8Array,
  refuse: Refuse,
): Float32Array {
  const values = toFloat32(dtype, bytes);
  return (
    values ??
    refuse('unsupported', offset, `the tensor ${quote(name)} has numbers that are too large for float32.`)
  );
}
