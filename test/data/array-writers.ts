/** Writes NPY, NPZ and MAT files in memory, so that the readers are tested on any type, order and shape. */
import { deflateSync } from 'node:zlib';
import type { ElementKind } from '../../data/formats/array/elements.ts';
import { zipOf } from '../base/zip-writer.ts';

type Endian = 'little' | 'big';

const DESCR: Readonly<Record<ElementKind, string>> = {
  int8: 'i1',
  uint8: 'u1',
  int16: 'i2',
  uint16: 'u2',
  int32: 'i4',
  uint32: 'u4',
  int64: 'i8',
  uint64: 'u8',
  float16: 'f2',
  float32: 'f4',
  float64: 'f8',
};

/** The bytes of numbers in an order of bytes. Only halves that are whole numbers below 2048 are written. */
export function elementBytes(values: readonly number[], kind: ElementKind, endian: Endian): Uint8Array {
  const width = Number(DESCR[kind].slice(1));
  const view = new DataView(new ArrayBuffer(width * values.length));
  const little = endian === 'little';
  values.forEach((value, i) => {
    const at = i * width;
    if (kind === 'float64') view.setFloat64(at, value, little);
    else if (kind === 'float32') view.setFloat32(at, value, little);
    else if (kind === 'float16') view.setUint16(at, half(value), little);
    else if (width === 8) view.setBigInt64(at, BigInt(value), little);
    else if (width === 4) view.setInt32(at, value, little);
    else if (width === 2) view.setInt16(at, value, little);
    else view.setInt8(at, value);
  });
  return new Uint8Array(view.buffer);
}

function half(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.abs(value) / 2 ** exponent - 1;
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.round(fraction * 1024);
}

export interface NpySpec {
  kind: ElementKind;
  shape: readonly number[];
  /** In the order of the file. */
  values: readonly number[];
  endian?: Endian;
  fortran?: boolean;
  version?: 1 | 2 | 3;
}

export function npyBytes({
  kind,
  shape,
  values,
  endian = 'little',
  fortran = false,
  version = 1,
}: NpySpec): Uint8Array {
  const descr = `${kind.endsWith('int8') ? '|' : endian === 'big' ? '>' : '<'}${DESCR[kind]}`;
  const lengths = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  return npyOf(
    `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${lengths}), }`,
    elementBytes(values, kind, endian),
    version,
  );
}

export function npyOf(dictionary: string, data: Uint8Array, version = 1): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const text = `${dictionary.padEnd(64 * Math.ceil((prefix + dictionary.length + 1) / 64) - prefix - 1)}\n`;
  const size =
    version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  const header = [0x93, ...bytesOf('NUMPY'), version, 0, ...size, ...bytesOf(text)];
  return Uint8Array.from([...header, ...data]);
}

/** Texts as NumPy's <U type. */
export function npyTexts(texts: readonly string[]): Uint8Array {
  const width = Math.max(...texts.map((text) => text.length));
  const codes = texts.flatMap((text) => Array.from({ length: width }, (_, i) => text.charCodeAt(i) || 0));
  return npyOf(
    `{'descr': '<U${width}', 'fortran_order': False, 'shape': (${texts.length},), }`,
    elementBytes(codes, 'uint32', 'little'),
  );
}

/** A ZIP file of members, stored or deflated. */
export function zipBytes(members: Readonly<Record<string, Uint8Array>>, deflated = false): Uint8Array {
  return zipOf(Object.entries(members).map(([name, content]) => ({ name, content, deflated })));
}

export interface MatSpec {
  name: string;
  shape: readonly [number, number];
  /** Column by column. */
  values: readonly number[];
  kind: Exclude<ElementKind, 'float16'>;
  /** The values are letters. */
  isText?: boolean;
}

/** Lines of text as MATLAB's matrix of letters, one a row. */
export function matTexts(name: string, texts: readonly string[]): MatSpec {
  const width = Math.max(...texts.map(({ length }) => length));
  const values = Array.from({ length: width * texts.length }, (_, i) =>
    (texts[i % texts.length] as string).padEnd(width).charCodeAt(Math.floor(i / texts.length)),
  );
  return { name, shape: [texts.length, width], values, kind: 'uint16', isText: true };
}

const MAT_TYPES = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  float32: 7,
  float64: 9,
  int64: 12,
  uint64: 13,
};
const MAT_CLASSES = {
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  float32: 7,
  float64: 6,
  int64: 14,
  uint64: 15,
};

/** A MAT file of version 5, little-endian. */
export function matBytes(arrays: readonly MatSpec[], isCompressed = false): Uint8Array {
  const header = [...bytesOf('MATLAB 5.0 MAT-file, written by a test'.padEnd(124)), 0, 1, ...bytesOf('IM')];
  const elements = arrays.flatMap(({ name, shape, values, kind, isText }) => {
    const matrix = matElement(14, [
      ...matElement(6, u32(isText ? 4 : MAT_CLASSES[kind], 0)),
      ...matElement(5, u32(...shape)),
      ...matElement(1, bytesOf(name)),
      ...matElement(MAT_TYPES[kind], [...elementBytes(values, kind, 'little')]),
    ]);
    if (!isCompressed) return matrix;
    const packed = deflateSync(Uint8Array.from(matrix));
    return [...u32(15, packed.length), ...packed];
  });
  return Uint8Array.from([...header, ...elements]);
}

function matElement(type: number, data: readonly number[]): number[] {
  const padding = (8 - (data.length % 8)) % 8;
  return [...u32(type, data.length), ...data, ...new Array<number>(padding).fill(0)];
}

function u32(...values: number[]): number[] {
  return values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255));
}

function bytesOf(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0) & 255);
}
