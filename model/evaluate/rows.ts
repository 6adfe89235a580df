/** Rows of numbers: tokens, features, samples. */
export interface Rows {
  /** [rows, columns], row-major. */
  readonly values: ArrayLike<number>;
  readonly columns: number;
}
