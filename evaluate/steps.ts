/** Long computations as generators: each pauses after some milliseconds, and yields what it did since the last time. */

/** Runs one to its end without a pause. */
export function finish<T>(steps: Generator<number, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
