/** Arrays of two axes that lie in a file, read by seeking. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { decodeElements, ELEMENT_BYTES, type ElementType } from './elements.ts';

/** Numbers of an array of at most two axes longer than one. */
export interface Numbers {
  /** Lengths of its axes; [1, n] for a vector, whichever way it lies. */
  readonly plane: readonly [number, number];
  /** Elements start ... start+count-1 along axis `time`, one array for each of some places along the other one. */
  read(time: 0 | 1, places: readonly number[], start: number, count: number): Promise<Float64Array[]>;
}

export interface Layout extends ElementType {
  plane: readonly [number, number];
  /** The first axis lies close together (Fortran, MATLAB) instead of the last (C, NumPy). */
  fortran: boolean;
  offset: number;
}

/** Bytes fetched at once, so that one channel of a long array does not load the array. */
const BLOCK_BYTES = 1 << 22;

/** Lengths other than one; undefined where more than two axes have them. */
export function planeOf(shape: readonly number[]): [number, number] | undefined {
  const long = shape.filter((length) => length !== 1);
  if (long.length > 2) return undefined;
  // [n, 1] keeps its axes: nothing else distinguishes columns from rows.
  if (long.length === 2) return [long[0] as number, long[1] as number];
  return [1, long[0] ?? 1];
}

/** An array that lies in one piece in a source. The caller has checked that it is all there. */
export function storedNumbers(source: ByteSource, layout: Layout): Numbers {
  const { plane, fortran, offset } = layout;
  const width = ELEMENT_BYTES[layout.kind];
  const close = fortran ? 0 : 1;
  const fetch = async (first: number, count: number): Promise<ArrayLike<number>> => {
    const at = offset + first * width;
    const bytes = await source.read(at, count * width);
    if (bytes.length === count * width) return decodeElements(bytes, layout);
    throw new FormatError(source.name, 'became shorter while it was read.', 'Try again.', { byte: at });
  };
  return {
    plane,
    read: async (time, places, start, count) => {
      const out = places.map(() => new Float64Array(count));
      if (time === close) {
        const block = BLOCK_BYTES / width;
        for (const [i, place] of places.entries()) {
          for (let done = 0; done < count; done += block) {
            const first = place * plane[close] + start + done;
            (out[i] as Float64Array).set(await fetch(first, Math.min(block, count - done)), done);
          }
        }
        return out;
      }
      const stride = plane[close];
      const block = Math.max(1, Math.floor(BLOCK_BYTES / (stride * width)));
      for (let done = 0; done < count; done += block) {
        const frames = Math.min(block, count - done);
        const values = await fetch((start + done) * stride, frames * stride);
        places.forEach((place, i) => {
          const signal = out[i] as Float64Array;
          for (let f = 0; f < frames; f++) signal[done + f] = values[f * stride + place] as number;
        });
      }
      return out;
    },
  };
}
