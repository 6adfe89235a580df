const SLOPE = Math.sqrt(2 / Math.PI);
const inner = (x: number) => Math.tanh(SLOPE * (x + 0.044715 * x ** 3));

/** GELU in its tanh form, for the references. */
export const gelu = (x: number): number => 0.5 * x * (1 + inner(x));

export const geluDerivative = (x: number): number =>
  0.5 * (1 + inner(x)) + 0.5 * x * (1 - inner(x) ** 2) * SLOPE * (1 + 3 * 0.044715 * x * x);
