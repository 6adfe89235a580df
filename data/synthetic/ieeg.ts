/**
 * Synthetic intracranial EEG in microvolts from a depth electrode between seizures: a local background of 1/f^2
 * (Miller, Sorensen, Ojemann and den Nijs, PLoS Comput. Biol. 5:e1000609, 2009), spikes of under 70 ms with the slow wave
 * that follows them (de Curtis and Avanzini, Prog. Neurobiol. 63:541, 2001), and short bursts at 70 to 90 Hz.
 */
import type { RandomStream } from '../../base/random-stream.ts';
import { addBump, addInterference, addTo, powerLawNoise, RATE } from './noise.ts';

/** What makes one synthetic patient's recording their own. */
export interface IeegSubject {
  exponent: number;
  /** Microvolts (standard deviation) of the background at a contact. */
  background: number;
  /** The contact in the focus, as a fraction of the shaft. */
  focus: number;
  spikesPerSecond: number;
  spikeAmplitude: number;
  spikeWidth: number;
  slowWave: number;
  burstsPerSecond: number;
  burstAmplitude: number;
  white: number;
  hum: number;
  mains: number;
}

export function drawIeegSubject(random: RandomStream): IeegSubject {
  const background = random.uniform(30, 70);
  return {
    exponent: random.uniform(1.7, 1.95),
    background,
    focus: random.uniform(),
    spikesPerSecond: random.uniform(0.15, 0.8),
    spikeAmplitude: background * random.uniform(4, 8) * (random.chance(0.7) ? -1 : 1),
    spikeWidth: random.uniform(0.011, 0.017),
    slowWave: random.uniform(0.3, 0.55),
    burstsPerSecond: random.uniform(0.2, 1),
    burstAmplitude: background * random.uniform(0.25, 0.6),
    white: background * 0.01,
    hum: background * random.uniform(0.005, 0.02),
    mains: random.chance(0.5) ? 50 : 60,
  };
}

/** Adds a window of [channels, samples], row-major, in microvolts; channels are contacts along one shaft. */
export function addIeeg(
  window: Float32Array,
  channels: number,
  subject: IeegSubject,
  random: RandomStream,
): void {
  const samples = window.length / channels;
  addBackground(window, channels, subject, random);

  const focus = subject.focus * (channels - 1);
  const seconds = samples / RATE;
  const events = new Float64Array(samples);
  const spikeTimes = occurrences(subject.spikesPerSecond, seconds, random);
  const spikeSizes = spikeTimes.map(() => random.uniform(0.6, 1.3));
  const burstTimes = occurrences(subject.burstsPerSecond, seconds, random);
  for (let contact = 0; contact < channels; contact++) {
    const distance = Math.abs(contact - focus);
    const reach = Math.exp(-distance / 1.6);
    const delay = 0.004 * distance;
    events.fill(0);
    spikeTimes.forEach((time, i) => {
      addSpike(events, time + delay, subject, (spikeSizes[i] as number) * reach);
    });
    for (const time of burstTimes) addBurst(events, time, subject.burstAmplitude * reach, random);
    addTo(window, contact, samples, events, 1);
  }
  addInterference(window, channels, random, subject);
}

/** Neighbouring contacts share sources: one patch of tissue lies at each contact, and is heard at the next ones. */
function addBackground(
  window: Float32Array,
  channels: number,
  subject: IeegSubject,
  random: RandomStream,
): void {
  const samples = window.length / channels;
  const noise = powerLawNoise(subject.exponent);
  // Amplitudes such that the variances at a contact (own 1, two neighbours 1/4 each, far field 1/2) sum to one.
  const own = subject.background / Math.sqrt(2);
  const far = noise.generate(samples, random);
  for (let patch = 0; patch < channels; patch++) {
    const activity = noise.generate(samples, random);
    for (let contact = Math.max(0, patch - 1); contact <= Math.min(channels - 1, patch + 1); contact++) {
      addTo(window, contact, samples, activity, contact === patch ? own : 0.5 * own);
    }
    addTo(window, patch, samples, far, Math.SQRT1_2 * own);
  }
}

function addSpike(out: Float64Array, time: number, subject: IeegSubject, size: number): void {
  const height = subject.spikeAmplitude * size;
  addBump(out, height, time, subject.spikeWidth * 0.8, subject.spikeWidth);
  addBump(out, -0.35 * height, time + 0.045, 0.014, 0.02);
  addBump(out, subject.slowWave * height, time + 0.2, 0.06, 0.09);
}

function addBurst(out: Float64Array, time: number, amplitude: number, random: RandomStream): void {
  const frequency = random.uniform(70, 90);
  const phase = random.uniform(0, 2 * Math.PI);
  const width = random.uniform(0.02, 0.04);
  const first = Math.max(0, Math.ceil((time - 3 * width) * RATE));
  const last = Math.min(out.length - 1, Math.floor((time + 3 * width) * RATE));
  for (let t = first; t <= last; t++) {
    const distance = t / RATE - time;
    const envelope = amplitude * Math.exp(-0.5 * (distance / width) ** 2);
    out[t] = (out[t] as number) + envelope * Math.sin(2 * Math.PI * frequency * distance + phase);
  }
}

/** Times of a Poisson process from half a second before the window to a little after it. */
function occurrences(perSecond: number, seconds: number, random: RandomStream): number[] {
  const times: number[] = [];
  let time = -0.5;
  for (;;) {
    time -= Math.log(1 - random.uniform()) / perSecond;
    if (time > seconds + 0.1) return times;
    times.push(time);
  }
}
