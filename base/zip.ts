/**
 * Reads zip archives (APPNOTE.TXT of PKWARE): the directory at the end, checked against the records themselves, so
 * that no two readers can see different things in one file.
 */
import {
  type ByteSource,
  chunks,
  partSource,
  type RandomAccess,
  type Refuse,
  readExactly,
  viewOf,
} from './bytes.ts';
import { crc32, hex32 } from './crc32.ts';
import { type Compressed, inflated, inflatedSource } from './inflate.ts';
import { quote } from './quote.ts';
import { DEFLATED, ENCRYPTED, longFields, readZipDirectory, STORED, type ZipEntry } from './zip-directory.ts';

export interface ZipRecord extends Pick<ZipEntry, 'name' | 'size' | 'packedSize' | 'deflated' | 'crc'> {
  /** Where its bytes begin in the file, packed ones for a deflated record. */
  readonly start: number;
}

export interface ZipOptions {
  /** Records that are none are not looked at where they lie: their start is only a lower bound, and they are not to be read. */
  readonly wanted?: (name: string) => boolean;
  /** Bytes that all deflated records together may unpack to. */
  readonly mostUnpacked?: number;
  /** Take names that are not UTF-8 for Windows-1252, as long as no two are the same then. */
  readonly legacyNames?: boolean;
}

const LOCAL = 0x04034b50;
const LOCAL_LENGTH = 30;
const SIZES_FOLLOW = 8;
/** Bytes of the extra field of a record: what NumPy and PyTorch put there fits. */
const USUAL_EXTRA = 96;

/** The records of an archive by name, in the order of its directory. Refuses one that is not whole and free of contradictions. */
export async function readZip(
  source: RandomAccess,
  refuse: Refuse,
  { wanted = () => true, mostUnpacked = Number.POSITIVE_INFINITY, legacyNames = false }: ZipOptions = {},
): Promise<Map<string, ZipRecord>> {
  const directory = await readZipDirectory(source, refuse, legacyNames);
  const starts = new Map<ZipEntry, number>();
  let free = 0;
  for (const entry of [...directory.entries].sort((a, b) => a.header - b.header)) {
    const { name, header, packedSize } = entry;
    if (header < free) refuse('damaged', header, `the record ${quote(name)} overlaps another.`);
    const start = wanted(name) ? await dataStart(source, entry, refuse) : header + LOCAL_LENGTH;
    free = start + packedSize;
    if (free > directory.start)
      refuse('damaged', header, `the record ${quote(name)} reaches into the ZIP directory.`);
    starts.set(entry, start);
  }
  const records = new Map<string, ZipRecord>();
  let unpacked = 0;
  for (const entry of directory.entries) {
    const { name, size, packedSize, deflated, crc } = entry;
    if (records.has(name)) refuse('damaged', entry.header, `the record ${quote(name)} is there twice.`);
    records.set(name, { name, size, packedSize, deflated, crc, start: starts.get(entry) as number });
    if (deflated) unpacked += size;
  }
  if (unpacked > mostUnpacked)
    refuse('too-large', directory.start, `${source.size} bytes that unpack to ${unpacked}.`);
  return records;
}

/** A record as a source: a stored one is read where it lies, without a look at its checksum, a deflated one as far as it is read. */
export function recordSource(source: ByteSource, record: ZipRecord, refuse: Refuse): Promise<ByteSource> {
  if (record.deflated) return inflatedSource(compressedOf(source, record), refuse);
  return Promise.resolve(partSource(source, record.start, record.size));
}

/** All bytes of a small record. */
export async function readRecord(
  source: RandomAccess,
  record: ZipRecord,
  refuse: Refuse,
): Promise<Uint8Array> {
  if (record.deflated) return inflated(compressedOf(source, record), refuse);
  const bytes = await readExactly(source, record.start, record.size, nameOf(record), refuse);
  requireCrc(record, crc32(bytes), refuse);
  return bytes;
}

/** Reads a stored record once, in pieces, against its checksum. */
export async function verifyRecord(source: RandomAccess, record: ZipRecord, refuse: Refuse): Promise<void> {
  let crc = 0;
  for await (const piece of chunks(source, record.start, record.size, nameOf(record), refuse))
    crc = crc32(piece, crc);
  requireCrc(record, crc, refuse);
}

const nameOf = ({ name }: Pick<ZipRecord, 'name'>): string => `the record ${quote(name)}`;

function compressedOf<Source extends RandomAccess>(
  source: Source,
  record: ZipRecord,
): Compressed<Source> & { readonly size: number } {
  const { start, packedSize, size, crc } = record;
  return {
    ...{ source, offset: start, length: packedSize, format: 'deflate-raw' },
    ...{ size, crc, what: nameOf(record) },
  };
}

function requireCrc(record: ZipRecord, found: number, refuse: Refuse): void {
  const { start, crc } = record;
  if (found !== crc)
    refuse(
      'damaged',
      start,
      `${nameOf(record)} has the checksum ${hex32(found)}, but was saved with ${hex32(crc)}.`,
    );
}

/** Where a record's bytes begin: after its own header, which must say the same as the directory. */
async function dataStart(source: RandomAccess, entry: ZipEntry, refuse: Refuse): Promise<number> {
  const { name, rawName, header, deflated, flags } = entry;
  const what = `the header of ${quote(name)}`;
  // One read for most of them: files of thousands of records are common.
  const likely = Math.min(LOCAL_LENGTH + rawName.length + USUAL_EXTRA, source.size - header);
  const head = await readExactly(source, header, Math.max(LOCAL_LENGTH, likely), what, refuse);
  const view = viewOf(head);
  if (view.getUint32(0, true) !== LOCAL)
    refuse('damaged', header, `there is no record ${quote(name)} where the ZIP directory says.`);
  const [nameLength, extraLength] = [view.getUint16(26, true), view.getUint16(28, true)];
  const length = LOCAL_LENGTH + nameLength + extraLength;
  const bytes = length <= head.length ? head : await readExactly(source, header, length, what, refuse);
  const ownName = bytes.subarray(LOCAL_LENGTH, LOCAL_LENGTH + nameLength);
  const ownFlags = view.getUint16(6, true);
  const isSame = nameLength === rawName.length && ownName.every((byte, i) => byte === rawName[i]);
  const method = deflated ? DEFLATED : STORED;
  if (!isSame || view.getUint16(8, true) !== method || (ownFlags & ENCRYPTED) !== 0)
    refuse(
      'damaged',
      header,
      `the record ${quote(name)} calls itself ${quote(new TextDecoder().decode(ownName))}, or is packed in another way than the directory says.`,
    );
  if (!(flags & SIZES_FOLLOW) && !(ownFlags & SIZES_FOLLOW)) {
    const [size, packedSize] = longFields(
      [view.getUint32(22, true), view.getUint32(18, true), 0],
      bytes.subarray(LOCAL_LENGTH + nameLength, length),
      header,
      refuse,
    );
    if (size !== entry.size || packedSize !== entry.packedSize || view.getUint32(14, true) !== entry.crc)
      refuse('damaged', header, `the record ${quote(name)} and the ZIP directory contradict each other.`);
  }
  return header + length;
}
