/** Directions at right angles to each other in which rows are, whichever there are more of: rows or columns. */
import { symmetricEigen } from './symmetric-eigen.ts';

export interface Axes {
  /** [count, columns], row-major: each of length 1, by falling sum of squares along it. */
  readonly axes: Float64Array;
  readonly count: number;
  readonly columns: number;
}

/** Of squares along an axis, as part of the largest: below it is rounding. */
const NOTHING = 1e-10;

/**
 * Axes of rows [rows, columns], row-major, around zero (subtract a mean first for principal components). Of at least as many rows
 * as columns there are as many axes as columns; of fewer, those along which the rows are not all 0. Time grows with the
 * cube of the smaller number and memory with its square: with 1,000 it takes seconds.
 */
export function principalAxes(values: Float64Array, columns: number): Axes {
  const rows = values.length / columns;
  if (rows >= columns) {
    const { vectors } = symmetricEigen(productsOfRows(transposed(values, columns), rows), columns);
    return { axes: vectors, count: columns, columns };
  }
  // Of few rows their products with each other hold the same directions: X'u / |X'u| for each vector u of X X'.
  const { values: squares, vectors } = symmetricEigen(productsOfRows(values, columns), rows);
  const largest = squares[0] ?? 0;
  const count = largest > 0 ? squares.filter((square) => square > NOTHING * largest).length : 0;
  const axes = new Float64Array(count * columns);
  for (let k = 0; k < count; k++) {
    const axis = axes.subarray(k * columns, (k + 1) * columns);
    for (let row = 0; row < rows; row++) {
      const part = vectors[k * rows + row] as number;
      const from = row * columns;
      for (let column = 0; column < columns; column++)
        axis[column] = (axis[column] as number) + part * (values[from + column] as number);
    }
    let squared = 0;
    for (const value of axis) squared += value * value;
    const length = Math.sqrt(squared);
    for (let column = 0; column < columns; column++) axis[column] = (axis[column] as number) / length;
  }
  return { axes, count, columns };
}

/** Rows [rows, columns] along the first `most` axes: [rows, min(most, count)], row-major. */
export function alongAxes(
  values: ArrayLike<number>,
  { axes, count, columns }: Axes,
  most = count,
): Float64Array {
  const rows = values.length / columns;
  const taken = Math.min(most, count);
  const out = new Float64Array(rows * taken);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < taken; k++) {
      const from = row * columns;
      const axis = k * columns;
      let sum = 0;
      for (let i = 0; i < columns; i++) sum += (values[from + i] as number) * (axes[axis + i] as number);
      out[row * taken + k] = sum;
    }
  return out;
}

function transposed(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  const out = new Float64Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = values[row * columns + column] as number;
  return out;
}

/** Of each row [rows, columns] with each: [rows, rows]. In four sums, none of which waits for another. */
function productsOfRows(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  const products = new Float64Array(rows * rows);
  const whole = columns - (columns % 4);
  for (let i = 0; i < rows; i++)
    for (let j = i; j < rows; j++) {
      let a = i * columns;
      let b = j * columns;
      let first = 0;
      let second = 0;
      let third = 0;
      let fourth = 0;
      for (const end = a + whole; a < end; a += 4, b += 4) {
        first += (values[a] as number) * (values[b] as number);
        second += (values[a + 1] as number) * (values[b + 1] as number);
        third += (values[a + 2] as number) * (values[b + 2] as number);
        fourth += (values[a + 3] as number) * (values[b + 3] as number);
      }
      for (const end = (i + 1) * columns; a < end; a++, b++)
        first += (values[a] as number) * (values[b] as number);
      const sum = first + second + (third + fourth);
      products[i * rows + j] = sum;
      products[j * rows + i] = sum;
    }
  return products;
}
