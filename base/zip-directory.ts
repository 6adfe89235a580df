/** The directory at the end of a zip archive (APPNOTE.TXT of PKWARE), in its short and its long form (ZIP64). */
import { type RandomAccess, type Refuse, readExactly, viewOf } from './bytes.ts';
import { quote } from './quote.ts';

/** What the directory says of one record. */
export interface ZipEntry {
  readonly name: string;
  /** The name as it stands there. */
  readonly rawName: Uint8Array;
  /** Unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly deflated: boolean;
  readonly crc: number;
  /** Where its own header begins. */
  readonly header: number;
  readonly flags: number;
}

export interface ZipDirectory {
  readonly start: number;
  readonly entries: readonly ZipEntry[];
}

export const ENCRYPTED = 0x2041;
export const STORED = 0;
export const DEFLATED = 8;

const END = 0x06054b50;
const END_LENGTH = 22;
const END64 = 0x06064b50;
const END64_LENGTH = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_LENGTH = 20;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LONGEST_COMMENT = 0xffff;
const ESCAPE16 = 0xffff;
const ESCAPE32 = 0xffffffff;
const UTF8_NAME = 0x800;
/** Bytes of the directory, and records in it: far beyond any archive of numbers. */
const LONGEST_DIRECTORY = 2 ** 23;
const MOST_RECORDS = 2 ** 16;

interface Place {
  readonly start: number;
  readonly size: number;
  readonly count: number;
}

/** Reads and checks it. With `legacyNames` names that are not UTF-8, and not said to be, are taken for Windows-1252. */
export async function readZipDirectory(
  source: RandomAccess,
  refuse: Refuse,
  legacyNames: boolean,
): Promise<ZipDirectory> {
  const place = await findDirectory(source, refuse);
  const bytes = await readExactly(source, place.start, place.size, 'the ZIP directory', refuse);
  return { start: place.start, entries: readEntries(bytes, place, refuse, legacyNames) };
}

async function findDirectory(source: RandomAccess, refuse: Refuse): Promise<Place> {
  const length = Math.min(source.size, END_LENGTH + LONGEST_COMMENT + LOCATOR64_LENGTH + END64_LENGTH);
  const base = source.size - length;
  const tail = await readExactly(source, base, length, 'the end of the ZIP archive', refuse);
  const view = viewOf(tail);
  for (let at = length - END_LENGTH; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_LENGTH + view.getUint16(at + 20, true) !== length)
      continue;
    return readEnd(source, view, at, base, refuse);
  }
  return refuse('truncated', source.size, 'there is no ZIP directory at its end; the file is cut short.');
}

async function readEnd(
  source: RandomAccess,
  view: DataView,
  at: number,
  base: number,
  refuse: Refuse,
): Promise<Place> {
  const here = base + at;
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const counts = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)] as const;
  if (disks.some((disk) => disk !== 0) || counts[0] !== counts[1])
    refuse('damaged', here, 'the ZIP archive claims to be one of several parts.');
  const short = {
    count: counts[0],
    size: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
  };
  const isLong = at >= LOCATOR64_LENGTH && view.getUint32(at - LOCATOR64_LENGTH, true) === LOCATOR64;
  const { place, end } = isLong
    ? await readEnd64(source, view, at - LOCATOR64_LENGTH, base, short, refuse)
    : { place: short, end: here };
  const { start, size, count } = place;
  if (start + size !== end)
    refuse(
      'damaged',
      here,
      `the ZIP directory should lie at ${start} to ${start + size}, but ends at ${end}.`,
    );
  if (size > LONGEST_DIRECTORY || count > MOST_RECORDS)
    refuse(
      'too-large',
      here,
      `the ZIP directory has ${count} records in ${size} bytes, more than the ${MOST_RECORDS} in ${LONGEST_DIRECTORY} that are read.`,
    );
  if (count * ENTRY_LENGTH > size)
    refuse('damaged', here, `${count} records do not fit a ZIP directory of ${size} bytes.`);
  return place;
}

