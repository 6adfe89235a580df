/**
 * Reads zip archives (APPNOTE.TXT of PKWARE): the directory at the end, checked against the records themselves, so
 * that no two readers can see different things in one file.
 */

import { crc32 } from '../../base/crc32.ts';
import { LONGEST_DIRECTORY, MOST_RECORDS } from '../budget.ts';
import { chunks, type RandomAccess, readExactly, unfoldLimit } from '../bytes.ts';
import { quote, type Refuse } from '../errors.ts';
import { inflate } from './inflate.ts';

export interface ZipRecord {
  readonly name: string;
  /** Unpacked. */
  readonly size: number;
  /** Where its bytes begin in the file, packed ones for a deflated record. */
  readonly start: number;
  readonly packedSize: number;
  readonly deflated: boolean;
  readonly crc: number;
}

const END = 0x06054b50;
const END_LENGTH = 22;
const END64 = 0x06064b50;
const END64_LENGTH = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_LENGTH = 20;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LOCAL = 0x04034b50;
const LOCAL_LENGTH = 30;
const LONGEST_COMMENT = 0xffff;
const ESCAPE16 = 0xffff;
const ESCAPE32 = 0xffffffff;
const ENCRYPTED = 0x2041;
const SIZES_FOLLOW = 8;

interface Directory {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

interface Entry extends Omit<ZipRecord, 'start'> {
  readonly header: number;
  readonly flags: number;
  readonly method: number;
}

/**
 * The records of an archive by name. Throws a CheckpointError for one that is not whole and free of contradictions.
 * Records that are not `wanted` are not looked at where they lie: their start is only a lower bound, and they are not to be read.
 */
export async function readZip(
  source: RandomAccess,
  refuse: Refuse,
  wanted: (name: string) => boolean = () => true,
): Promise<Map<string, ZipRecord>> {
  const directory = await findDirectory(source, refuse);
  const bytes = await readExactly(source, directory.start, directory.size, 'the zip directory', refuse);
  const entries = readEntries(bytes, directory, refuse);
  const records = new Map<string, ZipRecord>();
  let free = 0;
  for (const entry of [...entries].sort((a, b) => a.header - b.header)) {
    if (entry.header < free)
      refuse('damaged', entry.header, `the record ${quote(entry.name)} overlaps another.`);
    const start = wanted(entry.name) ? await dataStart(source, entry, refuse) : entry.header + LOCAL_LENGTH;
    free = start + entry.packedSize;
    if (free > directory.start) {
      refuse('damaged', entry.header, `the record ${quote(entry.name)} reaches into the zip directory.`);
    }
    if (records.has(entry.name))
      refuse('damaged', entry.header, `the record ${quote(entry.name)} is there twice.`);
    const { name, size, packedSize, deflated, crc } = entry;
    records.set(name, { name, size, start, packedSize, deflated, crc });
  }
  const unpacked = [...records.values()].reduce((sum, { deflated, size }) => sum + (deflated ? size : 0), 0);
  if (unpacked > unfoldLimit(source.size)) {
    refuse(
      'too-large',
      directory.start,
      `${source.size} bytes that unpack to ${unpacked}; unpack and zip it without compression.`,
    );
  }
  return records;
}

/** All bytes of a small record. */
export async function readRecord(
  source: RandomAccess,
  record: ZipRecord,
  refuse: Refuse,
): Promise<Uint8Array> {
  const { name, start, packedSize, size, deflated } = record;
  const stored = await readExactly(source, start, packedSize, `the record ${quote(name)}`, refuse);
  const bytes = deflated ? await inflate(stored, size, start, refuse) : stored;
  requireCrc(record, crc32(bytes), refuse);
  return bytes;
}

/** Reads a stored record once, in pieces, against its checksum. */
export async function verifyRecord(source: RandomAccess, record: ZipRecord, refuse: Refuse): Promise<void> {
  let crc = 0;
  const pieces = chunks(source, record.start, record.size, `the record ${quote(record.name)}`, refuse);
  for await (const piece of pieces) crc = crc32(piece, crc);
  requireCrc(record, crc, refuse);
}

function requireCrc({ name, start, crc }: ZipRecord, found: number, refuse: Refuse): void {
  if (found === crc) return;
  const [is, said] = [found, crc].map((value) => value.toString(16).padStart(8, '0'));
  refuse(
    'damaged',
    start,
    `the record ${quote(name)} has the checksum ${is}, but was saved with ${said}; copy the file again.`,
  );
}

async function findDirectory(source: RandomAccess, refuse: Refuse): Promise<Directory> {
  const length = Math.min(source.size, END_LENGTH + LONGEST_COMMENT + LOCATOR64_LENGTH + END64_LENGTH);
  const base = source.size - length;
  const tail = await readExactly(source, base, length, 'the end of the zip archive', refuse);
  const view = viewOf(tail);
  for (let at = length - END_LENGTH; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_LENGTH + view.getUint16(at + 20, true) !== length)
      continue;
    return readEnd(source, view, at, base, refuse);
  }
  return refuse(
    'truncated',
    source.size,
    'the zip archive has no directory at its end; the file is cut short.',
  );
}

