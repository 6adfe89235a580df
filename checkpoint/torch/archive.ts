/** The files that `torch.save` writes: a zip archive with a pickle, and a record for each storage. */
import { type ByteFault, type RandomAccess, readExactly } from '../../base/bytes.ts';
import { quote } from '../../base/quote.ts';
import { readRecord, readZip, verifyRecord, type ZipRecord } from '../../base/zip.ts';
import { LONGEST_HEADER, LONGEST_PICKLE, unfoldLimit } from '../budget.ts';
import { BYTES_PER_ELEMENT } from '../dtypes.ts';
import type { Refuse } from '../errors.ts';
import { stateDictHost } from './globals.ts';
import { unpickle } from './pickle.ts';
import { PickleReader } from './pickle-reader.ts';
import { spanOf } from './tensors.ts';
import type { PickleValue, Storage, TensorView } from './values.ts';

/** What a file holds, and how to get at a tensor's elements. */
export interface TorchContent {
  readonly root: PickleValue;
  /** As `encodeTorch` puts them there; PyTorch itself has none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes of the span of the storage that a view lies within. */
  readSpan(view: TensorView): Promise<Uint8Array>;
}

/** What weights say of themselves, in the words of safetensors' metadata. */
export const METADATA_RECORD = 'spotr.json';

/** Of the archive's layout, not of PyTorch: 3 since 2020; 10 is the last that is planned. */
const NEWEST_VERSION = 10;

/** What readers of ZIP archives leave to say. */
const FIXES: Readonly<Record<ByteFault, string>> = {
  truncated: 'Copy the file again.',
  damaged: 'Copy the file again.',
  unsupported: 'Save it again with torch.save.',
  'too-large': 'Unpack it and zip it without compression.',
};

/** Records of storages, `FOLDER/data/KEY`. */
const isStorage = (name: string): boolean => /^[^/]+\/data\//.test(name);

/** With `peek` the storages are not looked at, and `readSpan` is not to be called. */
export async function readTorchArchive(
  source: RandomAccess,
  refuse: Refuse,
  peek = false,
): Promise<TorchContent> {
  const refuseZip: Refuse<ByteFault> = (fault, offset, problem) =>
    refuse(fault, offset, `${problem} ${FIXES[fault]}`);
  const records = await readZip(source, refuseZip, {
    mostUnpacked: unfoldLimit(source.size),
    ...(peek && { wanted: (name) => !isStorage(name) }),
  });
  const read = (record: ZipRecord) => readRecord(source, record, refuseZip);
  const pickle = findPickle(records, refuse);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  await checkVersion(read, folder, records, refuse);
  const metadata = await readMetadata(read, folder, records, refuse);
  if (pickle.size > LONGEST_PICKLE)
    refuse(
      'too-large',
      pickle.start,
      `a pickle of ${pickle.size} bytes, more than the ${LONGEST_PICKLE} that are read.`,
    );
  const bytes = await read(pickle);
  // Places in a compressed pickle are none in the file.
  const where = (position: number) => (pickle.deflated ? pickle.start : pickle.start + position);
  const reader = new PickleReader(bytes, 0, where, refuse);
  const host = stateDictHost(unfoldLimit(source.size), ({ key }, length, { offset }) => {
    const record = records.get(`${folder}data/${key}`);
    if (!record) refuse('damaged', offset, `the record of the storage ${quote(key)} is missing.`);
    else if (record.size !== length) {
      refuse(
        'out-of-bounds',
        offset,
        `the storage ${quote(key)} should be of ${length} bytes, but its record is of ${record.size}.`,
      );
    }
  });
  const root = unpickle(reader, host);
  if (reader.position !== bytes.length)
    refuse('damaged', where(reader.position), 'bytes after the end of the pickle.');
  const storages = new StorageReader(source, folder, records, refuseZip);
  return { root, metadata, readSpan: (view) => storages.read(view) };
}

type ReadRecord = (record: ZipRecord) => Promise<Uint8Array>;

