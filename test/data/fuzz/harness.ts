/** Damages files, and holds what comes of it to the rules: a sentence of ours, or the samples that are still there. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ByteSource } from '../../../base/bytes.ts';
import { SignalError } from '../../../data/errors.ts';
import type { FileEntry } from '../../../data/formats/format.ts';
import type { Recording } from '../../../data/recording.ts';

/** Cases of a property: FAST_CHECK_NUM_RUNS where given, else `count` times SPOTR_FUZZ. */
export function cases(count: number): number {
  const { FAST_CHECK_NUM_RUNS, SPOTR_FUZZ } = process.env;
  return FAST_CHECK_NUM_RUNS ? Number(FAST_CHECK_NUM_RUNS) : Math.ceil(count * Number(SPOTR_FUZZ ?? 1));
}

/** Bytes that opening may ask for: twice what is there, and some. */
const allowance = (size: number) => 2 * size + 65_536;

export interface Damage {
  /** Places and bytes to write there. */
  edits: [number, number][];
  /** To cut to. */
  length: number;
}

/** Damage to bytes from `from` on. */
export function damage(size: number, from = 0): fc.Arbitrary<Damage> {
  const place = fc.integer({ min: from, max: size - 1 });
  const value = fc.oneof(fc.constantFrom(32, 45, 46, 48, 57, 0), fc.nat(255));
  return fc.record({
    edits: fc.array(fc.tuple(place, value), { maxLength: 6 }),
    length: fc.oneof(fc.constant(size), fc.integer({ min: from, max: size })),
  });
}

export function damaged(bytes: Uint8Array, { edits, length }: Damage): Uint8Array {
  const copy = bytes.slice();
  for (const [place, value] of edits) copy[place] = value;
  return copy.subarray(0, length);
}

/** Numbers that no header should be believed. */
const LIES = [
  ...['-1', '0', '1', '2', '7', '65536', '99999999', '2147483648', '4294967297', '9007199254740993'],
  ...['-99999999', '1e308', '1e-308', 'NaN', 'Infinity', '0x10', '1.5', '-0', '', '999999999999999999999999'],
];
export const lie = fc.constantFrom(...LIES);

/** A text in which some numbers are replaced by others that make no sense. */
export function lies(text: string): fc.Arbitrary<string> {
  const numbers = [...text.matchAll(/\d+(\.\d+)?/g)];
  return fc.array(fc.tuple(fc.nat(numbers.length - 1), lie), { minLength: 1, maxLength: 3 }).map((chosen) => {
    const at = new Map(chosen.map(([index, value]) => [numbers[index]?.index, value]));
    return text.replaceAll(/\d+(\.\d+)?/g, (number, _, offset: number) => at.get(offset) ?? number);
  });
}

/** Files that count the bytes that are asked of them. */
export class CountedFiles {
  readonly entries: FileEntry[];
  readonly size: number;
  asked = 0;

  constructor(files: Readonly<Record<string, Uint8Array>>) {
    this.size = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
    this.entries = Object.entries(files).map(([path, bytes]) => ({
      path,
      open: async () => this.source(path, bytes),
    }));
  }

  source(name: string, bytes: Uint8Array): ByteSource {
    return {
      name,
      size: bytes.length,
      read: async (offset, length) => {
        // Other sources throw for such, or read something else.
        if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0))
          throw new RangeError(`bytes ${offset} to ${offset + length} of ${name} were asked for`);
        this.asked += length;
        return bytes.slice(offset, offset + length);
      },
    };
  }

  /** Does the thing, or fails with a sentence of ours, with few bytes. Undefined where it fails. */
  async attempt<T>(what: (entries: FileEntry[]) => Promise<T>): Promise<T | undefined> {
    try {
      return await what(this.entries);
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      expect(error.message).toMatch(/^damaged[^:]*: .{8,}/);
      return undefined;
    } finally {
      expect(this.asked).toBeLessThanOrEqual(allowance(this.size));
    }
  }
}

/** Reads the start and the end of every channel, and all annotations. */
export async function readSome(
  recording: Recording,
  mayBe: (value: number) => boolean = () => true,
): Promise<void> {
  for (const [index, { length, rate }] of recording.channels.entries()) {
    expect(Number.isSafeInteger(length) && length > 0 && rate > 0 && Number.isFinite(rate)).toBe(true);
    const count = Math.min(length, 1000);
    for (const start of [0, length - count]) {
      const [values] = (await recording.read([index], start, count)) as [Float64Array];
      expect(values.length).toBe(count);
      expect(values.every(mayBe)).toBe(true);
    }
  }
  for (const { at } of recording.gaps) expect(at).toBeGreaterThan(0);
  for (const { onset } of (await recording.annotations?.()) ?? []) expect(Number.isFinite(onset)).toBe(true);
}
