import { at, type NdArray } from './ndarray.ts';

/** Softmax of row `row`, and the log of its normaliser. */
export function softmax(logits: NdArray, row: number): { probabilities: number[]; logSum: number } {
  const classes = logits.shape[1] as number;
  const values = Array.from({ length: classes }, (_, k) => at(logits, row * classes + k));
  const largest = Math.max(...values);
  const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  const logSum = largest + Math.log(total);
  return { probabilities: values.map((value) => Math.exp(value - logSum)), logSum };
}
