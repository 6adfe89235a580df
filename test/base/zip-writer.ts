/** Writes ZIP archives in every way that honest programs do, and in the ways of those that are not. */
import { crc32, deflateRawSync } from 'node:zlib';

/** One record; what is not said follows from the content. */
export interface WrittenRecord {
  readonly name: string | Uint8Array;
  readonly content: Uint8Array;
  readonly deflated?: boolean;
  /** Checksum and sizes stand behind the data, as where the output could not be rewound. */
  readonly sizesFollow?: boolean;
  /** Long sizes in its own header: with the short ones (Python before 3.11.4) or in their place (since). */
  readonly long?: 'beside' | 'instead';
  /** Long sizes and place in the directory. */
  readonly longEntry?: boolean;
  /** Bytes of another extra field of its own header. */
  readonly more?: number;
  /** Bytes between it and the one before. */
  readonly gap?: number;
  /** What its own header says, where that is something else than the directory does. */
  readonly own?: {
    readonly name?: string;
    readonly method?: number;
    readonly size?: number;
    readonly crc?: number;
    readonly flags?: number;
  };
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly packedSize?: number;
  /** Where the directory says that it begins, where it does not. */
  readonly header?: number;
}

export interface WrittenEnd {
  /** The long form too, in which what the short one says may be left open. */
  readonly long?: 'beside' | 'instead';
  readonly comment?: string;
  /** Behind everything. */
  readonly after?: number;
  /** Between the directory and its end. */
  readonly gap?: number;
  readonly count?: number;
  readonly longCount?: number;
  readonly disk?: number;
}

const SIZES_FOLLOW = 8;
const ALL_ONES = 0xffff_ffff;

export function zipOf(records: readonly WrittenRecord[], end: WrittenEnd = {}): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  const put = (...bytes: Buffer[]) => {
    for (const part of bytes) at += part.length;
    parts.push(...bytes);
  };
  for (const record of records) {
    put(Buffer.alloc(record.gap ?? 0));
    entries.push(putRecord(record, at, put));
  }
  const [start, directory] = [at, Buffer.concat(entries)];
  put(directory, Buffer.alloc(end.gap ?? 0));
  putEnd(records.length, start, directory.length, at, end, put);
  return Uint8Array.from(Buffer.concat(parts));
}

/** Puts header and data, and gives the entry of the directory. */
function putRecord(record: WrittenRecord, header: number, put: (...bytes: Buffer[]) => void): Buffer {
  const { content, deflated = false, sizesFollow = false, long, longEntry, own = {} } = record;
  const raw = (name: string | Uint8Array) =>
    typeof name === 'string' ? Buffer.from(name) : Buffer.from(name);
  const name = raw(record.name);
  const packed = deflated ? deflateRawSync(content) : Buffer.from(content);
  const method = record.method ?? (deflated ? 8 : 0);
  const flags = (record.flags ?? 0) | (sizesFollow ? SIZES_FOLLOW : 0);
  const crc = record.crc ?? crc32(content);
  const [size, packedSize] = [record.size ?? content.length, record.packedSize ?? packed.length];
  const ownName = raw(own.name ?? name);
  const [ownCrc, ownSize, ownPacked] = sizesFollow
    ? [0, 0, 0]
    : [own.crc ?? crc, own.size ?? size, packedSize];
  const { more = 0 } = record;
  const ownExtra = Buffer.concat([
    ...(more > 0 ? [u16(0x4246, more), Buffer.alloc(more)] : []),
    ...(long ? [extra(ownSize, ownPacked)] : []),
  ]);
  const short = (value: number) => (long === 'instead' ? ALL_ONES : value);
  put(
    u32(0x0403_4b50),
    u16(long ? 45 : 20, own.flags ?? flags, own.method ?? method, 0, 0x21),
    u32(ownCrc, short(ownPacked), short(ownSize)),
    u16(ownName.length, ownExtra.length),
    ...[ownName, ownExtra, packed],
  );
  if (sizesFollow) put(u32(0x0807_4b50, crc), ...(long ? [u64(packedSize, size)] : [u32(packedSize, size)]));
  const place = record.header ?? header;
  // Another extra field first, so that one has to be passed over.
  const entryExtra = longEntry
    ? Buffer.concat([u16(0x5455, 1), Buffer.of(0), extra(size, packedSize, place)])
    : Buffer.alloc(0);
  const [said, saidPacked, saidPlace] = longEntry
    ? [ALL_ONES, ALL_ONES, ALL_ONES]
    : [size, packedSize, place];
  return Buffer.concat([
    u32(0x0201_4b50),
    u16(20, 20, flags, method, 0, 0x21),
    u32(crc, saidPacked as number, said as number),
    u16(name.length, entryExtra.length, 0, 0, 0),
    u32(0, saidPlace as number),
    ...[name, entryExtra],
  ]);
}

function putEnd(
  records: number,
  start: number,
  size: number,
  at: number,
  { long, comment = '', after = 0, count = records, longCount = count, disk = 0 }: WrittenEnd,
  put: (...bytes: Buffer[]) => void,
): void {
  if (long) {
    put(u32(0x0606_4b50), u64(44), u16(45, 45), u32(0, 0), u64(longCount, longCount, size, start));
    put(u32(0x0706_4b50, 0), u64(at), u32(1));
  }
  const open = long === 'instead';
  const [n, bytes, first] = open ? [0xffff, ALL_ONES, ALL_ONES] : [count, size, start];
  put(u32(0x0605_4b50), u16(disk, disk, n as number, n as number), u32(bytes as number, first as number));
  put(u16(comment.length), Buffer.from(comment), Buffer.alloc(after));
}

function extra(...sizes: number[]): Buffer {
  return Buffer.concat([u16(1, 8 * sizes.length), u64(...sizes)]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt16LE(value, 2 * i);
  });
  return bytes;
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  return bytes;
}

function u64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => {
    bytes.writeBigUInt64LE(BigInt(value), 8 * i);
  });
  return bytes;
}
