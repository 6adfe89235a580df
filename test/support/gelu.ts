const SLOPE = 2 * Math.sqrt(2 / Math.PI);
const argument = (x: number) => SLOPE * (x + 0.044715 * x ** 3);

/** GELU in its tanh form, (1 + tanh(u)) / 2 as a logistic of 2 u: no digits are lost far below 0. For the references. */
export const gelu = (x: number): number => x / (1 + Math.exp(-argument(x)));

export const geluDerivative = (x: number): number => {
  const e = Math.exp(-Math.abs(argument(x)));
  return 1 / (1 + Math.exp(-argument(x))) + ((x * e) / (1 + e) ** 2) * SLOPE * (1 + 3 * 0.044715 * x * x);
};
