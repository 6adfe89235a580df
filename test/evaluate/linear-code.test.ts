import { describe, expect, it } from 'vitest';
import { costOfLinearCode, type LinearCode, linearCodeSteps } from '../../evaluate/index.ts';
import { finish } from '../../evaluate/steps.ts';
import { ModelError } from '../../model/index.ts';

/** A drawn table [rows, dim] of falling variance, with an offset: from a seed, the same every time. */
function drawn(rows: number, dim: number, seed: number): Float32Array {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const loadings = Array.from({ length: 12 * dim }, uniform);
  const table = Array.from({ length: rows }, () => {
    const scores = Array.from({ length: 12 }, (_, k) => uniform() * 0.7 ** k);
    return Array.from({ length: dim }, (_, i) => {
      const sum = scores.reduce((all, score, k) => all + score * (loadings[k * dim + i] as number), 0);
      return 3 + sum + 0.01 * uniform();
    });
  });
  return Float32Array.from(table.flat());
}

const fitted = (values: Float32Array, dim: number, count: number): LinearCode =>
  finish(linearCodeSteps(values.slice(), dim, count));

/** Right singular vectors by one-sided Jacobi rotations in float64 (Hestenes), by falling singular value. */
function singularVectors(rows: readonly Float64Array[], dim: number): Float64Array[] {
  // Columns of the table, turned until all are at right angles; V gathers the turns.
  const columns = Array.from({ length: dim }, (_, i) => Float64Array.from(rows, (row) => row[i] as number));
  const turns = Array.from({ length: dim }, (_, i) =>
    Float64Array.from({ length: dim }, (_, j) => +(i === j)),
  );
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
  const rotate = (a: Float64Array, b: Float64Array, c: number, s: number) => {
    for (let k = 0; k < a.length; k++) {
      const [x, y] = [a[k] as number, b[k] as number];
      a[k] = c * x - s * y;
      b[k] = s * x + c * y;
    }
  };
  for (let sweep = 0; sweep < 40; sweep++)
    for (let i = 0; i < dim; i++)
      for (let j = i + 1; j < dim; j++) {
        const [a, b] = [columns[i] as Float64Array, columns[j] as Float64Array];
        const [p, q, r] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(r) <= 1e-15 * Math.sqrt(p * q)) continue;
        const zeta = (q - p) / (2 * r);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(a, b, c, c * t);
        rotate(turns[i] as Float64Array, turns[j] as Float64Array, c, c * t);
      }
  return columns
    .map((column, i) => ({ size: dot(column, column), vector: turns[i] as Float64Array }))
    .sort((a, b) => b.size - a.size)
    .map(({ vector }) => vector);
}

