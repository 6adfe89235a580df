import type { StepSetup, Values } from '../contract.ts';

/** The weights that are trained, by name. The authors' encoder carries a norm that takes no part. */
export function trainable<T>(
  weights: StepSetup['weights'],
  upload: (values: Values) => T,
): Record<string, T> {
  const used = [...weights].filter(([name]) => name !== 'encoder.norm.weight');
  return Object.fromEntries(used.map(([name, values]) => [name, upload(values)]));
}
