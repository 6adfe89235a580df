/** The central directory of a ZIP file (PKWARE's APPNOTE 6.3), as far as NPZ needs it: plain and deflated members, ZIP64. */
import { FormatError } from '../../errors.ts';
import { type ByteSource, decodeText } from '../../source/bytes.ts';
import { inflatedSource } from '../../source/inflate.ts';
import { partSource } from '../../source/part.ts';

export interface ZipMember {
  name: string;
  method: number;
  crc: number;
  packedBytes: number;
  bytes: number;
  headerOffset: number;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const [END, END64, LOCATOR64, ENTRY, LOCAL] = [
  0x0605_4b50, 0x0606_4b50, 0x0706_4b50, 0x0201_4b50, 0x0403_4b50,
];
const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED = 1;

/** Lists the members. Throws a FormatError where the directory is not there or reaches out of the file. */
export async function readZipDirectory(source: ByteSource): Promise<ZipMember[]> {
  const { offset, bytes } = await findDirectory(source);
  if (offset + bytes > source.size) {
    throw new FormatError(source.name, 'has a ZIP directory that reaches out of it.', 'Copy it again.', {
      byte: offset,
      field: 'directory size',
      found: bytes,
      expected: `at most ${source.size - offset}`,
    });
  }
  const directory = await source.read(offset, bytes);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const members: ZipMember[] = [];
  for (let at = 0; at + 46 <= directory.length && view.getUint32(at, true) === ENTRY; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    ) as [number, number, number];
    const extraAt = at + 46 + nameLength;
    const next = extraAt + extraLength + commentLength;
    if (next > directory.length) break;
    if (view.getUint16(at + 8, true) & ENCRYPTED) {
      throw new FormatError(source.name, 'is encrypted.', 'Unpack it and save it without a password.', {
        byte: offset + at,
      });
    }
    const [bytes64, packed64, offset64] = wide(view, extraAt, extraLength, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    members.push({
      name: decodeText(directory.subarray(at + 46, extraAt)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      bytes: bytes64,
      packedBytes: packed64,
      headerOffset: offset64,
    });
    at = next;
  }
  return members;
}

/** The bytes of a member: a plain one is read where it lies, a deflated one is inflated as far as it is read. */
export async function zipMemberSource(source: ByteSource, member: ZipMember): Promise<ByteSource> {
  const { headerOffset, packedBytes, bytes, method, name, crc } = member;
  const header = await source.read(headerOffset, 30);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const isHeader = header.length === 30 && view.getUint32(0, true) === LOCAL;
  const offset = isHeader ? headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true) : 0;
  if (!isHeader || offset + packedBytes > source.size) {
    throw new FormatError(source.name, `ends before its member "${name}".`, 'Copy it again.', {
      byte: Math.min(headerOffset, source.size),
      field: name,
    });
  }
  if (method === STORED) return partSource(source, offset, Math.min(bytes, packedBytes));
  if (method === DEFLATED)
    return inflatedSource({ source, offset, length: packedBytes, format: 'deflate-raw', size: bytes, crc });
  throw new FormatError(
    source.name,
    `packs its member "${name}" by method ${method}.`,
    'Save it with numpy.savez or numpy.savez_compressed.',
    { byte: headerOffset, field: name, found: method, expected: '0 (stored) or 8 (deflated)' },
  );
}

async function findDirectory(source: ByteSource): Promise<{ offset: number; bytes: number }> {
  const tailBytes = Math.min(source.size, END_BYTES + LONGEST_COMMENT);
  const base = source.size - tailBytes;
  const tail = await source.read(base, tailBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    const [bytes, offset] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    const isWide = at >= 20 && view.getUint32(at - 20, true) === LOCATOR64;
    return isWide ? findWide(source, Number(view.getBigUint64(at - 12, true))) : { offset, bytes };
  }
  throw new FormatError(
    source.name,
    'has no ZIP directory at its end.',
    'Copy it again: it may be cut short.',
    {
      byte: source.size,
    },
  );
}

async function findWide(source: ByteSource, at: number): Promise<{ offset: number; bytes: number }> {
  const record = at < source.size ? await source.read(at, 56) : new Uint8Array(0);
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  if (record.length === 56 && view.getUint32(0, true) === END64)
    return { bytes: Number(view.getBigUint64(40, true)), offset: Number(view.getBigUint64(48, true)) };
  throw new FormatError(source.name, 'has a ZIP64 directory that is not where it says.', 'Copy it again.', {
    byte: Math.min(at, source.size),
  });
}

/** Fields of 32 bits that are all ones stand, in this order, in the extra field of ZIP64. */
function wide(
  view: DataView,
  start: number,
  length: number,
  fields: [number, number, number],
): [number, number, number] {
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let from = at + 4;
    const end = Math.min(from + view.getUint16(at + 2, true), start + length);
    return fields.map((field) => {
      if (field !== 0xffff_ffff || from + 8 > end) return field;
      from += 8;
      return Number(view.getBigUint64(from - 8, true));
    }) as [number, number, number];
  }
  return fields;
}
