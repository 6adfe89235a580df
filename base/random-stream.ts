/**
 * Counter-based random numbers: every draw is a hash of (seed, stream path, counter), so any draw can be had again
 * without replaying the ones before it. Integers and uniforms use 32-bit integer arithmetic only and are the same
 * on every platform; `normal` also uses Math.log, Math.sin and Math.cos, which engines may round differently in
 * the last bit.
 *
 * data/ draws from this one (signals, orders, splits), all other rooms from random.ts: the bits of both are in results that exist.
 */
import { angle, radius, TWO_POW_32 } from './box-muller.ts';

const GOLDEN = 0x9e3779b9;
/** One over the deviation of a sum of four bytes, each of variance (256^2 - 1) / 12. */
const NOISE_SCALE = Math.sqrt(3 / 65535);

/** A bijection of 32-bit words with near-ideal avalanche ("triple32", Chris Wellons, hash-prospector, 2018). */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 17), 0xed5ad4bb);
  h = Math.imul(h ^ (h >>> 11), 0xac4c1b51);
  h = Math.imul(h ^ (h >>> 15), 0x31848bab);
  return h ^ (h >>> 14);
}

/** One stream of random numbers, named by a seed and a path of integers (for example modality, subject, window). */
export class RandomStream {
  private readonly key0: number;
  private readonly key1: number;
  private counter = 0;
  private spareNormal: number | undefined;

  /** Each of `seed` and `path` is a safe integer of at least 0; anything else throws a RangeError. */
  constructor(seed: number, ...path: readonly number[]) {
    // The key is 64 bits wide: with 32, two of some 65,000 streams would be likely to be the same.
    let a = GOLDEN;
    let b = path.length + 1;
    for (const word of [seed, ...path]) {
      if (!Number.isSafeInteger(word) || word < 0) {
        throw new RangeError(`A random stream is named by integers of at least 0, got ${word}.`);
      }
      const low = (word % TWO_POW_32) | 0;
      const high = Math.floor(word / TWO_POW_32) | 0;
      a = mix(a ^ mix(low + b));
      b = mix(b + mix(high ^ a) + GOLDEN);
    }
    this.key0 = a;
    this.key1 = b;
  }

  /** The `counter`-th draw of this stream, whatever was drawn before: an integer in [0, 2^32). */
  u32At(counter: number): number {
    return mix(mix(counter ^ this.key0) + this.key1) >>> 0;
  }

  /** The next integer in [0, 2^32). */
  u32(): number {
    return this.u32At(this.counter++);
  }

  /** The next number in [low, high), with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.u32() / TWO_POW_32);
  }

  /** The next integer in [0, count). */
  integer(count: number): number {
    return Math.floor((this.u32() / TWO_POW_32) * count);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /**
   * The next sample of bell-shaped noise with mean 0 and deviation 1: the sum of the four bytes of one draw. Its
   * tails end at 3.45; it is some five times cheaper than `normal`, and the same on every platform.
   */
  noise(): number {
    const bits = this.u32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    return (sum - 510) * NOISE_SCALE;
  }

  /** The next number from the normal distribution (Box-Muller). */
  normal(mean = 0, deviation = 1): number {
    let value = this.spareNormal;
    if (value === undefined) {
      const [length, turn] = [radius(this.u32()), angle(this.u32())];
      value = length * Math.cos(turn);
      this.spareNormal = length * Math.sin(turn);
    } else {
      this.spareNormal = undefined;
    }
    return mean + deviation * value;
  }
}

/** The numbers 0 ... count-1 in an order that depends on the stream alone (Fisher-Yates). */
export function permutation(count: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}
