/**
 * Logits, [rows, classes] row-major, to logarithms of the classes' probabilities, in place. Only these can be ranked from row to
 * row: a class may have a large logit where another one's is larger still.
 */
export function logProbabilities(logits: Float64Array, classes: number): Float64Array {
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    // Without the largest one, which is 1 of the sum, what is close to certain keeps its digits.
    const own = row.indexOf(largest);
    let others = 0;
    for (let index = 0; index < classes; index++)
      if (index !== own) others += Math.exp((row[index] as number) - largest);
    const log = Math.log1p(others);
    for (let index = 0; index < classes; index++) row[index] = (row[index] as number) - largest - log;
  }
  return logits;
}
