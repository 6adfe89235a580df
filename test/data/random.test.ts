import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation, RandomStream } from '../../base/random-stream.ts';

describe('RandomStream', () => {
  it('gives the same draws for the same name, and other draws for another name', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (seed, stream) => {
        const draws = (...name: [number, ...number[]]) => {
          const random = new RandomStream(...name);
          return Array.from({ length: 4 }, () => random.u32());
        };
        expect(draws(seed, stream)).toEqual(draws(seed, stream));
        expect(draws(seed, stream)).not.toEqual(draws(seed, stream, 0));
        expect(draws(seed, stream)).not.toEqual(draws(seed, stream === 0 ? 1 : stream - 1));
        expect(draws(seed)).not.toEqual(draws(seed, 0));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('holds the draws of one named stream for ever, so that old runs can be had again', () => {
    const random = new RandomStream(42, 7);
    expect([random.u32(), random.u32(), random.u32()]).toEqual([4117629710, 2740056388, 2127060138]);
  });

  it('draws by counter what it draws in order', () => {
    const random = new RandomStream(3, 1, 4);
    const inOrder = Array.from({ length: 10 }, () => random.u32());
    expect(Array.from({ length: 10 }, (_, i) => random.u32At(i))).toEqual(inOrder);
  });

  it('refuses names that are not whole numbers', () => {
    expect(() => new RandomStream(0.5)).toThrow(/0\.5/);
    expect(() => new RandomStream(1, -2)).toThrow(/-2/);
  });

  it('has the moments of its distributions, and neighbouring streams do not correlate', () => {
    const count = 100_000;
    const a = new RandomStream(1, 0);
    const b = new RandomStream(1, 1);
    const moments = (draw: () => number) => {
      let [sum, square, fourth] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        const x = draw();
        sum += x;
        square += x * x;
        fourth += x ** 4;
      }
      return [sum / count, square / count, fourth / count] as const;
    };
    const normal = moments(() => a.normal());
    expect(normal[0]).toBeCloseTo(0, 1);
    expect(normal[1]).toBeCloseTo(1, 1);
    expect(Math.abs(normal[2] - 3)).toBeLessThan(0.15);
    const noise = moments(() => a.noise());
    expect(Math.abs(noise[0])).toBeLessThan(0.015);
    expect(Math.abs(noise[1] - 1)).toBeLessThan(0.02);
    const uniform = moments(() => a.uniform());
    expect(Math.abs(uniform[0] - 0.5)).toBeLessThan(0.005);
    expect(Math.abs(uniform[1] - 1 / 3)).toBeLessThan(0.005);
    let cross = 0;
    for (let i = 0; i < count; i++) cross += a.noise() * b.noise();
    expect(Math.abs(cross / count)).toBeLessThan(0.015);
  });
});

describe('permutation', () => {
  it('holds every index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), (count, seed) => {
        const order = permutation(count, new RandomStream(seed));
        expect([...order].sort((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  it('puts each index in each place about equally often', () => {
    const counts = new Array<number>(16).fill(0);
    for (let seed = 0; seed < 8000; seed++) {
      permutation(4, new RandomStream(seed)).forEach((value, place) => {
        counts[value * 4 + place] = (counts[value * 4 + place] as number) + 1;
      });
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
