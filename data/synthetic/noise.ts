import type { RandomStream } from '../../base/random-stream.ts';
import { MODEL_RATE } from '../rate.ts';

/** Sampling rate of everything synthetic, in Hz. */
export const RATE = MODEL_RATE;

/** Corner frequencies (Hz) of the filter bank, an octave apart: below the first one the spectrum is flat. */
const CORNERS = [0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2];

/**
 * Noise with standard deviation 1 whose power falls as 1/f^exponent from 2 to 20 Hz, for exponents from 0.5 to 1.95.
 * Parallel first-order low-passes share one white noise; their sum comes close to a power law, and costs eight
 * multiplications a sample where an FFT would need the whole window at once.
 */
export class PowerLawNoise {
  private readonly poles: Float64Array;
  private readonly gains: Float64Array;
  /** Lower triangle: turns white noise into filter states that look as if the filter had always been running. */
  private readonly startRoot: Float64Array;

  constructor(exponent: number) {
    const count = CORNERS.length;
    this.poles = Float64Array.from(CORNERS, (corner) => Math.exp((-2 * Math.PI * corner) / RATE));
    // Steeper gains make a steeper spectrum, though not one for one: find by bisection those that give the slope.
    let [low, high] = [0, 16];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (slope(this.poles, gainsOf(this.poles, middle)) < exponent) low = middle;
      else high = middle;
    }
    this.gains = gainsOf(this.poles, (low + high) / 2);
    const covariance = (i: number, j: number) => 1 / (1 - at(this.poles, i) * at(this.poles, j));
    let variance = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) variance += at(this.gains, i) * at(this.gains, j) * covariance(i, j);
    }
    for (let i = 0; i < count; i++) this.gains[i] = at(this.gains, i) / Math.sqrt(variance);

    // Cholesky factor of the stationary covariance of the filter states.
    this.startRoot = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let rest = covariance(i, j);
        for (let k = 0; k < j; k++)
          rest -= at(this.startRoot, i * count + k) * at(this.startRoot, j * count + k);
        this.startRoot[i * count + j] = i === j ? Math.sqrt(rest) : rest / at(this.startRoot, j * count + j);
      }
    }
  }

  /** A new stretch of `samples` values, stationary from the first one on. */
  generate(samples: number, random: RandomStream): Float64Array {
    const { poles, gains, startRoot } = this;
    const count = poles.length;
    const state = new Float64Array(count);
    const start = Float64Array.from(state, () => random.normal());
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = 0; k <= i; k++) sum += at(startRoot, i * count + k) * at(start, k);
      state[i] = sum;
    }
    const out = new Float64Array(samples);
    for (let t = 0; t < samples; t++) {
      const white = random.noise();
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const next = at(poles, i) * at(state, i) + white;
        state[i] = next;
        sum += at(gains, i) * next;
      }
      out[t] = sum;
    }
    return out;
  }
}

function gainsOf(poles: Float64Array, steepness: number): Float64Array {
  return poles.map((pole, i) => ((CORNERS[i] as number) / 3) ** (-steepness / 2) * (1 - pole));
}

/** Minus the slope of the filter's power from 2 to 20 Hz, in decades a decade. */
function slope(poles: Float64Array, gains: Float64Array): number {
  return Math.log10(response(poles, gains, 2) / response(poles, gains, 20));
}

function response(poles: Float64Array, gains: Float64Array, frequency: number): number {
  const angle = (2 * Math.PI * frequency) / RATE;
  let [real, imaginary] = [0, 0];
  for (let i = 0; i < poles.length; i++) {
    const [x, y] = [1 - at(poles, i) * Math.cos(angle), at(poles, i) * Math.sin(angle)];
    const scale = at(gains, i) / (x * x + y * y);
    real += scale * x;
    imaginary -= scale * y;
  }
  return real * real + imaginary * imaginary;
}

const EXPONENT_STEP = 0.05;
const bank = new Map<number, PowerLawNoise>();

/** The filter for an exponent, rounded to 0.05 so that the coefficients are computed once for many subjects. */
export function powerLawNoise(exponent: number): PowerLawNoise {
  const key = Math.round(exponent / EXPONENT_STEP);
  let noise = bank.get(key);
  if (noise === undefined) {
    noise = new PowerLawNoise(key * EXPONENT_STEP);
    bank.set(key, noise);
  }
  return noise;
}

/** Adds amplitude * sin(2 pi frequency t + phase) to `out`, where t = 0 is its first sample (`RATE` samples/s). */
export function addSine(out: Float64Array, amplitude: number, frequency: number, phase: number): void {
  // A rotation a sample instead of a sine a sample: several times cheaper, and exact to about 1e-13 in a window.
  const turn = (2 * Math.PI * frequency) / RATE;
  const cosTurn = Math.cos(turn);
  const sinTurn = Math.sin(turn);
  let sine = amplitude * Math.sin(phase);
  let cosine = amplitude * Math.cos(phase);
  for (let t = 0; t < out.length; t++) {
    out[t] = at(out, t) + sine;
    const next = sine * cosTurn + cosine * sinTurn;
    cosine = cosine * cosTurn - sine * sinTurn;
    sine = next;
  }
}

/** Adds a bump with its own width (seconds, standard deviation) before and after the peak at `time` (seconds). */
export function addBump(
  out: Float64Array,
  amplitude: number,
  time: number,
  widthBefore: number,
  widthAfter = widthBefore,
): void {
  const reach = 4;
  const first = Math.max(0, Math.ceil((time - reach * widthBefore) * RATE));
  const last = Math.min(out.length - 1, Math.floor((time + reach * widthAfter) * RATE));
  for (let t = first; t <= last; t++) {
    const distance = t / RATE - time;
    const ratio = distance / (distance < 0 ? widthBefore : widthAfter);
    out[t] = at(out, t) + amplitude * Math.exp(-0.5 * ratio * ratio);
  }
}

/** Adds `scale` times `source` to one channel of a row-major [channels, samples] window. */
export function addTo(
  window: Float32Array,
  channel: number,
  samples: number,
  source: Float64Array,
  scale: number,
): void {
  const offset = channel * samples;
  for (let t = 0; t < samples; t++)
    window[offset + t] = (window[offset + t] as number) + scale * at(source, t);
}

/** Adds white noise and mains hum, which are each channel's own, to a row-major [channels, samples] window. */
export function addInterference(
  window: Float32Array,
  channels: number,
  random: RandomStream,
  level: { white: number; hum: number; mains: number },
): void {
  const samples = window.length / channels;
  const sine = new Float64Array(samples);
  const cosine = new Float64Array(samples);
  const phase = random.uniform(0, 2 * Math.PI);
  addSine(sine, 1, level.mains, phase);
  addSine(cosine, 1, level.mains, phase + Math.PI / 2);
  for (let channel = 0; channel < channels; channel++) {
    // The hum is one field picked up by loops of different area and side, hence nearly one phase and its opposite.
    const pickUp = random.normal(0, level.hum);
    const shift = random.normal(0, 0.2) * pickUp;
    const offset = channel * samples;
    for (let t = 0; t < samples; t++) {
      const added = pickUp * at(sine, t) + shift * at(cosine, t) + level.white * random.noise();
      window[offset + t] = (window[offset + t] as number) + added;
    }
  }
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
