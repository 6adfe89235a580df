/**
 * Synthetic scalp EEG in microvolts: a few broad cortical sources with a 1/f^b background (the aperiodic part of
 * Donoghue et al., Nat. Neurosci. 23:1655, 2020; here b is 1.4 to 1.9), bursts of alpha rhythm over the back of the
 * head, blinks over the front.
 */
import type { RandomStream } from '../../base/random-stream.ts';
import { addBump, addInterference, addTo, powerLawNoise, RATE } from './noise.ts';

type Position = readonly [right: number, front: number, up: number];

const degrees = Math.PI / 180;

/** A place on the unit sphere: `fromTop` degrees down from the vertex, `azimuth` degrees from the right ear forwards. */
function scalp(fromTop: number, azimuth: number): Position {
  const radius = Math.sin(fromTop * degrees);
  return [
    radius * Math.cos(azimuth * degrees),
    radius * Math.sin(azimuth * degrees),
    Math.cos(fromTop * degrees),
  ];
}

/** The 10-20 system on a sphere; the first eight cover the whole head. */
export const EEG_MONTAGE: readonly { label: string; position: Position }[] = [
  { label: 'Fp1', position: scalp(90, 108) },
  { label: 'Fp2', position: scalp(90, 72) },
  { label: 'C3', position: scalp(45, 180) },
  { label: 'C4', position: scalp(45, 0) },
  { label: 'P7', position: scalp(90, 216) },
  { label: 'P8', position: scalp(90, -36) },
  { label: 'O1', position: scalp(90, 252) },
  { label: 'O2', position: scalp(90, -72) },
  { label: 'F7', position: scalp(90, 144) },
  { label: 'F8', position: scalp(90, 36) },
  { label: 'F3', position: scalp(60, 129) },
  { label: 'F4', position: scalp(60, 51) },
  { label: 'T7', position: scalp(90, 180) },
  { label: 'T8', position: scalp(90, 0) },
  { label: 'P3', position: scalp(60, 231) },
  { label: 'P4', position: scalp(60, -51) },
  { label: 'Fz', position: scalp(45, 90) },
  { label: 'Cz', position: scalp(0, 0) },
  { label: 'Pz', position: scalp(45, -90) },
];

const EYES = scalp(115, 90);
const OCCIPUT = scalp(85, -90);

/** A patch of cortex and how strongly each electrode sees it. */
interface Source {
  weights: readonly number[];
  /** Microvolts (standard deviation). */
  amplitude: number;
}

/** What makes one synthetic person's EEG their own. */
export interface EegSubject {
  exponent: number;
  sources: readonly Source[];
  alphaFrequency: number;
  /** Microvolts over the occiput with closed eyes. */
  alphaAmplitude: number;
  blinkAmplitude: number;
  blinkWidth: number;
  white: number;
  hum: number;
  mains: number;
}

const SOURCES = 5;

export function drawEegSubject(random: RandomStream): EegSubject {
  // The first source is what the reference electrode adds to every channel alike.
  const sources: Source[] = [{ weights: EEG_MONTAGE.map(() => 1), amplitude: random.uniform(4, 9) }];
  while (sources.length < SOURCES) {
    const place = scalp(random.uniform(10, 95), random.uniform(0, 360));
    const sign = random.chance(0.5) ? 1 : -1;
    // The skull smears a source over some 5 to 8 cm of scalp.
    const weights = EEG_MONTAGE.map(({ position }) => sign * spread(position, place, 0.75));
    sources.push({ weights, amplitude: random.uniform(7, 15) });
  }
  return {
    exponent: random.uniform(1.4, 1.9),
    sources,
    alphaFrequency: random.uniform(8.5, 11.5),
    alphaAmplitude: random.uniform(12, 32),
    blinkAmplitude: random.uniform(70, 150),
    blinkWidth: random.uniform(0.05, 0.08),
    white: random.uniform(0.4, 1.2),
    hum: random.uniform(0.1, 0.5),
    mains: random.chance(0.5) ? 50 : 60,
  };
}

