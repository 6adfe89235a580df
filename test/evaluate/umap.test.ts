import { expect, it } from 'vitest';
import { RandomStream } from '../../data/index.ts';
import { pca, umap } from '../../evaluate/index.ts';

const DIM = 6;

/** Rows of three clouds in turn. */
function clouds(count: number): Float64Array {
  const stream = new RandomStream(5);
  return Float64Array.from(
    { length: count * DIM },
    (_, at) => 6 * Number(Math.floor(at / DIM) % 3 === at % DIM) + stream.normal(),
  );
}

it('keeps clouds apart, the same for the same seed', async () => {
  const values = clouds(60);
  const found = pca(values, DIM);
  const parts: number[] = [];
  const map = await umap(found, values, {
    ...{ neighbours: 10, seed: 1 },
    onProgress: (epoch, epochs) => void parts.push(epoch / epochs),
  });
  expect(map).toHaveLength(120);
  expect(parts.at(-1)).toBe(1);
  expect(await umap(found, values, { neighbours: 10, seed: 1 })).toEqual(map);
  expect(await umap(found, values, { neighbours: 10, seed: 2 })).not.toEqual(map);
  const distance = (a: number, b: number) =>
    Math.hypot(
      (map[2 * a] as number) - (map[2 * b] as number),
      (map[2 * a + 1] as number) - (map[2 * b + 1] as number),
    );
  // The nearest of each is of its own cloud.
  for (let a = 0; a < 60; a++) {
    const others = Array.from({ length: 60 }, (_, b) => b).filter((b) => b !== a);
    const nearest = others.reduce((x, b) => (distance(a, b) < distance(a, x) ? b : x));
    expect(nearest % 3).toBe(a % 3);
  }
});

it('needs rows that have neighbours', async () => {
  const values = clouds(4);
  const found = pca(values, DIM);
  expect(await umap(found, values, { seed: 1 })).toHaveLength(8);
  await expect(umap(found, values.subarray(DIM), { seed: 1 })).rejects.toThrow(
    'UMAP of 3 rows; it needs at least 4.',
  );
});
