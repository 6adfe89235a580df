/**
 * Synthetic ECG in millivolts: the five waves of the dynamical model of McSharry, Clifford, Tarassenko and Smith
 * (IEEE Trans. Biomed. Eng. 50:289, 2003) in closed form, each wave a vector in the body (as in Sameni et al.,
 * EURASIP J. Adv. Signal Process. 2007:43407) that every lead sees from its own direction.
 */
import type { RandomStream } from '../../base/random-stream.ts';
import { drawBeats, drawFibrillationBeats, drawRhythm, fibrillatoryWaves, type Rhythm } from './heart.ts';
import { addBump, addInterference, addSine, addTo, powerLawNoise, RATE } from './noise.ts';

type Vector = readonly [left: number, down: number, front: number];

interface Wave {
  /** Seconds after the R peak at 60 beats a minute, and standard deviation in seconds. */
  time: number;
  width: number;
  /** How much slower the wave rises than it falls; 1 where not given. */
  skew?: number;
  /** Millivolts. */
  amplitude: number;
  direction: Vector;
  /** P and T move with the square root of the RR interval (Bazett); the QRS complex does not. */
  followsRate: boolean;
  /** The P wave, which fibrillating atria do not have. */
  atrial?: boolean;
}

/** What makes one synthetic person's ECG their own. */
export interface EcgSubject {
  rhythm: Rhythm;
  waves: readonly Wave[];
  /** Millivolts. */
  drift: number;
  white: number;
  hum: number;
  mains: number;
}

const degrees = Math.PI / 180;
const frontal = (angle: number): Vector => [Math.cos(angle * degrees), Math.sin(angle * degrees), 0];
const horizontal = (angle: number): Vector => [Math.cos(angle * degrees), 0, Math.sin(angle * degrees)];

/** Directions of the standard leads, three that see different things first. */
export const ECG_LEADS: readonly { label: string; direction: Vector }[] = [
  { label: 'II', direction: frontal(60) },
  { label: 'V1', direction: horizontal(115) },
  { label: 'V5', direction: horizontal(20) },
  { label: 'I', direction: frontal(0) },
  { label: 'III', direction: frontal(120) },
  { label: 'aVR', direction: frontal(-150) },
  { label: 'aVL', direction: frontal(-30) },
  { label: 'aVF', direction: frontal(90) },
  { label: 'V2', direction: horizontal(92) },
  { label: 'V3', direction: horizontal(72) },
  { label: 'V4', direction: horizontal(45) },
  { label: 'V6', direction: horizontal(0) },
];

/**
 * P, Q, R, S, T at the angles of table I of McSharry et al. (360 degrees are a second here), Q and S drawn in to make
 * a QRS complex of some 90 ms. Directions and sizes are ours, set by eye for a normal ECG in all twelve leads.
 */
const WAVES: readonly Wave[] = [
  {
    time: -0.194,
    width: 0.03,
    amplitude: 0.16,
    direction: [0.6, 0.78, 0.15],
    followsRate: true,
    atrial: true,
  },
  { time: -0.034, width: 0.011, amplitude: -0.14, direction: [0.75, 0.35, -0.55], followsRate: false },
  { time: 0, width: 0.013, amplitude: 1.25, direction: [0.7, 0.68, -0.2], followsRate: false },
  { time: 0.034, width: 0.014, amplitude: -0.45, direction: [0.25, 0.4, 0.8], followsRate: false },
  { time: 0.278, width: 0.06, skew: 1.25, amplitude: 0.38, direction: [0.65, 0.65, 0.4], followsRate: true },
];

/** Ventricular focus: no P, a QRS complex of some 150 ms, and a T wave against it. */
const ECTOPIC_WAVES: readonly Wave[] = [
  { time: -0.005, width: 0.038, amplitude: 1.6, direction: [0.25, 0.9, 0.35], followsRate: false },
  { time: 0.085, width: 0.04, amplitude: -0.55, direction: [0.3, 0.8, 0.5], followsRate: false },
  { time: 0.31, width: 0.075, amplitude: -0.5, direction: [0.3, 0.85, 0.4], followsRate: true },
];

