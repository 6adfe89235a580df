import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, threefry2x32 } from '../../base/random.ts';
import { RandomStream } from '../../base/random-stream.ts';

/** Box and Muller's pair, written out. */
function pair(a: number, b: number): [number, number] {
  const length = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32));
  const turn = ((2 * Math.PI) / 2 ** 32) * b;
  return [length * Math.cos(turn), length * Math.sin(turn)];
}

describe('normal numbers keep their bits', () => {
  it('of a RandomStream: a pair from two draws, whatever is drawn between', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.boolean(), (seed, between) => {
        const [random, words] = [new RandomStream(seed, 1), new RandomStream(seed, 1)];
        const [cosine, sine] = pair(words.u32(), words.u32());
        expect(random.normal()).toBe(cosine);
        if (between) random.u32();
        expect(random.normal(5, 2)).toBe(5 + 2 * sine);
      }),
      { seed: 46 },
    );
  });

  it('of a Random: the pair of the words at their index', () => {
    // The empty stream of the seed "" has the key (0, 0) mixed with a name of no letters.
    const key = new Uint32Array(2);
    threefry2x32(0, 0, 0, 0x80000000, key);
    const words = new Uint32Array(2);
    const random = new Random('');
    for (let i = 0; i < 20; i++) {
      threefry2x32(key[0] as number, key[1] as number, Math.floor(i / 2), 0x40000000, words);
      expect(random.normal(i)).toBe(pair(words[0] as number, words[1] as number)[i % 2]);
    }
  });
});
