/**
 * Random numbers that are a pure function of (seed, stream, index): Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror
 * and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), a keyed mixing of a counter. Any number can be had
 * without the ones before it, and streams of different names do not depend on the order in which they are used.
 *
 * All rooms but data/ draw from this one, data/ from random-stream.ts: the bits of both are in results that exist.
 */

import { angle, radius, TWO_POW_32 } from './box-muller.ts';
import { describeValue } from './describe-value.ts';

const PARITY = 0x1bd11bda;

/** Kinds of draw differ in the high bits of the counter, so that no two ever mix the same counter. */
const UNIFORM = 0;
const NORMAL = 0x40000000;
const NAME = 0x80000000;

/** Two 32-bit words that are the key and the counter mixed; written to `out` at `at` and `at + 1`. */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at = 0,
): void {
  let a = key0 | 0;
  let b = key1 | 0;
  let c = a ^ b ^ PARITY;
  let x = (counter0 + a) | 0;
  let y = (counter1 + b) | 0;
  for (let group = 1; group <= 5; group++) {
    if (group & 1) {
      x = (x + y) | 0;
      y = ((y << 13) | (y >>> 19)) ^ x;
      x = (x + y) | 0;
      y = ((y << 15) | (y >>> 17)) ^ x;
      x = (x + y) | 0;
      y = ((y << 26) | (y >>> 6)) ^ x;
      x = (x + y) | 0;
      y = ((y << 6) | (y >>> 26)) ^ x;
    } else {
      x = (x + y) | 0;
      y = ((y << 17) | (y >>> 15)) ^ x;
      x = (x + y) | 0;
      y = ((y << 29) | (y >>> 3)) ^ x;
      x = (x + y) | 0;
      y = ((y << 16) | (y >>> 16)) ^ x;
      x = (x + y) | 0;
      y = ((y << 24) | (y >>> 8)) ^ x;
    }
    // The key words take turns.
    const next = a;
    a = b;
    b = c;
    c = next;
    x = (x + a) | 0;
    y = (y + b + group) | 0;
  }
  out[at] = x;
  out[at + 1] = y;
}

type Key = readonly [number, number];

/** The key of the stream called `name` under another key. */
function derive([key0, key1]: Key, name: string): Key {
  const state = new Uint32Array(2);
  threefry2x32(key0, key1, name.length, NAME, state);
  for (let i = 0; i < name.length; i += 2) {
    // The counter is added to what it became, so that two names cannot be steered to meet.
    const [first, second] = [name.charCodeAt(i), i + 1 < name.length ? name.charCodeAt(i + 1) : 0];
    threefry2x32(state[0] ?? 0, state[1] ?? 0, first, second, state);
    state[0] = (state[0] ?? 0) ^ first;
    state[1] = (state[1] ?? 0) ^ second;
  }
  return [state[0] ?? 0, state[1] ?? 0];
}

/** Words mixed at once when an array is filled. */
const CHUNK = 4096;

/**
 * One stream of random numbers, named by a seed and a path of names. `uniform` is the same on every platform; `normal`
 * uses Math.log, Math.cos and Math.sin, which JavaScript engines may round differently in the last bit.
 */
export class Random {
  readonly seed: number | string;
  readonly stream: readonly string[];
  readonly #key: Key;
  readonly #words = new Uint32Array(2);

  /** `seed` is a safe integer or any text; 7 and '7' are the same seed. */
  constructor(seed: number | string, ...stream: readonly string[]) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new RangeError(
        `Random: the seed is ${seed}; it must be an integer of at most 2^53 - 1, or text.`,
      );
    }
    if (typeof seed !== 'number' && typeof seed !== 'string') {
      throw new RangeError(`Random: the seed is ${describeValue(seed)}; it must be an integer or text.`);
    }
    for (const name of stream) {
      // A number has no characters: all such streams would be one.
      if (typeof name === 'string') continue;
      throw new RangeError(`Random: the name of a stream is ${describeValue(name)}; it must be text.`);
    }
    this.seed = seed;
    this.stream = stream;
    this.#key = [`${seed}`, ...stream].reduce<Key>(derive, [0, 0]);
  }

  /** The stream called `name` under this one; it shares nothing with it, nor with any other. */
  fork(name: string): Random {
    return new Random(this.seed, ...this.stream, name);
  }

  /** Number `i` of the stream in [0, 1), with 32 random bits. */
  uniform(i: number): number {
    checkIndex(i);
    this.#draw(UNIFORM, i);
    return (this.#words[i % 2] ?? 0) / TWO_POW_32;
  }

  /** Number `i` of the stream from the normal distribution of mean 0 and deviation 1 (Box-Muller). */
  normal(i: number): number {
    checkIndex(i);
    this.#draw(NORMAL, i);
    return gaussian(this.#words[0] ?? 0, this.#words[1] ?? 0, i);
  }

  /** Element i becomes `low + (high - low) uniform(i)`, rounded to f32 (so `high` itself can occur). */
  fillUniform(values: Float32Array, low = 0, high = 1): void {
    const factor = (high - low) / TWO_POW_32;
    this.#fill(UNIFORM, values, (words, at) => low + factor * (words[at] as number));
  }

  /** Element i becomes `mean + deviation normal(i)`, rounded to f32. */
  fillNormal(values: Float32Array, mean = 0, deviation = 1): void {
    this.#fill(NORMAL, values, (words, at) => {
      const even = at & ~1;
      return mean + deviation * gaussian(words[even] as number, words[even + 1] as number, at);
    });
  }

  /** The two words of the pair that index `i` belongs to. */
  #draw(kind: number, i: number): void {
    const pair = Math.floor(i / 2);
    const [key0, key1] = this.#key;
    threefry2x32(key0, key1, pair % TWO_POW_32, Math.floor(pair / TWO_POW_32) + kind, this.#words);
  }

  #fill(kind: number, values: Float32Array, value: (words: Uint32Array, at: number) => number): void {
    if (!(values instanceof Float32Array)) {
      throw new RangeError(
        `Random: what is to be filled is ${describeValue(values)}; it must be a Float32Array.`,
      );
    }
    const [key0, key1] = this.#key;
    const words = new Uint32Array(CHUNK);
    for (let from = 0; from < values.length; from += CHUNK) {
      const count = Math.min(CHUNK, values.length - from);
      for (let at = 0; at < count; at += 2) threefry2x32(key0, key1, (from + at) / 2, kind, words, at);
      for (let at = 0; at < count; at++) values[from + at] = value(words, at);
    }
  }
}

/** One of the two normal numbers that two random words make. */
function gaussian(first: number, second: number, index: number): number {
  const turn = angle(second);
  return radius(first) * (index % 2 === 0 ? Math.cos(turn) : Math.sin(turn));
}

function checkIndex(i: number): void {
  if (!Number.isSafeInteger(i) || i < 0) {
    throw new RangeError(`Random: index ${i}; it must be an integer from 0 to 2^53 - 1.`);
  }
}