async function readEnd(
  source: RandomAccess,
  view: DataView,
  at: number,
  base: number,
  refuse: Refuse,
): Promise<Directory> {
  const here = base + at;
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const counts = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)] as const;
  if (disks.some((disk) => disk !== 0) || counts[0] !== counts[1]) {
    refuse('damaged', here, 'the zip archive claims to be one of several parts.');
  }
  const short = {
    count: counts[0],
    size: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
  };
  const isLong = at >= LOCATOR64_LENGTH && view.getUint32(at - LOCATOR64_LENGTH, true) === LOCATOR64;
  const { directory, end } = isLong
    ? await readEnd64(source, view, at - LOCATOR64_LENGTH, base, short, refuse)
    : { directory: short, end: here };
  const { start, size, count } = directory;
  if (start + size !== end) {
    refuse(
      'damaged',
      here,
      `the zip directory should lie at ${start} to ${start + size}, but ends at ${end}.`,
    );
  }
  if (size > LONGEST_DIRECTORY || count > MOST_RECORDS) {
    refuse(
      'too-large',
      here,
      `the zip directory has ${count} records in ${size} bytes, more than the ${MOST_RECORDS} in ${LONGEST_DIRECTORY} that are read.`,
    );
  }
  if (count * ENTRY_LENGTH > size)
    refuse('damaged', here, `${count} records do not fit a zip directory of ${size} bytes.`);
  return directory;
}

/** The long form, which PyTorch always writes too. Where the short form says something, both must agree. */
async function readEnd64(
  source: RandomAccess,
  tail: DataView,
  locator: number,
  base: number,
  short: Directory,
  refuse: Refuse,
) {
  const end = Number(tail.getBigUint64(locator + 8, true));
  if (end + END64_LENGTH > base + locator) {
    refuse('damaged', base + locator, `the zip archive points to an end at byte ${end}, which is not there.`);
  }
  const bytes = await readExactly(source, end, END64_LENGTH, 'the long end of the zip archive', refuse);
  const view = viewOf(bytes);
  const length = Number(view.getBigUint64(4, true)) + 12;
  if (view.getUint32(0, true) !== END64 || end + length !== base + locator) {
    refuse('damaged', end, 'the long end of the zip archive is damaged.');
  }
  const [onDisk, count, size, start] = [24, 32, 40, 48].map((at) => Number(view.getBigUint64(at, true))) as [
    number,
    number,
    number,
    number,
  ];
  const agrees =
    onDisk === count &&
    (short.count === ESCAPE16 || short.count === count) &&
    (short.size === ESCAPE32 || short.size === size) &&
    (short.start === ESCAPE32 || short.start === start);
  if (!agrees) refuse('damaged', end, 'the two ends of the zip archive contradict each other.');
  return { directory: { count, size, start }, end };
}