async function readMetadata(
  read: ReadRecord,
  folder: string,
  records: ReadonlyMap<string, ZipRecord>,
  refuse: Refuse,
): Promise<Readonly<Record<string, string>>> {
  const record = records.get(folder + METADATA_RECORD);
  if (!record) return {};
  const damaged = () =>
    refuse('damaged', record.start, `a record ${quote(METADATA_RECORD)} that holds no texts.`);
  if (record.size > LONGEST_HEADER) return damaged();
  const text = new TextDecoder().decode(await read(record));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged();
  }
  const isTexts =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string');
  return isTexts ? (value as Record<string, string>) : damaged();
}

function findPickle(records: ReadonlyMap<string, ZipRecord>, refuse: Refuse): ZipRecord {
  const pickles = [...records.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle, other] = pickles;
  if (!pickle)
    return refuse('not-a-checkpoint', 0, 'a zip archive without a data.pkl; it was not made by torch.save.');
  if (other) return refuse('damaged', other.start, 'a zip archive with two data.pkl.');
  if (records.has(pickle.name.replace('data.pkl', 'constants.pkl'))) {
    return refuse(
      'unsupported',
      pickle.start,
      'a TorchScript program; save its state_dict() with torch.save.',
    );
  }
  return pickle;
}

async function checkVersion(
  read: ReadRecord,
  folder: string,
  records: ReadonlyMap<string, ZipRecord>,
  refuse: Refuse,
) {
  const text = async (name: string) => {
    const record = records.get(folder + name);
    if (!record) return undefined;
    if (record.size > 32)
      return refuse('damaged', record.start, `a record ${quote(name)} of ${record.size} bytes.`);
    const bytes = await read(record);
    return { text: String.fromCharCode(...bytes).trim(), start: record.start };
  };
  const order = await text('byteorder');
  if (order && order.text !== 'little') {
    refuse(
      'unsupported',
      order.start,
      `data in ${quote(order.text)}-endian order; save it again on a machine of today.`,
    );
  }
  const version = await text('version');
  if (version && !(/^\d+$/.test(version.text) && Number(version.text) <= NEWEST_VERSION)) {
    refuse(
      'unsupported',
      version.start,
      `an archive of version ${quote(version.text)}; up to ${NEWEST_VERSION} are read.`,
    );
  }
}

/** Reads spans of storages, each checked against its record's checksum once. */
class StorageReader {
  readonly #source: RandomAccess;
  readonly #folder: string;
  readonly #records: ReadonlyMap<string, ZipRecord>;
  readonly #refuse: Refuse<ByteFault>;
  readonly #checked = new Set<string>();
  /** Packed storages cannot be read in parts. What all of them take is bounded when the archive is opened. */
  readonly #unpacked = new Map<string, Uint8Array>();

  constructor(
    source: RandomAccess,
    folder: string,
    records: ReadonlyMap<string, ZipRecord>,
    refuse: Refuse<ByteFault>,
  ) {
    this.#source = source;
    this.#folder = folder;
    this.#records = records;
    this.#refuse = refuse;
  }

  async read(view: TensorView): Promise<Uint8Array> {
    const { storage } = view;
    const unit = BYTES_PER_ELEMENT[storage.dtype];
    const span = spanOf(view);
    const [offset, length] = [span.start * unit, span.count * unit];
    const record = this.#recordOf(storage, view);
    if (record.deflated) {
      const bytes = this.#unpacked.get(storage.key) ?? (await readRecord(this.#source, record, this.#refuse));
      this.#unpacked.set(storage.key, bytes);
      return bytes.subarray(offset, offset + length);
    }
    if (!this.#checked.has(storage.key)) await verifyRecord(this.#source, record, this.#refuse);
    this.#checked.add(storage.key);
    return readExactly(
      this.#source,
      record.start + offset,
      length,
      `the storage ${quote(storage.key)}`,
      this.#refuse,
    );
  }

  #recordOf({ key }: Storage, { offset }: TensorView): ZipRecord {
    return (
      this.#records.get(`${this.#folder}data/${key}`) ??
      this.#refuse('damaged', offset, `the record of the storage ${quote(key)} is missing.`)
    );
  }
}
