/** Power of `signal` at `frequency` (Hz), by one sum over a Hann window: amplitude squared of a sine of that frequency. */
export function powerAt(signal: ArrayLike<number>, frequency: number, rate: number): number {
  const count = signal.length;
  let [real, imaginary, weight, mean] = [0, 0, 0, 0];
  for (let t = 0; t < count; t++) mean += (signal[t] as number) / count;
  for (let t = 0; t < count; t++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / count);
    const value = ((signal[t] as number) - mean) * hann;
    real += value * Math.cos((2 * Math.PI * frequency * t) / rate);
    imaginary += value * Math.sin((2 * Math.PI * frequency * t) / rate);
    weight += hann;
  }
  return (4 * (real * real + imaginary * imaginary)) / (weight * weight);
}

/** Mean power over a band, in steps of the resolution of the signal. */
export function bandPower(signal: ArrayLike<number>, low: number, high: number, rate: number): number {
  const step = rate / signal.length;
  let [sum, count] = [0, 0];
  for (let frequency = low; frequency <= high; frequency += step) {
    sum += powerAt(signal, frequency, rate);
    count++;
  }
  return sum / count;
}
