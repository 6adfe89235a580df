/** The minimum of a function of many variables. */

const MOST_ITERATIONS = 500;
/** Steps that the shape of the function is remembered from. */
const MEMORY = 10;
/** Largest slope along any variable at which the minimum is found. */
const TOLERANCE = 1e-7;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/**
 * Moves `point`, in place, to the minimum of a smooth convex function: limited-memory BFGS (Nocedal and Wright, Numerical
 * Optimization, algorithm 7.4) with steps halved until the value falls enough. `evaluate` gives the value, and writes the
 * gradient.
 */
export function minimize(
  point: Float64Array,
  evaluate: (point: Float64Array, gradient: Float64Array) => number,
): void {
  const pairs: Pair[] = [];
  let gradient = new Float64Array(point.length);
  let value = evaluate(point, gradient);
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    if (gradient.every((slope) => Math.abs(slope) < TOLERANCE)) return;
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    let length = iteration === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const next = new Float64Array(point.length);
    const nextGradient = new Float64Array(point.length);
    let nextValue = value;
    for (let halvings = 0; ; halvings++) {
      for (let i = 0; i < point.length; i++)
        next[i] = (point[i] as number) + length * (direction[i] as number);
      nextValue = evaluate(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
      // Rounding is all that is left to gain.
      if (halvings === 40) return;
      length /= 2;
    }
    const step = next.map((each, i) => each - (point[i] as number));
    const change = nextGradient.map((each, i) => each - (gradient[i] as number));
    const curvature = dot(step, change);
    if (curvature > 0) pairs.push({ step, change, curvature });
    if (pairs.length > MEMORY) pairs.shift();
    point.set(next);
    gradient = nextGradient;
    value = nextValue;
  }
}

/** Where to go: against the gradient, bent by what the last steps showed of the shape. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const parts = pairs.toReversed().map(({ step, change, curvature }) => {
    const part = dot(step, direction) / curvature;
    addTimes(direction, change, -part);
    return part;
  });
  const last = pairs.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.change, last.change);
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * scale;
  }
  for (const [i, { step, change, curvature }] of pairs.entries()) {
    const part = parts[pairs.length - 1 - i] as number;
    addTimes(direction, step, part - dot(change, direction) / curvature);
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addTimes(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + factor * (b[i] as number);
}
