/**
 * Synthetic photoplethysmogram in arbitrary units: a systolic and a dicrotic wave for each beat (two bumps, after
 * Tang, Chen, Ward and Elgendi, Sci. Rep. 10:13883, 2020), modulated by breathing in the three ways of Charlton
 * et al., IEEE Rev. Biomed. Eng. 11:2, 2018: baseline, amplitude and rate. Times and widths are ours, set so that a
 * young adult's pulse rises in about 0.2 s and shows its dicrotic wave some 0.3 s after the peak.
 */
import type { RandomStream } from '../../base/random-stream.ts';
import { drawBeats, drawFibrillationBeats, drawRhythm, type Rhythm } from './heart.ts';
import { addBump, addInterference, addSine, addTo, powerLawNoise, RATE } from './noise.ts';

/** What makes one synthetic person's pulse wave their own. */
export interface PpgSubject {
  rhythm: Rhythm;
  /** Seconds from the heart's beat to the systolic peak at the finger. */
  delay: number;
  rise: number;
  fall: number;
  dicroticDelay: number;
  dicroticWidth: number;
  /** Height of the dicrotic wave over the systolic one: small in stiff, large in young arteries. */
  dicrotic: number;
  baselineSwing: number;
  amplitudeSwing: number;
  drift: number;
  white: number;
  hum: number;
  mains: number;
}

export function drawPpgSubject(random: RandomStream): PpgSubject {
  return {
    rhythm: drawRhythm(random),
    delay: random.uniform(0.22, 0.32),
    rise: random.uniform(0.062, 0.085),
    fall: random.uniform(0.1, 0.14),
    dicroticDelay: random.uniform(0.26, 0.33),
    dicroticWidth: random.uniform(0.07, 0.11),
    dicrotic: random.uniform(0.2, 0.55),
    baselineSwing: random.uniform(0.02, 0.12),
    amplitudeSwing: random.uniform(0.02, 0.1),
    drift: random.uniform(0.02, 0.1),
    white: random.uniform(0.002, 0.012),
    hum: random.uniform(0.001, 0.01),
    mains: random.chance(0.5) ? 50 : 60,
  };
}

/**
 * Adds a window of [channels, samples], row-major; further channels are the same pulse in other colours of light. Where
 * the atria fibrillate, beats come irregularly, and each is as strong as the time that the ventricle had to fill.
 */
export function addPpg(
  window: Float32Array,
  channels: number,
  subject: PpgSubject,
  random: RandomStream,
  fibrillation = false,
): void {
  const samples = window.length / channels;
  const breathing = random.uniform(0, 2 * Math.PI);
  const respiration = 2 * Math.PI * subject.rhythm.respiration;
  const systolic = new Float64Array(samples);
  const dicrotic = new Float64Array(samples);
  const beats = fibrillation
    ? drawFibrillationBeats(subject.rhythm, samples / RATE, random)
    : drawBeats(subject.rhythm, samples / RATE, breathing, random);
  for (const beat of beats) {
    const stretch = Math.sqrt(Math.min(beat.interval, 1.3));
    const breath = 1 + subject.amplitudeSwing * Math.sin(respiration * beat.time + breathing + 1);
    // A beat that comes early finds the ventricle half filled.
    const filling = fibrillation ? 1.2 * (1 - Math.exp(-beat.interval / 0.4)) : beat.ectopic ? 0.55 : 1;
    const stroke = breath * filling * random.uniform(0.97, 1.03);
    const peak = beat.time + subject.delay;
    addBump(systolic, stroke, peak, subject.rise, subject.fall * stretch);
    addBump(
      dicrotic,
      stroke * subject.dicrotic,
      peak + subject.dicroticDelay * stretch,
      subject.dicroticWidth * stretch,
    );
  }
  const common = powerLawNoise(1.9).generate(samples, random);
  for (let channel = 0; channel < channels; channel++) {
    const gain = channel === 0 ? 1 : random.uniform(0.4, 1);
    addTo(window, channel, samples, systolic, gain);
    addTo(window, channel, samples, dicrotic, gain * (channel === 0 ? 1 : random.uniform(0.8, 1.2)));
    addTo(window, channel, samples, common, gain * subject.drift);
    const swing = new Float64Array(samples);
    addSine(swing, gain * subject.baselineSwing, subject.rhythm.respiration, breathing);
    addTo(window, channel, samples, swing, 1);
  }
  addInterference(window, channels, random, subject);
}
