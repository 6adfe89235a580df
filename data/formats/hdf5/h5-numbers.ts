/** Numbers of a dataset, by hyperslabs. */
import type { Dataset, Metadata } from 'h5wasm';
import { FormatError } from '../../errors.ts';
import { decodeElements } from '../array/elements.ts';
import type { Numbers } from '../array/stored.ts';
import type { LazyH5File } from './lazy-file.ts';

/** Bytes of a hyperslab, so that one read of the library stays short and its blocks few. */
const SLAB_BYTES = 1 << 22;
/** Of a chunk, which the library takes whole and inflated. */
const MAXIMUM_CHUNK_BYTES = 2 ** 28;
/** Larger ones are no more than this many times the file: what holds anything is hardly ever inflated more than this. */
const [USUAL_CHUNK_BYTES, MOST_INFLATION] = [2 ** 24, 50];
/** Classes and the size of a type. */
const [INTEGER, FLOAT, HALF_BYTES] = [0, 1, 2];

/** `plane` are the lengths of the axes that are longer than one. */
export function h5Numbers(
  file: LazyH5File,
  path: string,
  metadata: Metadata,
  plane: readonly [number, number],
): Numbers {
  const shape = metadata.shape ?? [];
  const long = shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  // A vector has the one long axis second in the plane, a number has none.
  const axisOf = (side: 0 | 1) => (long.length === 2 ? long[side] : side === 1 ? long[0] : undefined);
  const slab = (time: 0 | 1, from: number, to: number, start: number, end: number) =>
    file.run(`the samples of "${path}"`, (h5) => {
      const ranges = shape.map((length): [number, number] => [0, length]);
      const [across, along] = [axisOf((1 - time) as 0 | 1), axisOf(time)];
      if (across !== undefined) ranges[across] = [from, to];
      if (along !== undefined) ranges[along] = [start, end];
      const dataset = h5.get(path) as Dataset;
      // The library refuses halves where the runtime has no array of them; their bits are read as integers.
      if (isHalf(metadata))
        Object.defineProperty(dataset, 'metadata', { value: { ...metadata, type: INTEGER, signed: false } });
      // A number by itself, as of a rate, has no axis to take a part of.
      return numbersOf(
        shape.length === 0 ? listOf(dataset.value, metadata) : dataset.slice(ranges),
        metadata,
      );
    });
  return {
    plane,
    read: async (time, places, start, count) => {
      requireChunks(file, path, metadata);
      const out = places.map(() => new Float64Array(count));
      const width = metadata.size;
      // Where channels lie apart, each misses a block of its own, and a slab of all would be begun anew for each.
      const areApart = metadata.chunks === null && time === 1;
      for (const { from, to, members } of areApart ? singly(places) : runs(places)) {
        const block = Math.max(1, Math.floor(SLAB_BYTES / (width * (to - from))));
        for (let done = 0; done < count; done += block) {
          const frames = Math.min(block, count - done);
          const values = await slab(time, from, to, start + done, start + done + frames);
          const [perPlace, perFrame] = time === 1 ? [frames, 1] : [1, to - from];
          for (const index of members) {
            const signal = out[index] as Float64Array;
            const base = ((places[index] as number) - from) * perPlace;
            for (let f = 0; f < frames; f++) signal[done + f] = values[base + f * perFrame] as number;
          }
        }
      }
      return out;
    },
  };
}

function requireChunks(
  { name: file, size: stored }: LazyH5File,
  path: string,
  { chunks, size }: Metadata,
): void {
  const bytes = (chunks ?? []).reduce((product, length) => product * length, size);
  const most = Math.min(MAXIMUM_CHUNK_BYTES, Math.max(USUAL_CHUNK_BYTES, MOST_INFLATION * stored));
  if (bytes <= most) return;
  throw new FormatError(
    file,
    `stores "${path}" in chunks of ${bytes} bytes, more than the ${most} that are inflated at once of a file of ${stored} bytes.`,
    'Save it in smaller chunks.',
    { field: path, found: bytes, expected: `at most ${most}` },
  );
}

interface Run {
  from: number;
  to: number;
  members: number[];
}

function singly(places: readonly number[]): Run[] {
  return places.map((place, index) => ({ from: place, to: place + 1, members: [index] }));
}

/** Neighbouring places together: reading each by itself would fetch interleaved channels many times. */
function runs(places: readonly number[]): Run[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] as number) - (places[b] as number));
  const found: Run[] = [];
  for (const index of order) {
    const place = places[index] as number;
    const last = found.at(-1);
    if (last && place <= last.to) {
      last.to = Math.max(last.to, place + 1);
      last.members.push(index);
    } else found.push({ from: place, to: place + 1, members: [index] });
  }
  return found;
}

/** One number as the library lists several of its kind. */
function listOf(value: unknown, metadata: Metadata): ArrayLike<number> {
  const numbers = ArrayBuffer.isView(value)
    ? Array.from(value as unknown as ArrayLike<number>, Number)
    : [Number(value)];
  return isHalf(metadata) ? Uint16Array.from(numbers) : Float64Array.from(numbers);
}

function isHalf({ size, type }: Metadata): boolean {
  return type === FLOAT && size === HALF_BYTES;
}

function numbersOf(value: unknown, metadata: Metadata): ArrayLike<number> {
  if (value instanceof BigInt64Array || value instanceof BigUint64Array)
    return Float64Array.from(value as BigInt64Array, Number);
  if (isHalf(metadata)) {
    const { buffer, byteOffset, byteLength } = value as Uint16Array;
    return decodeElements(new Uint8Array(buffer, byteOffset, byteLength), {
      kind: 'float16',
      bigEndian: false,
    });
  }
  return value as ArrayLike<number>;
}
