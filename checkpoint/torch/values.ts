/** What a pickle of a state dict can hold. Nothing here does anything: a name stays a name. */

import { quote } from '../../base/quote.ts';
import type { Shape } from '../../engine/index.ts';
import type { DType } from '../dtypes.ts';

export class PickleList {
  readonly items: PickleValue[] = [];
  depth = 1;
}

export class PickleTuple {
  readonly items: readonly PickleValue[];
  readonly depth: number;

  constructor(items: readonly PickleValue[]) {
    this.items = items;
    this.depth = 1 + items.reduce<number>((deepest, item) => Math.max(deepest, depthOf(item)), 0);
  }
}

export type PickleKey = string | number | bigint | boolean | null;

/** A dict or an OrderedDict, which keeps `_metadata` beside its entries. */
export class PickleDict {
  readonly entries = new Map<PickleKey, PickleValue>();
  readonly ordered: boolean;
  depth = 1;

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }
}

/** One of the few names that are known. */
export type PickleGlobal = { readonly global: string } & (
  | { readonly kind: 'OrderedDict' | 'rebuildTensor' | 'rebuildParameter' | 'dtype' }
  | { readonly kind: 'storageType'; readonly dtype: DType }
);

/** A run of elements that tensors look into. */
export interface Storage {
  readonly kind: 'storage';
  readonly key: string;
  readonly dtype: DType;
  readonly count: number;
}

/** A tensor: a view of a storage, in elements. */
export interface TensorView {
  readonly kind: 'tensor';
  readonly storage: Storage;
  readonly start: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
  /** Where it is described. */
  readonly offset: number;
}

export type PickleValue =
  | PickleKey
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | Storage
  | TensorView;

export function depthOf(value: PickleValue): number {
  const nests = value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleDict;
  return nests ? value.depth : 0;
}

export function isKey(value: PickleValue): value is PickleKey {
  return value === null || typeof value !== 'object';
}

export function isGlobal(value: PickleValue): value is PickleGlobal {
  return typeof value === 'object' && value !== null && 'global' in value;
}

export function isStorage(value: PickleValue | undefined): value is Storage {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage';
}

export function isTensor(value: PickleValue | undefined): value is TensorView {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';
}

/** A Python type name, for messages. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'string') return `the text ${quote(value.slice(0, 40))}`;
  if (typeof value !== 'object') return `${typeof value === 'boolean' ? 'the flag' : 'the number'} ${value}`;
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof PickleList) return 'a list';
  if (value instanceof PickleTuple) return 'a tuple';
  if (value instanceof PickleDict) return 'a dict';
  if (isGlobal(value)) return `the name ${value.global}`;
  return `a ${value.kind}`;
}
