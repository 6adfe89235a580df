/** Eigenvalues and eigenvectors of a symmetric matrix, in float64. */
import { ModelError } from '../model/errors.ts';
import { finish } from './steps.ts';

export interface Eigen {
  /** [dim], falling; those that are alike in no order, but always the same one. */
  readonly values: Float64Array;
  /** [count, dim], row-major: the vectors of the first values, rows of length 1 at right angles to each other. */
  readonly vectors: Float64Array;
}

/**
 * All values of a matrix [dim, dim] and the vectors of the `count` largest. By Householder reflections to three
 * diagonals, QL with implicit shifts on those, and the reflections back (EISPACK's tred2 and tql2; Golub and Van Loan,
 * Matrix Computations, 8.3), laid out so that every inner loop runs along a row. The same matrix gives the same bits.
 * Overwrites the matrix; of it the diagonal and what is above it are read.
 * @throws ModelError for values that are not finite.
 */
export function symmetricEigen(matrix: Float64Array, dim: number, count = dim): Eigen {
  return finish(symmetricEigenSteps(matrix, dim, count));
}

/** The same, which yields how many multiplications were done since the last time: others can have a turn in between. */
export function* symmetricEigenSteps(
  matrix: Float64Array,
  dim: number,
  count = dim,
): Generator<number, Eigen> {
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!Number.isFinite(largest)) throw new ModelError('Eigenvalues need a matrix of finite values.');
  const scale = largest > 0 ? largest : 1;
  for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) / scale;
  const { diagonal, beside, factors } = yield* tridiagonal(matrix, dim);
  const all = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) all[i * dim + i] = 1;
  yield* implicitQl(diagonal, beside, all);
  const order = Array.from(diagonal, (_, i) => i).sort(
    (a, b) => (diagonal[b] as number) - (diagonal[a] as number) || a - b,
  );
  const vectors = new Float64Array(count * dim);
  for (const [to, from] of order.slice(0, count).entries())
    vectors.set(all.subarray(from * dim, (from + 1) * dim), to * dim);
  yield* reflectBack(vectors, matrix, factors);
  return { values: Float64Array.from(order, (from) => (diagonal[from] as number) * scale), vectors };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `beside[i]` is between rows i and i + 1; the last is zero. */
  readonly beside: Float64Array;
  /** Of the reflections I - factor v v', whose v is left in row k of the matrix from k + 1 on. */
  readonly factors: Float64Array;
}

/** A sum of squares that is nothing beside a largest value of 1, and can still be divided by. */
const NOTHING = 1e-60;

function* tridiagonal(matrix: Float64Array, dim: number): Generator<number, Tridiagonal> {
  const diagonal = new Float64Array(dim);
  const beside = new Float64Array(dim);
  const factors = new Float64Array(dim);
  const product = new Float64Array(dim);
  for (let k = 0; k < dim; k++) {
    diagonal[k] = matrix[k * dim + k] as number;
    if (k === dim - 1) break;
    const v = matrix.subarray(k * dim, (k + 1) * dim);
    const first = v[k + 1] as number;
    let square = 0;
    for (let i = k + 2; i < dim; i++) square += (v[i] as number) ** 2;
    beside[k] = first;
    if (square < NOTHING) continue;
    const length = Math.sqrt(first * first + square) * (first < 0 ? 1 : -1);
    beside[k] = length;
    v[k + 1] = first - length;
    const factor = 2 / ((first - length) ** 2 + square);
    factors[k] = factor;
    reflectBothSides(matrix, dim, k, factor, product);
    yield 2 * (dim - k) ** 2;
  }
  return { diagonal, beside, factors };
}

/** The part of the matrix from row k + 1 on, between two reflections. */
function reflectBothSides(
  matrix: Float64Array,
  dim: number,
  k: number,
  factor: number,
  product: Float64Array,
): void {
  const v = matrix.subarray(k * dim, (k + 1) * dim);
  product.fill(0);
  for (let i = k + 1; i < dim; i++) {
    const row = i * dim;
    const own = v[i] as number;
    let sum = (matrix[row + i] as number) * own;
    for (let j = i + 1; j < dim; j++) {
      const value = matrix[row + j] as number;
      sum += value * (v[j] as number);
      product[j] = (product[j] as number) + value * own;
    }
    product[i] = (product[i] as number) + sum;
  }
  let along = 0;
  for (let i = k + 1; i < dim; i++) along += (product[i] as number) * (v[i] as number);
  const part = (factor * factor * along) / 2;
  for (let i = k + 1; i < dim; i++) product[i] = factor * (product[i] as number) - part * (v[i] as number);
  for (let i = k + 1; i < dim; i++) {
    const row = i * dim;
    const [own, other] = [v[i] as number, product[i] as number];
    for (let j = i; j < dim; j++)
      matrix[row + j] = (matrix[row + j] as number) - own * (product[j] as number) - other * (v[j] as number);
  }
}

const EPSILON = 2 ** -52;
/** Turns for one value; two or three are usual. */
const MOST_TURNS = 60;

