/**
 * Seizures in synthetic intracranial EEG: a rhythmic discharge that begins fast and low, grows, slows down and spreads
 * along the shaft, after the low-voltage fast onsets of Perucca, Dubeau and Gotman (Brain 137:183, 2014). Speeds and
 * sizes are ours.
 */
import type { RandomStream } from '../../base/random-stream.ts';
import type { IeegSubject } from './ieeg.ts';
import { addTo, RATE } from './noise.ts';

/** Adds part of a seizure to a window of [channels, samples], row-major, in microvolts, of the same subject. */
export function addSeizure(
  window: Float32Array,
  channels: number,
  subject: IeegSubject,
  random: RandomStream,
): void {
  const samples = window.length / channels;
  const duration = random.uniform(25, 80);
  // Seconds of the seizure that passed before the window; it begins and ends outside.
  const passed = random.uniform(0, Math.max(0, duration - samples / RATE));
  const onsetFrequency = random.uniform(9, 14);
  const endFrequency = random.uniform(2.5, 4);
  const strength = subject.background * random.uniform(0.9, 1.7);
  const phases = new Float64Array(samples);
  const heights = new Float64Array(samples);
  let phase = random.uniform(0, 2 * Math.PI);
  let unrest = 0;
  for (let t = 0; t < samples; t++) {
    const progress = Math.min(1, (passed + t / RATE) / duration);
    // No two periods and no two discharges are quite alike.
    unrest += 0.02 * (random.noise() - unrest);
    phase +=
      ((2 * Math.PI) / RATE) * onsetFrequency * (endFrequency / onsetFrequency) ** progress * (1 + unrest);
    phases[t] = phase;
    heights[t] = strength * (1 + 2 * progress) * (1 + unrest);
  }
  const focus = subject.focus * (channels - 1);
  const reach = 2 + (4 * passed) / duration;
  const polarity = Math.sign(subject.spikeAmplitude);
  for (let contact = 0; contact < channels; contact++) {
    const distance = Math.abs(contact - focus);
    const lag = 0.35 * distance;
    const wave = phases.map((value, t) => (heights[t] as number) * discharge(value - lag));
    addTo(window, contact, samples, wave, polarity * Math.exp(-distance / reach));
  }
}

/** One period is 2 pi: a spike, narrow beside the slow wave that follows it; of mean 0 to within a tenth. */
function discharge(phase: number): number {
  return 2 * Math.exp(4 * (Math.cos(phase) - 1)) - 0.4 - 0.6 * Math.cos(phase - 2.2);
}
