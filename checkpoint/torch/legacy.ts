/** The files that `torch.save` wrote before 1.6: pickles one after another, then the storages. */
import { type RandomAccess, readExactly } from '../../base/bytes.ts';
import { quote } from '../../base/quote.ts';
import { unfoldLimit } from '../budget.ts';
import { BYTES_PER_ELEMENT } from '../dtypes.ts';
import type { Refuse } from '../errors.ts';
import type { TorchContent } from './archive.ts';
import { PLAIN_HOST, stateDictHost } from './globals.ts';
import { unpickle } from './pickle.ts';
import { PickleReader } from './pickle-reader.ts';
import { spanOf } from './tensors.ts';
import { describe, PickleDict, PickleList, type PickleValue, type Storage } from './values.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const LONGEST_PICKLES = 2 ** 24;
/** Each storage begins with its number of elements. */
const COUNT_LENGTH = 8;

export async function readTorchLegacy(source: RandomAccess, refuse: Refuse): Promise<TorchContent> {
  const length = Math.min(source.size, LONGEST_PICKLES);
  const head = await readExactly(source, 0, length, 'the pickles', refuse);
  const reader = new PickleReader(head, 0, (position) => position, refuse);
  const magic = unpickle(reader, PLAIN_HOST);
  if (magic !== MAGIC)
    reader.fail(
      'not-a-checkpoint',
      `a pickle that begins with ${describe(magic)}; it was not made by torch.save.`,
    );
  const protocol = unpickle(reader, PLAIN_HOST);
  if (protocol !== PROTOCOL)
    reader.fail('unsupported', `a file of PyTorch's protocol ${describe(protocol)}; ${PROTOCOL} is read.`);
  const system = unpickle(reader, PLAIN_HOST);
  if (!(system instanceof PickleDict) || system.entries.get('little_endian') !== true) {
    reader.fail(
      'unsupported',
      'the data are not said to be little-endian; save them again on a machine of today.',
    );
  }
  const declared = new Map<string, Storage>();
  const host = stateDictHost(unfoldLimit(source.size), (storage, bytes) => {
    if (bytes > source.size)
      reader.fail('out-of-bounds', `a storage of ${bytes} bytes in a file of ${source.size}.`);
    declared.set(storage.key, storage);
  });
  const root = unpickle(reader, host);
  const keys = storageKeys(unpickle(reader, PLAIN_HOST), declared, reader);
  const starts = await findStorages(source, reader.position, keys, refuse);
  return {
    root,
    async readSpan(view) {
      const { start, count } = spanOf(view);
      const unit = BYTES_PER_ELEMENT[view.storage.dtype];
      const from = (starts.get(view.storage.key) as number) + start * unit;
      return readExactly(source, from, count * unit, `the storage ${quote(view.storage.key)}`, refuse);
    },
  };
}

/** The storages in the order of the file: each that a tensor uses, and no other. */
function storageKeys(list: PickleValue, declared: Map<string, Storage>, reader: PickleReader): Storage[] {
  if (!(list instanceof PickleList))
    return reader.fail('damaged', `${describe(list)} instead of the list of storages.`);
  const left = new Map(declared);
  const storages = list.items.map((key) => {
    const storage = typeof key === 'string' ? left.get(key) : undefined;
    if (!storage)
      return reader.fail(
        'damaged',
        `the list of storages has ${describe(key)}, which no tensor uses, or which is there twice.`,
      );
    left.delete(storage.key);
    return storage;
  });
  const [missing] = left.keys();
  if (missing !== undefined) reader.fail('damaged', `the storage ${quote(missing)} is missing.`);
  return storages;
}

async function findStorages(
  source: RandomAccess,
  from: number,
  storages: readonly Storage[],
  refuse: Refuse,
) {
  const starts = new Map<string, number>();
  let at = from;
  for (const { key, count, dtype } of storages) {
    const bytes = await readExactly(source, at, COUNT_LENGTH, `the storage ${quote(key)}`, refuse);
    const found = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
    if (found !== BigInt(count)) {
      refuse(
        'out-of-bounds',
        at,
        `the storage ${quote(key)} should have ${count} elements, but has ${found}.`,
      );
    }
    starts.set(key, at + COUNT_LENGTH);
    at += COUNT_LENGTH + count * BYTES_PER_ELEMENT[dtype];
    if (at > source.size)
      refuse(
        'truncated',
        source.size,
        `the storage ${quote(key)} goes on to byte ${at} of ${source.size}; the file is cut short.`,
      );
  }
  if (at !== source.size) refuse('damaged', at, `${source.size - at} bytes after the last storage.`);
  return starts;
}
