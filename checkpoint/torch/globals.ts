/** The names that a state dict needs, and what they mean here. */

import { quote } from '../../base/quote.ts';
import { BYTES_PER_ELEMENT, type DType } from '../dtypes.ts';
import { type PickleHost, setEntry } from './pickle.ts';
import type { PickleReader } from './pickle-reader.ts';
import { viewTensor } from './tensors.ts';
import {
  describe,
  isGlobal,
  isStorage,
  isTensor,
  PickleDict,
  type PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
  type Storage,
} from './values.ts';

const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Of `torch`: what a training state may note, as in `dtype: torch.float32`. They stay names. */
const DTYPE_NAMES = new Set(
  'float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool'.split(
    ' ',
  ),
);

/** Storages as the container has them: throws for one that is not there, or not of this size in bytes. */
export type StorageCheck = (storage: Storage, bytes: number, reader: PickleReader) => void;

/** A host for one file. `limit`: most bytes that all its tensors may take. */
export function stateDictHost(limit: number, checkStorage: StorageCheck): PickleHost {
  const storages = new Map<string, Storage>();
  const budget = { left: limit };
  return {
    global: findGlobal,
    persistent: (id, reader) => requireStorage(id, storages, checkStorage, reader),
    reduce(callable, args, reader) {
      if (!isGlobal(callable))
        return reader.fail('forbidden', `the pickle calls ${describe(callable)}; nothing was run.`);
      switch (callable.kind) {
        case 'OrderedDict':
          return orderedDict(args, reader);
        case 'rebuildTensor':
          return rebuildTensor(args, budget, reader);
        case 'rebuildParameter':
          if (args.items.length === 3 && isTensor(args.items[0])) return args.items[0];
          return reader.fail('damaged', `a parameter of ${describe(args.items[0])}, which is no tensor.`);
        default:
          return reader.fail(
            'forbidden',
            `the pickle calls ${callable.global}, which is not for calling; nothing was run.`,
          );
      }
    },
    build: takeMetadata,
  };
}

/** A host for pickles of numbers and texts alone. */
export const PLAIN_HOST: PickleHost = {
  ...stateDictHost(0, () => {}),
  persistent: (_, reader) => reader.fail('damaged', 'a storage where none belongs.'),
};

function findGlobal(module: string, name: string, reader: PickleReader): PickleGlobal {
  const global = `${module}.${name}`;
  if (global === 'collections.OrderedDict') return { global, kind: 'OrderedDict' };
  if (global === 'torch._utils._rebuild_tensor_v2') return { global, kind: 'rebuildTensor' };
  if (global === 'torch._utils._rebuild_parameter') return { global, kind: 'rebuildParameter' };
  if (module === 'torch' && DTYPE_NAMES.has(name)) return { global, kind: 'dtype' };
  const dtype = module === 'torch' && Object.hasOwn(STORAGE_TYPES, name) ? STORAGE_TYPES[name] : undefined;
  if (dtype) return { global, kind: 'storageType', dtype };
  if (module === 'torch' && name.endsWith('Storage')) {
    return reader.fail(
      'unsupported',
      `the pickle has tensors of torch.${name}; only real numbers of 1 to 8 bytes are read: convert them to float32.`,
    );
  }
  return reader.fail(
    'forbidden',
    `the pickle names ${quote(global)}, which no state dict needs; nothing was run. Save model.state_dict() alone.`,
  );
}

function orderedDict({ items }: PickleTuple, reader: PickleReader): PickleDict {
  const dict = new PickleDict(true);
  const [pairs = new PickleList()] = items;
  // Python 2 wrote the entries as a list of pairs.
  if (items.length > 1 || !(pairs instanceof PickleList))
    return reader.fail('damaged', 'an OrderedDict of something else than pairs.');
  for (const pair of pairs.items) {
    const isPair = (pair instanceof PickleTuple || pair instanceof PickleList) && pair.items.length === 2;
    if (!isPair) return reader.fail('damaged', `an OrderedDict with ${describe(pair)} for an entry.`);
    setEntry(dict, pair.items[0] as PickleValue, pair.items[1] as PickleValue, reader);
  }
  return dict;
}

/** ('storage', type, key, where it was, number of elements) and, in the old form, a view, which is None. */
function requireStorage(
  id: PickleValue,
  storages: Map<string, Storage>,
  checkStorage: StorageCheck,
  reader: PickleReader,
): Storage {
  const [what, type, key, device, count, view = null] = id instanceof PickleTuple ? id.items : [];
  const isStorageId =
    what === 'storage' &&
    type !== undefined &&
    isGlobal(type) &&
    type.kind === 'storageType' &&
    typeof key === 'string' &&
    typeof device === 'string';
  if (!isStorageId) return reader.fail('damaged', `a reference to ${describe(id)} instead of a storage.`);
  if (view !== null)
    return reader.fail(
      'unsupported',
      'a storage that looks into another, as PyTorch before 0.4 wrote; load and save it with a newer one.',
    );
  if (!isCount(count))
    return reader.fail('out-of-bounds', `a storage of ${describe(count)} instead of a number of elements.`);
  const storage: Storage = { kind: 'storage', key, dtype: type.dtype, count };
  const known = storages.get(key);
  if (known) {
    if (known.dtype === storage.dtype && known.count === count) return known;
    return reader.fail(
      'damaged',
      `the storage ${quote(key)} is once of ${known.count} ${known.dtype}, once of ${count} ${storage.dtype}.`,
    );
  }
  checkStorage(storage, count * BYTES_PER_ELEMENT[storage.dtype], reader);
  storages.set(key, storage);
  return storage;
}

/** (storage, offset, size, stride, requires_grad, hooks[, metadata]) */
function rebuildTensor({ items }: PickleTuple, budget: { left: number }, reader: PickleReader): PickleValue {
  const [storage, start, size, strides, , hooks, metadata = null] = items;
  if (items.length < 6 || items.length > 7 || !isStorage(storage))
    return reader.fail('damaged', `a tensor over ${describe(storage)} instead of a storage.`);
  if (!(size instanceof PickleTuple) || !(strides instanceof PickleTuple))
    return reader.fail('damaged', 'a tensor without size and strides.');
  // Hooks are code, and the metadata say that the numbers are to be read as others.
  for (const extra of [hooks, metadata])
    if (extra !== null && !(extra instanceof PickleDict && extra.entries.size === 0))
      return reader.fail(
        'unsupported',
        `a tensor with ${describe(extra)} for hooks or metadata; save model.state_dict() alone.`,
      );
  const { view, bytes } = viewTensor(storage, start, size.items, strides.items, reader);
  budget.left -= bytes;
  if (budget.left < 0)
    return reader.fail(
      'too-large',
      'the tensors unfold to many times the size of the file; save them with .contiguous() or .clone().',
    );
  return view;
}

/** `_metadata` of a state dict are version numbers of layers: read past. */
function takeMetadata(object: PickleValue, state: PickleValue, reader: PickleReader): void {
  const isMetadata =
    object instanceof PickleDict &&
    object.ordered &&
    state instanceof PickleDict &&
    [...state.entries.keys()].every((key) => key === '_metadata');
  if (!isMetadata)
    reader.fail(
      'forbidden',
      `the pickle sets the state of ${describe(object)}, which no state dict needs; nothing was run.`,
    );
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
