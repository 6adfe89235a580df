/** Reads stretches of BrainVision data files. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';

export interface SampleType {
  bytes: number;
  /** Fills `out` with the elements `step` bytes apart, from byte `at` on. */
  take(view: DataView, at: number, step: number, isLittleEndian: boolean, out: Float64Array): void;
}

// A loop a type: a call for each sample would take longer than all the rest.
export const SAMPLE_TYPES: ReadonlyMap<string, SampleType> = new Map<string, SampleType>([
  [
    'INT_16',
    {
      bytes: 2,
      take: (view, at, step, little, out) => {
        for (let i = 0, b = at; i < out.length; i++, b += step) out[i] = view.getInt16(b, little);
      },
    },
  ],
  [
    'UINT_16',
    {
      bytes: 2,
      take: (view, at, step, little, out) => {
        for (let i = 0, b = at; i < out.length; i++, b += step) out[i] = view.getUint16(b, little);
      },
    },
  ],
  [
    'INT_32',
    {
      bytes: 4,
      take: (view, at, step, little, out) => {
        for (let i = 0, b = at; i < out.length; i++, b += step) out[i] = view.getInt32(b, little);
      },
    },
  ],
  [
    'IEEE_FLOAT_32',
    {
      bytes: 4,
      take: (view, at, step, little, out) => {
        for (let i = 0, b = at; i < out.length; i++, b += step) out[i] = view.getFloat32(b, little);
      },
    },
  ],
]);

const BLOCK_BYTES = 1 << 23;

/** Where the samples of each channel lie. */
export interface SampleLayout {
  type: SampleType;
  isBigEndian: boolean;
  dataOffset: number;
  isVectorized: boolean;
  channels: number;
  /** Samples a channel by which the channels of a VECTORIZED file lie apart. */
  points: number;
}

/** Samples start ... start+count-1 of some channels, as stored; those that the file ends before are NaN. */
export async function readStored(
  source: ByteSource,
  layout: SampleLayout,
  asked: readonly number[],
  start: number,
  count: number,
): Promise<Float64Array[]> {
  const out = asked.map(() => new Float64Array(count).fill(Number.NaN));
  const { type, dataOffset, isVectorized, channels, points } = layout;
  if (isVectorized) {
    for (const [i, channel] of asked.entries()) {
      const offset = dataOffset + (channel * points + start) * type.bytes;
      await readRuns(source, layout, offset, 1, count, [{ first: 0, out: out[i] as Float64Array }]);
    }
    return out;
  }
  const offset = dataOffset + start * channels * type.bytes;
  const columns = asked.map((channel, i) => ({ first: channel, out: out[i] as Float64Array }));
  await readRuns(source, layout, offset, channels, count, columns);
  return out;
}

/** Reads `count` rows of `width` elements from a byte on, block by block, and takes some columns out of them. */
async function readRuns(
  source: ByteSource,
  { type, isBigEndian }: SampleLayout,
  offset: number,
  width: number,
  count: number,
  columns: readonly { first: number; out: Float64Array }[],
): Promise<void> {
  const rowBytes = width * type.bytes;
  const there = Math.min(count, Math.max(0, Math.floor((source.size - offset) / rowBytes)));
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  for (let row = 0; row < there; row += perBlock) {
    const rows = Math.min(perBlock, there - row);
    const bytes = await source.read(offset + row * rowBytes, rows * rowBytes);
    if (bytes.length < rows * rowBytes) {
      throw new FormatError(source.name, 'became shorter while it was read.', 'Try again.', {
        byte: offset + row * rowBytes + bytes.length,
      });
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const { first, out } of columns)
      type.take(view, first * type.bytes, rowBytes, !isBigEndian, out.subarray(row, row + rows));
  }
}
