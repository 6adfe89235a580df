/** Writes the zip form of `torch.save`: an OrderedDict of tensors, which `torch.load(weights_only=True)` takes. */
import { crc32 } from '../../base/crc32.ts';
import { quote } from '../../base/quote.ts';
import { BYTES_PER_ELEMENT, countOf, type DType, type StoredTensor } from '../dtypes.ts';
import { CheckpointError } from '../errors.ts';
import { METADATA_RECORD } from './archive.ts';
import { pickleStateDict } from './pickle-writer.ts';

const FOLDER = 'archive';
/** Storages begin at multiples of this, as PyTorch's own, so that they can be mapped. */
const ALIGNMENT = 64;
const LOCAL_LENGTH = 30;
const ENTRY_LENGTH = 46;
const END_LENGTH = 22;
const PADDING_ID = 0x4246;
/** 1 January 1980, the first day of the format: the same tensors give the same bytes on every day. */
const DATE = 0x21;
const MOST_BYTES = 0xffffffff;
const MOST_RECORDS = 0xffff;

interface Record {
  readonly name: Uint8Array;
  readonly size: number;
  /** Where its header, and where its bytes begin. */
  readonly header: number;
  readonly start: number;
  readonly read: () => Promise<Uint8Array>;
}

/**
 * The bytes of a `.pt` file with these tensors, in their order and element types. PyTorch's format has no place for metadata:
 * they go into a record of their own, which `torch.load` does not look at.
 */
export async function encodeTorch(
  tensors: readonly StoredTensor[],
  metadata: { readonly [key: string]: string } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  for (const { name, dtype } of tensors) requireTorchType(name, dtype);
  const text = (content: string) => new TextEncoder().encode(content);
  const small = (name: string, content: Uint8Array) => ({
    name,
    size: content.length,
    read: async () => content,
  });
  const records = place([
    small('data.pkl', pickleStateDict(tensors)),
    small('byteorder', text('little')),
    ...tensors.map(({ dtype, shape, read }, i) => ({
      name: `data/${i}`,
      size: countOf(shape) * BYTES_PER_ELEMENT[dtype],
      read,
    })),
    ...(Object.keys(metadata).length > 0 ? [small(METADATA_RECORD, text(JSON.stringify(metadata)))] : []),
    small('version', text('3\n')),
  ]);
  const last = records.at(-1) as Record;
  const directory = last.start + last.size;
  const directorySize = records.reduce((sum, { name }) => sum + ENTRY_LENGTH + name.length, 0);
  const length = directory + directorySize + END_LENGTH;
  if (length > MOST_BYTES || records.length > MOST_RECORDS) {
    throw new CheckpointError(
      `${tensors.length} tensors of ${length} bytes do not fit a plain zip archive; write a .safetensors file.`,
      { reason: 'too-large' },
    );
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let entry = directory;
  for (const record of records) {
    const content = await record.read();
    if (content.length !== record.size)
      throw new RangeError(`${content.length} bytes for a record of ${record.size}.`);
    bytes.set(content, record.start);
    const crc = crc32(content);
    writeLocal(bytes, view, record, crc);
    entry = writeEntry(bytes, view, entry, record, crc);
  }
  view.setUint32(entry, 0x06054b50, true);
  view.setUint16(entry + 8, records.length, true);
  view.setUint16(entry + 10, records.length, true);
  view.setUint32(entry + 12, directorySize, true);
  view.setUint32(entry + 16, directory, true);
  return bytes;
}

function place(
  contents: readonly { name: string; size: number; read: () => Promise<Uint8Array> }[],
): Record[] {
  let header = 0;
  return contents.map(({ name: path, size, read }) => {
    const name = new TextEncoder().encode(`${FOLDER}/${path}`);
    const least = header + LOCAL_LENGTH + name.length + 4;
    const start = Math.ceil(least / ALIGNMENT) * ALIGNMENT;
    const record = { name, size, header, start, read };
    header = start + size;
    return record;
  });
}

function writeLocal(
  bytes: Uint8Array,
  view: DataView,
  { name, size, header, start }: Record,
  crc: number,
): void {
  view.setUint32(header, 0x04034b50, true);
  writeCommon(view, header + 4, name.length, size, crc);
  const extra = header + LOCAL_LENGTH + name.length;
  view.setUint16(header + 28, start - extra, true);
  bytes.set(name, header + LOCAL_LENGTH);
  view.setUint16(extra, PADDING_ID, true);
  view.setUint16(extra + 2, start - extra - 4, true);
}

function writeEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  { name, size, header }: Record,
  crc: number,
): number {
  view.setUint32(at, 0x02014b50, true);
  view.setUint16(at + 4, 20, true);
  writeCommon(view, at + 6, name.length, size, crc);
  view.setUint32(at + 42, header, true);
  bytes.set(name, at + ENTRY_LENGTH);
  return at + ENTRY_LENGTH + name.length;
}

/** Version, flags (names are UTF-8), method, time, date, checksum, sizes and the length of the name. */
function writeCommon(view: DataView, at: number, nameLength: number, size: number, crc: number): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, 0x800, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, nameLength, true);
}

function requireTorchType(name: string, dtype: DType): void {
  if (dtype === 'U16' || dtype === 'U32' || dtype === 'U64') {
    throw new CheckpointError(
      `The tensor ${quote(name)} is of type ${dtype}, which PyTorch's files have no storage for; write a .safetensors file.`,
      { reason: 'unsupported' },
    );
  }
}