/**
 * Adds a window of [channels, samples], row-major, in microvolts. Channels come in the order of `EEG_MONTAGE`. Whether
 * the eyes are closed, and alpha strong, is drawn where it is not given.
 */
export function addEeg(
  window: Float32Array,
  channels: number,
  subject: EegSubject,
  random: RandomStream,
  eyes?: 'open' | 'closed',
): void {
  const samples = window.length / channels;
  const noise = powerLawNoise(subject.exponent);
  for (const { weights, amplitude } of subject.sources) {
    const activity = noise.generate(samples, random);
    for (let channel = 0; channel < channels; channel++) {
      addTo(window, channel, samples, activity, amplitude * (weights[channel] as number));
    }
  }
  // Drawn in any case, so that what follows in the stream stays the same.
  const drawn = random.chance(0.5);
  const eyesClosed = eyes === undefined ? drawn : eyes === 'closed';
  const alpha = alphaRhythm(samples, subject.alphaFrequency, random);
  const alphaAmplitude = subject.alphaAmplitude * (eyesClosed ? 1 : 0.3);
  const blink = eyesClosed ? undefined : blinks(samples, subject, random);
  // The two hemispheres rarely show the same alpha amplitude; a factor of up to 1.5 is normal.
  const rightOverLeft = random.uniform(0.8, 1.25);
  for (let channel = 0; channel < channels; channel++) {
    const { position } = EEG_MONTAGE[channel] as { position: Position };
    const side = position[0] > 0 ? rightOverLeft : 1;
    addTo(window, channel, samples, alpha, alphaAmplitude * side * spread(position, OCCIPUT, 0.8));
    if (blink) addTo(window, channel, samples, blink, spread(position, EYES, 0.5));
    // What no other electrode sees: nearby muscle, skin, the amplifier's own 1/f noise.
    addTo(window, channel, samples, powerLawNoise(1).generate(samples, random), 1.5);
  }
  addInterference(window, channels, random, subject);
}

/** Alpha waxes and wanes over about a second (spindles); both quadratures of the carrier follow their own slow noise. */
function alphaRhythm(samples: number, frequency: number, random: RandomStream): Float64Array {
  const pole = Math.exp((-2 * Math.PI * 0.5) / RATE);
  const drive = Math.sqrt(1 - pole * pole);
  let real = random.normal();
  let imaginary = random.normal();
  let smoothReal = real;
  let smoothImaginary = imaginary;
  const out = new Float64Array(samples);
  const turn = (2 * Math.PI * frequency) / RATE;
  for (let t = 0; t < samples; t++) {
    real = pole * real + drive * random.noise();
    imaginary = pole * imaginary + drive * random.noise();
    smoothReal += 0.05 * (real - smoothReal);
    smoothImaginary += 0.05 * (imaginary - smoothImaginary);
    out[t] = smoothReal * Math.cos(turn * t) - smoothImaginary * Math.sin(turn * t);
  }
  return out;
}

/** Some 17 blinks a minute, each closing faster than it opens. */
function blinks(samples: number, subject: EegSubject, random: RandomStream): Float64Array {
  const out = new Float64Array(samples);
  const seconds = samples / RATE;
  let time = -0.5 - 3.5 * Math.log(1 - random.uniform());
  while (time < seconds + 0.5) {
    const height = subject.blinkAmplitude * random.uniform(0.75, 1.25);
    addBump(out, height, time, subject.blinkWidth, subject.blinkWidth * 1.6);
    addBump(out, -0.12 * height, time + 0.38, 0.1, 0.16);
    time += 0.4 - 3 * Math.log(1 - random.uniform());
  }
  return out;
}

/** How strongly an electrode sees a source: falls off with their distance on the unit sphere. */
function spread(electrode: Position, source: Position, width: number): number {
  const [x, y, z] = [electrode[0] - source[0], electrode[1] - source[1], electrode[2] - source[2]];
  return Math.exp((-0.5 * (x * x + y * y + z * z)) / (width * width));
}