/** Leaves the eigenvalues on the diagonal, and turns the rows of `vectors` along. */
function* implicitQl(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array,
): Generator<number, void> {
  const dim = diagonal.length;
  const turns = { sines: new Float64Array(dim), cosines: new Float64Array(dim) };
  // What is small beside the whole matrix is rounding, however small its neighbours are.
  let size = 0;
  for (let i = 0; i < dim; i++)
    size = Math.max(size, Math.abs(diagonal[i] as number) + Math.abs(beside[i] as number));
  const least = EPSILON * size;
  for (let l = 0; l < dim; l++) {
    for (let turn = 0; ; turn++) {
      let m = l;
      while (m < dim - 1 && Math.abs(beside[m] as number) > least) m++;
      if (m === l) break;
      if (turn === MOST_TURNS)
        throw new ModelError(`Eigenvalues of a matrix were not found in ${MOST_TURNS} turns each.`);
      turnOnce(diagonal, beside, vectors, turns, l, m);
      yield 4 * dim * (m - l);
    }
  }
}

interface Turns {
  readonly sines: Float64Array;
  readonly cosines: Float64Array;
}

/** One step of QL on rows l to m, shifted by an eigenvalue of its first two rows (Wilkinson's). */
function turnOnce(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: Float64Array,
  { sines, cosines }: Turns,
  l: number,
  m: number,
): void {
  const [here, next] = [beside[l] as number, diagonal[l + 1] as number];
  const half = (next - (diagonal[l] as number)) / (2 * here);
  const root = Math.sqrt(half * half + 1);
  let g = (diagonal[m] as number) - (diagonal[l] as number) + here / (half + (half < 0 ? -root : root));
  let [sine, cosine, lost] = [1, 1, 0];
  let i = m - 1;
  for (; i >= l; i--) {
    const f = sine * (beside[i] as number);
    const b = cosine * (beside[i] as number);
    const r = Math.hypot(f, g);
    beside[i + 1] = r;
    // The matrix falls apart here: what is left is for the next step.
    if (r === 0) break;
    sine = f / r;
    cosine = g / r;
    g = (diagonal[i + 1] as number) - lost;
    const between = ((diagonal[i] as number) - g) * sine + 2 * cosine * b;
    lost = sine * between;
    diagonal[i + 1] = g + lost;
    g = cosine * between - b;
    sines[i] = sine;
    cosines[i] = cosine;
  }
  diagonal[i + 1] = (diagonal[i + 1] as number) - lost;
  if (i < l) beside[l] = g;
  beside[m] = 0;
  turnRows(vectors, { sines, cosines }, i + 1, m);
}

/** Turns rows m - 1 and m, then m - 2 and m - 1, and so on down to `from`: four turns at a time, while rows are at hand. */
function turnRows(rows: Float64Array, { sines, cosines }: Turns, from: number, m: number): void {
  const dim = sines.length;
  let i = m - 1;
  for (; i - 3 >= from; i -= 4) {
    const [s0, s1, s2, s3] = [sines[i], sines[i - 1], sines[i - 2], sines[i - 3]] as Four;
    const [c0, c1, c2, c3] = [cosines[i], cosines[i - 1], cosines[i - 2], cosines[i - 3]] as Four;
    let [e, d, c, b, a] = [(i + 1) * dim, i * dim, (i - 1) * dim, (i - 2) * dim, (i - 3) * dim] as Five;
    for (const end = e + dim; e < end; a++, b++, c++, d++, e++) {
      const z = rows[e] as number;
      const y = rows[d] as number;
      rows[e] = s0 * y + c0 * z;
      const once = c0 * y - s0 * z;
      const x = rows[c] as number;
      rows[d] = s1 * x + c1 * once;
      const twice = c1 * x - s1 * once;
      const w = rows[b] as number;
      rows[c] = s2 * w + c2 * twice;
      const thrice = c2 * w - s2 * twice;
      const v = rows[a] as number;
      rows[b] = s3 * v + c3 * thrice;
      rows[a] = c3 * v - s3 * thrice;
    }
  }
  for (; i >= from; i--) {
    const [sine, cosine] = [sines[i] as number, cosines[i] as number];
    for (let a = i * dim, b = a + dim, end = b; a < end; a++, b++) {
      const [first, second] = [rows[a] as number, rows[b] as number];
      rows[b] = sine * first + cosine * second;
      rows[a] = cosine * first - sine * second;
    }
  }
}

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];

function* reflectBack(
  vectors: Float64Array,
  reflections: Float64Array,
  factors: Float64Array,
): Generator<number, void> {
  const dim = factors.length;
  for (let row = 0; row < vectors.length; row += dim) {
    for (let k = dim - 2; k >= 0; k--) {
      const factor = factors[k] as number;
      if (factor === 0) continue;
      const v = k * dim;
      let along = 0;
      for (let i = k + 1; i < dim; i++)
        along += (reflections[v + i] as number) * (vectors[row + i] as number);
      along *= factor;
      for (let i = k + 1; i < dim; i++)
        vectors[row + i] = (vectors[row + i] as number) - along * (reflections[v + i] as number);
    }
    yield dim * dim;
  }
}
