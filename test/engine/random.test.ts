import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, threefry2x32 } from '../../base/random.ts';
import { constantInit, kaimingUniform, normalInit } from '../../engine/init.ts';

const filled = (size: number, fill: (values: Float32Array) => void): Float32Array => {
  const values = new Float32Array(size);
  fill(values);
  return values;
};

function moments(values: Float32Array): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return { mean, variance: squares / values.length - mean * mean };
}

describe('threefry2x32', () => {
  // Known answers published with Random123 (tests/kat_vectors, "threefry2x32 20").
  it.each([
    { counter: [0, 0], key: [0, 0], words: [0x6b200159, 0x99ba4efe] },
    {
      counter: [0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: [0x1cb996fc, 0xbb002be7],
    },
    { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], words: [0xc4923a9c, 0x483df7a0] },
  ])('gives the published words for key $key', ({ counter, key, words }) => {
    const out = new Uint32Array(2);
    threefry2x32(key[0] ?? 0, key[1] ?? 0, counter[0] ?? 0, counter[1] ?? 0, out);
    expect([...out]).toEqual(words);
  });
});

describe('Random', () => {
  it('gives the same number for the same seed, stream and index, alone or in an array', () => {
    const size = 9001;
    const uniforms = filled(size, (values) => new Random(3, 'a').fillUniform(values, -2, 5));
    const normals = filled(size, (values) => new Random(3, 'a').fillNormal(values, 1, 0.5));
    const random = new Random(3).fork('a');
    fc.assert(
      fc.property(fc.nat(size - 1), (i) => {
        expect(uniforms[i]).toBe(Math.fround(-2 + 7 * random.uniform(i)));
        expect(normals[i]).toBe(Math.fround(1 + 0.5 * random.normal(i)));
      }),
      { seed: 1 },
    );
  });

  it('gives flows that share it, each at its own pace, what one alone gets', async () => {
    const drawn = async (random: Random, first: number) => {
      const values: number[] = [];
      for (let i = first; i < first + 20; i++) {
        values.push(random.uniform(i), random.normal(i), random.fork('a').uniform(i));
        if (i % 3 === first % 3) await null;
        const filled = new Float32Array(3);
        random.fillNormal(filled);
        values.push(...filled);
      }
      return values;
    };
    const shared = new Random(5, 'shared');
    const all = await Promise.all([drawn(shared, 0), drawn(shared, 1), drawn(shared, 100)]);
    for (const [index, first] of [0, 1, 100].entries())
      expect(all[index]).toEqual(await drawn(new Random(5, 'shared'), first));
  });

  it('keeps far indices apart', () => {
    const random = new Random(1);
    const far = [0, 2 ** 32, 2 ** 33, 2 ** 34, 2 ** 53 - 1].flatMap((i) => [
      random.uniform(i),
      random.normal(i),
    ]);
    expect(new Set(far).size).toBe(far.length);
  });

  it('gives every seed and every stream numbers of its own', () => {
    const streams = [
      new Random(0),
      new Random(1),
      new Random(-1),
      new Random(2 ** 32),
      new Random('a'),
      new Random('b'),
      new Random(0, ''),
      new Random(0, 'a'),
      new Random(0, 'a', 'b'),
      new Random(0, 'ab'),
      new Random(0, 'ba'),
      new Random(0, 'a\0'),
    ];
    const heads = streams.map((random) => [0, 1, 2, 3].map((i) => random.uniform(i)).join());
    expect(new Set(heads).size).toBe(streams.length);
    expect(new Random(7).uniform(0)).toBe(new Random('7').uniform(0));
  });

  it('is uniform, and normal', () => {
    const size = 200_000;
    const uniform = filled(size, (values) => new Random(5).fillUniform(values));
    const normal = filled(size, (values) => new Random(5).fillNormal(values));
    // Five standard errors of each moment.
    const near = (actual: number, expected: number, deviation: number) =>
      expect(Math.abs(actual - expected)).toBeLessThan((5 * deviation) / Math.sqrt(size));
    const [u, n] = [moments(uniform), moments(normal)];
    near(u.mean, 0.5, Math.sqrt(1 / 12));
    near(u.variance, 1 / 12, Math.sqrt(1 / 80 - 1 / 144));
    near(n.mean, 0, 1);
    near(n.variance, 1, Math.sqrt(2));
    near(normal.filter((value) => Math.abs(value) < 1).length / size, 0.682689, 0.4655);
    // Neighbours, which come from one pair of words, do not go together.
    let product = 0;
    for (let i = 0; i + 1 < size; i++) product += (normal[i] ?? 0) * (normal[i + 1] ?? 0);
    near(product / size, 0, 1);
    expect(Math.max(...uniform.subarray(0, 50_000))).toBeLessThan(1);
  });

  it('refuses what is not a seed or an index', () => {
    expect(() => new Random(1.5)).toThrow('Random: the seed is 1.5; it must be an integer');
    expect(() => new Random(1).uniform(-1)).toThrow('Random: index -1;');
    expect(() => new Random(1).normal(0.5)).toThrow('Random: index 0.5;');
  });
});

describe('initializers', () => {
  const random = new Random(11);

  it('kaimingUniform fills to the bound of the fan-in, each parameter in its own way', () => {
    const [a, b] = ['a', 'b'].map((name) => filled(5000, (v) => kaimingUniform(random, 16)(v, name)));
    const largest = Math.max(...(a ?? []).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(0.25);
    expect(largest).toBeGreaterThan(0.249);
    expect(a).not.toEqual(b);
    expect(filled(5000, (v) => kaimingUniform(new Random(11), 16)(v, 'a'))).toEqual(a);
    expect(() => kaimingUniform(random, 0)).toThrow('kaimingUniform: fan-in 0;');
  });

  it('normalInit and constantInit fill as they say', () => {
    const values = filled(5000, (v) => normalInit(random, { mean: 3, deviation: 0.1 })(v, 'a'));
    const { mean, variance } = moments(values);
    expect(mean).toBeCloseTo(3, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    expect([...filled(3, (v) => constantInit(0.5)(v, 'a'))]).toEqual([0.5, 0.5, 0.5]);
  });
});
