/** Rows of numbers: tokens, features, samples. */
export interface Rows {
  /** [rows, columns], row-major. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
}

/** The numbers of some of the rows, in this order: [rows.length, columns], row-major. */
export function gatherRows(
  { values, columns }: Rows & { readonly values: Float32Array },
  rows: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const gathered = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    gathered.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  }
  return gathered;
}