/** The loss of rows that are rebuilt from `count` singular vectors of the training rows without their mean. */
function byDecomposition(train: Float32Array, held: Float32Array, dim: number, count: number): number {
  const rowsOf = (values: Float32Array) =>
    Array.from({ length: values.length / dim }, (_, i) =>
      Float64Array.from(values.subarray(i * dim, (i + 1) * dim)),
    );
  const rows = rowsOf(train);
  const mean = Float64Array.from(
    { length: dim },
    (_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length,
  );
  const centred = (row: Float64Array) => row.map((value, i) => value - (mean[i] as number));
  const axes = singularVectors(rows.map(centred), dim).slice(0, count);
  return rowsOf(held).reduce((sum, row) => {
    let left = centred(row);
    for (const axis of axes) {
      const score = left.reduce((all, value, i) => all + value * (axis[i] as number), 0);
      left = left.map((value, i) => value - score * (axis[i] as number));
    }
    return sum + left.reduce((all, value) => all + value * value, 0);
  }, 0);
}

describe('a linear code', () => {
  it.each([
    ['fewer rows than columns', 9, 17],
    ['more rows than columns', 40, 14],
    ['as many', 13, 13],
  ])('loses what a singular value decomposition in float64 says: %s', (_, rows, dim) => {
    const train = drawn(rows, dim, 7);
    const held = drawn(5, dim, 99);
    const counts = [1, 2, 3, 5, 7];
    const errors = fitted(train, dim, 7).squaredErrors(held, counts);
    for (const [i, count] of counts.entries()) {
      const expected = byDecomposition(train, held, dim, count);
      expect(expected).toBeGreaterThan(0);
      // Rows without their mean are kept in single precision.
      expect(errors[i]).toBeCloseTo(expected, 7);
    }
  });

  it('loses less with every component, and nothing where it has them all', () => {
    const dim = 10;
    const held = drawn(6, dim, 3);
    for (const rows of [11, 60]) {
      const code = fitted(drawn(rows, dim, 5), dim, dim);
      const errors = code.squaredErrors(
        held,
        Array.from({ length: dim + 3 }, (_, i) => i),
      );
      for (let i = 1; i <= dim; i++) expect(errors[i]).toBeLessThan(errors[i - 1] as number);
      expect(code.components).toBe(dim);
      expect(errors[dim]).toBeLessThan(1e-9 * (errors[0] as number));
      expect(errors[dim + 2]).toBe(errors[dim]);
    }
    // Of training rows themselves: one component fewer than there are rows.
    const few = drawn(4, dim, 8);
    const code = fitted(few, dim, dim);
    expect(code.components).toBe(3);
    const [none, all] = code.squaredErrors(few, [0, 3]);
    expect(all).toBeLessThan(1e-9 * (none as number));
  });

  it('does not mind the order of the rows', () => {
    for (const [rows, dim] of [
      [8, 20],
      [50, 12],
    ] as const) {
      const values = drawn(rows, dim, 21);
      const turned = new Float32Array(values.length);
      for (let row = 0; row < rows; row++)
        turned.set(values.subarray(row * dim, (row + 1) * dim), ((row * 3 + 1) % rows) * dim);
      const held = drawn(4, dim, 2);
      const [one, other] = [values, turned].map((some) => fitted(some, dim, 4).squaredErrors(held, [2, 4]));
      for (const i of [0, 1]) expect(other?.[i]).toBeCloseTo(one?.[i] as number, 9);
    }
  });

  it('takes constant columns, rows that are all alike, and one row: the mean, and no components', () => {
    const dim = 5;
    const held = Float32Array.of(1, 2, 3, 4, 6);
    for (const rows of [1, 3, 9]) {
      const code = fitted(
        Float32Array.from({ length: rows * dim }, (_, at) => (at % dim) + 1),
        dim,
        4,
      );
      const [error] = code.squaredErrors(held, [4]);
      if (rows <= dim) expect(code.components).toBe(0);
      // Nothing varies, so axes say nothing of what is held out; whatever they are, no more than the distance is lost.
      if (rows <= dim) expect(error).toBeCloseTo(1, 6);
      else expect(error).toBeLessThanOrEqual(1 + 1e-6);
    }
    const zeros = fitted(new Float32Array(3 * dim), dim, 2);
    expect(zeros.squaredErrors(new Float32Array(dim), [2])[0]).toBe(0);
  });

  it('lets no number in that is none', () => {
    const dim = 4;
    for (const rows of [3, 9]) {
      const values = drawn(rows, dim, 4);
      values[5] = Number.NaN;
      expect(() => fitted(values, dim, 2)).toThrow(ModelError);
      const code = fitted(drawn(rows, dim, 4), dim, 2);
      expect(() => code.squaredErrors(Float32Array.of(1, Number.NaN, 2, 3), [2])).toThrow(/finite/);
      expect(() => code.squaredErrors(Float32Array.of(1, 2, 3), [2])).toThrow(/whole rows/);
    }
    expect(() => fitted(new Float32Array(), dim, 2)).toThrow(/whole rows/);
    expect(() => fitted(new Float32Array(7), dim, 2)).toThrow(/whole rows/);
  });

  it('costs about what is said of it beforehand', () => {
    for (const [rows, dim] of [
      [150, 400],
      [700, 130],
    ] as const) {
      let done = 0;
      const steps = linearCodeSteps(drawn(rows, dim, 6), dim, 16);
      for (;;) {
        const next = steps.next();
        if (next.done) break;
        done += next.value;
      }
      const said = costOfLinearCode(rows, dim, 0);
      expect(done / said).toBeGreaterThan(0.4);
      expect(done / said).toBeLessThan(1.5);
    }
  });
});
