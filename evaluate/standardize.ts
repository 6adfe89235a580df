/** Columns free of offset and scale, by what some rows have of them. */
import { ModelError } from '../model/errors.ts';
import type { Rows } from './rows.ts';

export interface Standardization {
  /** [columns] */
  readonly mean: Float64Array;
  /** [columns]: one over the deviation; 0 for a column that never changes, which so becomes 0 everywhere. */
  readonly scale: Float64Array;
}

/** Mean and deviation (over the count) of each column. @throws ModelError where there is no row. */
export function standardizationOf({ values, columns }: Rows): Standardization {
  const count = values.length / columns;
  if (!(count >= 1)) throw new ModelError('Columns are standardised by rows, and there is none.');
  const mean = new Float64Array(columns);
  const scale = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    const first = values[column] as number;
    let sum = 0;
    let isConstant = true;
    for (let at = column; at < values.length; at += columns) {
      sum += values[at] as number;
      isConstant &&= values[at] === first;
    }
    // The mean of equal values may differ from them by rounding: a deviation of that would blow up what it divides.
    mean[column] = isConstant ? first : sum / count;
    if (isConstant) continue;
    let squares = 0;
    for (let at = column; at < values.length; at += columns)
      squares += ((values[at] as number) - (mean[column] as number)) ** 2;
    scale[column] = squares > 0 ? 1 / Math.sqrt(squares / count) : 0;
  }
  return { mean, scale };
}

/** [rows, columns] row-major. @throws ModelError for rows of another number of columns. */
export function standardized({ values, columns }: Rows, { mean, scale }: Standardization): Float64Array {
  if (columns !== mean.length)
    throw new ModelError(`Rows of ${columns} columns; these are standardised by rows of ${mean.length}.`);
  const out = new Float64Array(values.length);
  for (let first = 0; first < values.length; first += columns)
    for (let column = 0; column < columns; column++)
      out[first + column] =
        ((values[first + column] as number) - (mean[column] as number)) * (scale[column] as number);
  return out;
}

/**
 * The linear layer that gives for plain rows what this one ([classes, columns], [classes]) gives for standardised ones, in f64:
 * folded, it is still one layer.
 */
export function foldedInto(
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
  { mean, scale }: Standardization,
): { weight: Float64Array; bias: Float64Array } {
  const columns = mean.length;
  const folded = Float64Array.from(weight, (value, i) => value * (scale[i % columns] as number));
  return {
    weight: folded,
    bias: Float64Array.from(bias, (value, index) => {
      let shift = 0;
      for (let column = 0; column < columns; column++)
        shift += (folded[index * columns + column] as number) * (mean[column] as number);
      return value - shift;
    }),
  };
}
