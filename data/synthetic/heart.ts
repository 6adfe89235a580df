import type { RandomStream } from '../../base/random-stream.ts';
import { RATE } from './noise.ts';

/** The rhythm of one synthetic person. */
export interface Rhythm {
  /** Mean heart rate in beats a minute. */
  heartRate: number;
  /** Breaths a second. */
  respiration: number;
  /** Respiratory sinus arrhythmia: amplitude of the RR interval's swing with breathing, as a fraction. */
  respiratorySwing: number;
  /** Amplitude of the 0.1 Hz (baroreflex) swing, as a fraction. */
  slowSwing: number;
  /** Probability that a beat comes early from a ventricular focus. */
  ectopic: number;
}

export interface Beat {
  /** Seconds from the start of the window; may lie outside it. */
  time: number;
  /** Interval to the beat before, in seconds. */
  interval: number;
  ectopic: boolean;
}

/**
 * Rates and swings of adults at rest. The two bands are those of the Task Force on heart-rate variability
 * (Circulation 93:1043, 1996): 0.04-0.15 Hz and 0.15-0.4 Hz.
 */
export function drawRhythm(random: RandomStream): Rhythm {
  return {
    heartRate: random.uniform(52, 98),
    respiration: random.uniform(0.18, 0.36),
    respiratorySwing: random.uniform(0.01, 0.06),
    slowSwing: random.uniform(0.01, 0.04),
    ectopic: random.chance(0.15) ? random.uniform(0.03, 0.12) : 0,
  };
}

/**
 * Beats from before the window to after it, so that waves reach in from both sides. `breathing` is the phase of
 * respiration at time 0, in radians.
 */
export function drawBeats(rhythm: Rhythm, seconds: number, breathing: number, random: RandomStream): Beat[] {
  const mean = 60 / rhythm.heartRate;
  const slowPhase = random.uniform(0, 2 * Math.PI);
  const beats: Beat[] = [];
  let time = -mean * (2 + random.uniform());
  let pause = 1;
  while (time < seconds + mean) {
    const swing =
      rhythm.respiratorySwing * Math.sin(2 * Math.PI * rhythm.respiration * time + breathing) +
      rhythm.slowSwing * Math.sin(2 * Math.PI * 0.1 * time + slowPhase) +
      random.normal(0, 0.006);
    const ectopic = random.chance(rhythm.ectopic);
    // An early beat leaves the sinus node's clock alone, so the next beat comes late by as much.
    const early = ectopic ? 0.68 : 1;
    const interval = mean * (1 + swing) * early * pause;
    pause = ectopic ? 2 - early : 1;
    time += interval;
    beats.push({ time, interval, ectopic });
  }
  return beats;
}

/** Seconds: the atrioventricular node lets no two beats through that follow faster. */
const SHORTEST_INTERVAL = 0.32;

/**
 * Beats in atrial fibrillation, from before the window to after it: each interval is drawn by itself, with a deviation
 * of about a quarter of the mean (Tateno and Glass, Med. Biol. Eng. Comput. 39:664, 2001). At rest the heart beats
 * somewhat faster than in sinus rhythm.
 */
export function drawFibrillationBeats(rhythm: Rhythm, seconds: number, random: RandomStream): Beat[] {
  const mean = 60 / (rhythm.heartRate * random.uniform(0.95, 1.25));
  const spread = random.uniform(0.17, 0.3);
  const beats: Beat[] = [];
  let time = -mean * (2 + random.uniform());
  while (time < seconds + mean) {
    const interval = Math.max(SHORTEST_INTERVAL, mean * Math.exp(random.normal(-0.5 * spread ** 2, spread)));
    time += interval;
    beats.push({ time, interval, ectopic: false });
  }
  return beats;
}

/** Millivolts of the atria's own activity: 5 to 8 waves a second whose period and height keep changing. */
export function fibrillatoryWaves(samples: number, random: RandomStream): Float64Array {
  const frequency = random.uniform(5, 8);
  const amplitude = random.uniform(0.025, 0.08);
  let phase = random.uniform(0, 2 * Math.PI);
  let height = 1;
  return Float64Array.from({ length: samples }, () => {
    phase += (2 * Math.PI * frequency) / RATE + 0.1 * random.noise();
    height += 0.01 * (1 - height) + 0.04 * random.noise();
    return amplitude * height * Math.sin(phase);
  });
}
