/** What is taken from a signal: its mean, or the straight line that fits it best. */
export type Detrend = 'constant' | 'linear';

/** As scipy.signal.detrend: without the mean, or without the least-squares line. */
export function detrend(signal: Float64Array, type: Detrend): Float64Array {
  const count = signal.length;
  let mean = 0;
  for (const value of signal) mean += value / count;
  // Time counts from the middle, so that line and mean are independent.
  const middle = (count - 1) / 2;
  let slope = 0;
  if (type === 'linear' && count > 1) {
    for (let t = 0; t < count; t++) slope += (t - middle) * ((signal[t] as number) - mean);
    // The sum of the squares of t - middle.
    slope /= (count * (count * count - 1)) / 12;
  }
  return signal.map((value, t) => value - mean - slope * (t - middle));
}
