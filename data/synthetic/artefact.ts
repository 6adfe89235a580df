/** What electrodes, sensors and amplifiers do to a signal of any kind. */
import type { RandomStream } from '../../base/random-stream.ts';
import { powerLawNoise, RATE } from './noise.ts';

/** Changes one channel in place; `size` is the standard deviation of the clean signal in it. */
type Artefact = (signal: Float32Array, size: number, centre: number, random: RandomStream) => void;

/** Adds one artefact (electrode pop, movement or saturation) to a window of [channels, samples], row-major. */
export function addArtefact(window: Float32Array, channels: number, random: RandomStream): void {
  const samples = window.length / channels;
  const artefact = [pop, movement, saturation][random.integer(3)] as Artefact;
  const centre = random.uniform(0.2, 0.8) * (samples / RATE);
  const worst = random.integer(channels);
  // Movement is felt by most of the electrodes, the other two come from a single one.
  const share = artefact === movement ? random.uniform(0.3, 1) : 0;
  for (let channel = 0; channel < channels; channel++) {
    const struck = channel === worst || random.chance(share);
    if (!struck) continue;
    const signal = window.subarray(channel * samples, (channel + 1) * samples);
    artefact(signal, deviation(signal), centre, random);
  }
}

/** The contact jumps, and the amplifier's high-pass brings it back. */
function pop(signal: Float32Array, size: number, centre: number, random: RandomStream): void {
  const height = (random.chance(0.5) ? 1 : -1) * size * random.uniform(7, 20);
  const fall = random.uniform(0.2, 0.9);
  for (let t = Math.ceil(centre * RATE); t < signal.length; t++)
    signal[t] = (signal[t] as number) + height * Math.exp(-(t / RATE - centre) / fall);
}

/** Slow swings with muscle on top of them, for a second or two. */
function movement(signal: Float32Array, size: number, centre: number, random: RandomStream): void {
  const width = random.uniform(0.35, 0.8);
  const [swing, muscle] = [size * random.uniform(5, 12), size * random.uniform(0.5, 2)];
  const slow = powerLawNoise(1.95).generate(signal.length, random);
  signal.forEach((value, t) => {
    const envelope = Math.exp(-0.5 * ((t / RATE - centre) / width) ** 2);
    signal[t] = value + envelope * (swing * (slow[t] as number) + muscle * random.noise());
  });
}

/** The amplifier is driven to its rail, stays there, and comes back slowly. */
function saturation(signal: Float32Array, size: number, centre: number, random: RandomStream): void {
  const rail = (random.chance(0.5) ? 1 : -1) * size * random.uniform(6, 15);
  const half = random.uniform(0.1, 0.4);
  const recovery = random.uniform(0.1, 0.3);
  for (let t = Math.max(0, Math.ceil((centre - half) * RATE)); t < signal.length; t++) {
    const after = t / RATE - centre - half;
    signal[t] = after <= 0 ? rail : (signal[t] as number) + rail * Math.exp(-after / recovery);
  }
}

function deviation(signal: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const value of signal) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(squares / signal.length - (sum / signal.length) ** 2);
}
