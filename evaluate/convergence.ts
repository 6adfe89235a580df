/** Whether training has converged, judged by its curve alone. */

/** Epochs of a mean; the last so many are compared with those before. */
const SPAN = 10;
/** Part of all that the loss has fallen, which it may still fall from one span to the next. */
const STILL = 0.01;

/** The rule, for people. */
export const CONVERGENCE_RULE = `a run has converged at the first epoch where the mean training loss of the last ${SPAN} epochs is below that of the ${SPAN} before by no more than ${100 * STILL} % of all that it has fallen`;

type Curve = readonly { readonly loss: number }[];

/**
 * The first epoch (from 1) at which the training loss lies still; undefined where it never does, as after a few epochs or with
 * steps so small that it falls all the time. A falling line never lies still: ten of its epochs are a fixed part of its whole
 * fall until there are a hundred times as many.
 */
export function convergedAt(history: Curve): number | undefined {
  for (let epochs = 2 * SPAN; epochs <= history.length; epochs++)
    if (liesStill(history.slice(0, epochs))) return epochs;
  return undefined;
}

/** Whether the loss lies still at the last epoch of a curve. */
export function liesStill(history: Curve): boolean {
  if (history.length < 2 * SPAN) return false;
  const recent = history.slice(-2 * SPAN).map(({ loss }) => loss);
  const [before, last] = [meanOf(recent.slice(0, SPAN)), meanOf(recent.slice(SPAN))];
  // The median: the loss that random weights begin with may be far above what a guess has.
  const start = medianOf(history.slice(0, SPAN).map(({ loss }) => loss));
  return before - last <= STILL * (start - last);
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