function readEntries(bytes: Uint8Array, { start, count }: Directory, refuse: Refuse): Entry[] {
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const here = start + at;
    if (at + ENTRY_LENGTH > bytes.length || view.getUint32(at, true) !== ENTRY) {
      return refuse('damaged', here, `entry ${i} of ${count} in the zip directory is missing or damaged.`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    ) as [number, number, number];
    const extraAt = at + ENTRY_LENGTH + nameLength;
    const next = extraAt + extraLength + commentLength;
    if (next > bytes.length) refuse('damaged', here, `entry ${i} of the zip directory is cut short.`);
    const name = readName(bytes.subarray(at + ENTRY_LENGTH, extraAt), here, refuse);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    if (flags & ENCRYPTED) refuse('unsupported', here, `the record ${quote(name)} is encrypted.`);
    if (method !== 0 && method !== 8) {
      refuse(
        'unsupported',
        here,
        `the record ${quote(name)} is compressed by method ${method}; only stored and deflated ones are read.`,
      );
    }
    const fields: [number, number, number] = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ];
    const extra = bytes.subarray(extraAt, extraAt + extraLength);
    const [size, packedSize, header] = longFields(fields, extra, here, refuse);
    if (method === 0 && size !== packedSize) {
      refuse(
        'damaged',
        here,
        `the record ${quote(name)} is not compressed, but of ${packedSize} and ${size} bytes.`,
      );
    }
    entries.push({
      name,
      size,
      packedSize,
      header,
      flags,
      method,
      deflated: method === 8,
      crc: view.getUint32(at + 16, true),
    });
    at = next;
  }
  if (at !== bytes.length)
    refuse('damaged', start + at, `the zip directory goes on after its ${count} entries.`);
  return entries;
}

function readName(bytes: Uint8Array, offset: number, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('damaged', offset, 'the name of a record is not UTF-8.');
  }
}

/** Fields that say 0xffffffff stand in the extra field 1, in their order, in 64 bits. */
function longFields(
  fields: [number, number, number],
  extra: Uint8Array,
  offset: number,
  refuse: Refuse,
): [number, number, number] {
  if (!fields.includes(ESCAPE32)) return fields;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && at + 4 + length <= extra.length) {
      let from = at + 4;
      return fields.map((field) => {
        if (field !== ESCAPE32) return field;
        if (from + 8 > at + 4 + length)
          return refuse('damaged', offset, 'a long size in the zip directory is cut short.');
        from += 8;
        return Number(view.getBigUint64(from - 8, true));
      }) as [number, number, number];
    }
    at += 4 + length;
  }
  return refuse('damaged', offset, 'a long size in the zip directory is missing.');
}

/** Where a record's bytes begin: after its own header, which must say the same as the directory. */
async function dataStart(source: RandomAccess, entry: Entry, refuse: Refuse): Promise<number> {
  const { name, header, method, flags } = entry;
  const bytes = await readExactly(source, header, LOCAL_LENGTH, `the header of ${quote(name)}`, refuse);
  const view = viewOf(bytes);
  const nameLength = view.getUint16(26, true);
  const extraLength = view.getUint16(28, true);
  if (view.getUint32(0, true) !== LOCAL)
    refuse('damaged', header, `there is no record ${quote(name)} where the zip directory says.`);
  const rest = await readExactly(
    source,
    header + LOCAL_LENGTH,
    nameLength + extraLength,
    `the header of ${quote(name)}`,
    refuse,
  );
  const ownName = readName(rest.subarray(0, nameLength), header, refuse);
  const ownFlags = view.getUint16(6, true);
  if (ownName !== name || view.getUint16(8, true) !== method || (ownFlags & ENCRYPTED) !== 0) {
    refuse(
      'damaged',
      header,
      `the record ${quote(name)} calls itself ${quote(ownName)}, or is packed in another way than the directory says.`,
    );
  }
  if (!(flags & SIZES_FOLLOW) && !(ownFlags & SIZES_FOLLOW)) {
    const fields: [number, number, number] = [view.getUint32(22, true), view.getUint32(18, true), 0];
    const [size, packedSize] = longFields(fields, rest.subarray(nameLength), header, refuse);
    if (size !== entry.size || packedSize !== entry.packedSize || view.getUint32(14, true) !== entry.crc) {
      refuse('damaged', header, `the record ${quote(name)} and the zip directory contradict each other.`);
    }
  }
  return header + LOCAL_LENGTH + nameLength + extraLength;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