export function drawEcgSubject(random: RandomStream): EcgSubject {
  const rhythm = drawRhythm(random);
  const size = random.uniform(0.7, 1.4);
  const axis = random.normal(0, 20);
  const waves = WAVES.map((wave) => ({
    ...wave,
    time: wave.time * random.uniform(0.92, 1.08),
    width: wave.width * random.uniform(0.85, 1.2),
    amplitude: wave.amplitude * size * random.uniform(0.7, 1.3),
    direction: turnFrontal(wave.direction, axis + random.normal(0, 8)),
  }));
  return {
    rhythm,
    waves,
    drift: random.uniform(0.02, 0.12),
    white: random.uniform(0.004, 0.018),
    hum: random.uniform(0.004, 0.02),
    mains: random.chance(0.5) ? 50 : 60,
  };
}

/** Fibrillatory waves are largest in V1, which lies over the right atrium. */
const FIBRILLATION: Vector = [-0.25, 0.45, 0.85];

/**
 * Adds a window of [channels, samples], row-major, in millivolts. Leads come in the order of `ECG_LEADS`. Where the
 * atria fibrillate, beats come irregularly, without P waves, on a fine wave that never rests.
 */
export function addEcg(
  window: Float32Array,
  channels: number,
  subject: EcgSubject,
  random: RandomStream,
  fibrillation = false,
): void {
  const samples = window.length / channels;
  const seconds = samples / RATE;
  const breathing = random.uniform(0, 2 * Math.PI);
  const beats = fibrillation
    ? drawFibrillationBeats(subject.rhythm, seconds, random)
    : drawBeats(subject.rhythm, seconds, breathing, random);
  // One row of samples a wave, summed over the beats; the leads then differ only in how they weigh the rows.
  const waves = subject.waves.filter(({ atrial }) => !(fibrillation && atrial));
  const rows = waves.map((wave) => ({ wave, row: new Float64Array(samples) }));
  const ectopicRows = ECTOPIC_WAVES.map((wave) => ({ wave, row: new Float64Array(samples) }));
  for (const beat of beats) {
    const stretch = Math.sqrt(Math.min(beat.interval, 1.2));
    const breath = 1 + 0.06 * Math.sin(2 * Math.PI * subject.rhythm.respiration * beat.time + breathing);
    for (const { wave, row } of beat.ectopic ? ectopicRows : rows) {
      const scale = wave.followsRate ? stretch : 1;
      const { skew = 1 } = wave;
      const width = wave.width * scale;
      addBump(row, wave.amplitude * breath, beat.time + wave.time * scale, width * skew, width / skew);
    }
  }
  const fine = fibrillation ? fibrillatoryWaves(samples, random) : undefined;
  for (let lead = 0; lead < channels; lead++) {
    const { direction } = ECG_LEADS[lead] as { direction: Vector };
    for (const { wave, row } of [...rows, ...ectopicRows]) {
      addTo(window, lead, samples, row, dot(wave.direction, direction));
    }
    if (fine) addTo(window, lead, samples, fine, dot(FIBRILLATION, direction));
    addTo(window, lead, samples, baseline(subject, samples, breathing, random), 1);
  }
  addInterference(window, channels, random, subject);
}

/** Electrode drift: the chest moves with breathing, and skin potentials wander. */
function baseline(
  subject: EcgSubject,
  samples: number,
  breathing: number,
  random: RandomStream,
): Float64Array {
  const drift = powerLawNoise(1.9).generate(samples, random);
  const wander = subject.drift * 0.5;
  for (let t = 0; t < samples; t++) drift[t] = (drift[t] as number) * wander;
  addSine(
    drift,
    subject.drift * random.uniform(0.5, 1),
    subject.rhythm.respiration,
    breathing + random.normal(0, 0.4),
  );
  return drift;
}

function turnFrontal([left, down, front]: Vector, angle: number): Vector {
  const cos = Math.cos(angle * degrees);
  const sin = Math.sin(angle * degrees);
  return [left * cos - down * sin, left * sin + down * cos, front];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