/** The long form, which PyTorch always writes too. Where the short form says something, both must agree. */
async function readEnd64(
  source: RandomAccess,
  tail: DataView,
  locator: number,
  base: number,
  short: Place,
  refuse: Refuse,
): Promise<{ place: Place; end: number }> {
  const end = Number(tail.getBigUint64(locator + 8, true));
  if (end + END64_LENGTH > base + locator)
    refuse('damaged', base + locator, `the ZIP archive points to an end at byte ${end}, which is not there.`);
  const bytes = await readExactly(source, end, END64_LENGTH, 'the long end of the ZIP archive', refuse);
  const view = viewOf(bytes);
  const length = Number(view.getBigUint64(4, true)) + 12;
  if (view.getUint32(0, true) !== END64 || end + length !== base + locator)
    refuse('damaged', end, 'the long end of the ZIP archive is damaged.');
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
  if (!agrees) refuse('damaged', end, 'the two ends of the ZIP archive contradict each other.');
  return { place: { count, size, start }, end };
}

function readEntries(
  bytes: Uint8Array,
  { start, count }: Place,
  refuse: Refuse,
  legacyNames: boolean,
): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const here = start + at;
    if (at + ENTRY_LENGTH > bytes.length || view.getUint32(at, true) !== ENTRY)
      return refuse('damaged', here, `entry ${i} of ${count} in the ZIP directory is missing or damaged.`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    ) as [number, number, number];
    const extraAt = at + ENTRY_LENGTH + nameLength;
    const next = extraAt + extraLength + commentLength;
    if (next > bytes.length) refuse('damaged', here, `entry ${i} of the ZIP directory is cut short.`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const rawName = bytes.subarray(at + ENTRY_LENGTH, extraAt);
    const name = decodeName(rawName, legacyNames && (flags & UTF8_NAME) === 0);
    if (name === undefined) return refuse('damaged', here, 'the name of a record is not UTF-8.');
    if (flags & ENCRYPTED) refuse('unsupported', here, `the record ${quote(name)} is encrypted.`);
    if (method !== STORED && method !== DEFLATED)
      refuse(
        'unsupported',
        here,
        `the record ${quote(name)} is compressed by method ${method}; only stored and deflated ones are read.`,
      );
    const fields = [24, 20, 42].map((field) => view.getUint32(at + field, true)) as Sizes;
    const [size, packedSize, header] = longFields(
      fields,
      bytes.subarray(extraAt, extraAt + extraLength),
      here,
      refuse,
    );
    if (method === STORED && size !== packedSize)
      refuse(
        'damaged',
        here,
        `the record ${quote(name)} is not compressed, but of ${packedSize} and ${size} bytes.`,
      );
    const crc = view.getUint32(at + 16, true);
    entries.push({ name, rawName, size, packedSize, header, flags, deflated: method === DEFLATED, crc });
    at = next;
  }
  if (at !== bytes.length)
    refuse('damaged', start + at, `the ZIP directory goes on after its ${count} entries.`);
  return entries;
}

/** UTF-8; where `orLegacy` and it is none, what Windows writes in the west. Undefined where it is neither. */
function decodeName(bytes: Uint8Array, orLegacy: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return orLegacy ? new TextDecoder('windows-1252').decode(bytes) : undefined;
  }
}

/** Unpacked and packed size, and the place of the header; 0 where that is not told. */
type Sizes = [size: number, packedSize: number, header: number];

/** Fields that say 0xffffffff stand in the extra field 1, in their order, in 64 bits. */
export function longFields(fields: Sizes, extra: Uint8Array, offset: number, refuse: Refuse): Sizes {
  if (!fields.includes(ESCAPE32)) return fields;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && at + 4 + length <= extra.length) {
      let from = at + 4;
      return fields.map((field) => {
        if (field !== ESCAPE32) return field;
        if (from + 8 > at + 4 + length)
          return refuse('damaged', offset, 'a long size in the ZIP directory is cut short.');
        from += 8;
        return Number(view.getBigUint64(from - 8, true));
      }) as Sizes;
    }
    at += 4 + length;
  }
  return refuse('damaged', offset, 'a long size in the ZIP directory is missing.');
}
