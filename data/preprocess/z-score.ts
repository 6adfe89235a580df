/**
 * One channel of a window [channels, samples] free of offset and scale: `samples` values from index `from` on, with mean 0 and
 * deviation 1 (that of all values, not of a sample). Undefined for a channel that never changes.
 */
export function zScored(signal: ArrayLike<number>, from: number, samples: number): Float64Array | undefined {
  const values = Float64Array.from({ length: samples }, (_, i) => signal[from + i] as number);
  const { mean, deviation } = moments(values);
  return deviation > 0 ? values.map((value) => (value - mean) / deviation) : undefined;
}

export function moments(values: Float64Array): { mean: number; deviation: number } {
  const mean = meanOf(values, (value) => value);
  return { mean, deviation: Math.sqrt(meanOf(values, (value) => (value - mean) ** 2)) };
}

export function meanOf(values: Float64Array, of: (value: number) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0) / values.length;
}
