/** Which mains frequency hums in a recording, if one does. */
import { SignalError } from '../errors.ts';
import type { Recording } from '../recording.ts';
import { readStretches } from '../stretches.ts';
import { median } from './median.ts';
import type { Mains } from './notch.ts';
import { welch } from './welch.ts';

export interface MainsEvidence {
  frequency: 50 | 60;
  /** Height of the line over its neighbourhood, on both of its sides; undefined where the signal cannot show one. */
  decibels: number | undefined;
  /** For people: "50 Hz stands 23 dB over its neighbourhood". */
  sentence: string;
}

export interface MainsFinding {
  mains: Mains;
  evidence: readonly [MainsEvidence, MainsEvidence];
  /** Decibels that were asked of a line: more where there is little signal to judge by. */
  needed: number;
  /** For people, in one line. */
  sentence: string;
}

/** Decibels from which a line is taken for hum: noise alone stays below 9 in ten seconds, and mostly below 14 in two. */
const [HUM_DECIBELS, HUM_DECIBELS_IN_SHORT] = [10, 15];
/** Seconds of all stretches together. */
const SHORT = 10;
/** Seconds: lines 1/2 Hz wide, as narrow as the mains frequency keeps still. */
const SEGMENT_SECONDS = 4;
const SHORTEST_SECONDS = 1;
/** Hz by which the mains, and the clock of a recorder, may be off. */
const DEVIATION = 0.5;
/** Hz on each side that a line is measured against. */
const NEIGHBOURHOOD = 2.5;
/** Of the Nyquist frequency: above it there is the recorder's own low-pass. */
const USABLE = 0.98;

/**
 * Looks for a line at 50 and at 60 Hz in a few stretches of raw signal (one channel each, at the source's rate in Hz;
 * ten seconds or more of each are good, missing samples are NaN). The spectra of all stretches count alike, whatever
 * their amplitude.
 * A hum is a line that stands 10 dB over the louder of its two sides (15 dB where all stretches together are shorter
 * than ten seconds), so neither slopes, edges nor broad bumps of the spectrum (muscle, gamma) pass for one. Where both
 * frequencies do, the higher line wins. Hum that aliasing has moved elsewhere is not looked for.
 */
export function detectMains(stretches: readonly Float64Array[], rate: number): MainsFinding {
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new SignalError(`Mains hum at a sampling rate of ${rate} Hz cannot be: give a positive number.`);
  const evidence = [evidenceAt(50, stretches, rate), evidenceAt(60, stretches, rate)] as const;
  const heights = evidence.map(({ decibels }) => decibels ?? Number.NEGATIVE_INFINITY) as [number, number];
  const higher = evidence[heights[1] > heights[0] ? 1 : 0];
  const seconds = stretches.reduce((sum, { length }) => sum + length / rate, 0);
  const needed = seconds < SHORT ? HUM_DECIBELS_IN_SHORT : HUM_DECIBELS;
  const mains = (higher.decibels ?? 0) >= needed ? higher.frequency : 'none';
  const found = mains === 'none' ? 'no mains hum' : `mains hum at ${mains} Hz`;
  return {
    mains,
    evidence,
    needed,
    sentence: `${found}: ${evidence.map(({ sentence }) => sentence).join('; ')}; ${needed} dB are needed.`,
  };
}

function evidenceAt(frequency: 50 | 60, stretches: readonly Float64Array[], rate: number): MainsEvidence {
  const none = (why: string): MainsEvidence => ({ frequency, decibels: undefined, sentence: why });
  if (frequency + DEVIATION > (USABLE * rate) / 2)
    return none(`${Number(rate.toPrecision(5))} samples a second cannot hold ${frequency} Hz`);
  const ratios = stretches.flatMap((stretch) => {
    const ratio = lineOverSides(stretch, frequency, rate);
    return ratio === undefined ? [] : [ratio];
  });
  if (ratios.length === 0)
    return none(`${frequency} Hz: there is no second of signal without missing samples that changes`);
  const decibels = 10 * Math.log10(ratios.reduce((sum, ratio) => sum + ratio / ratios.length, 0));
  return { frequency, decibels, sentence: inWords(frequency, decibels) };
}

function inWords(frequency: number, decibels: number): string {
  return decibels > 0
    ? `${frequency} Hz stands ${decibels.toFixed(1)} dB over its neighbourhood`
    : `${frequency} Hz lies ${(-decibels).toFixed(1)} dB below its neighbourhood`;
}

/** Power of the highest line near `centre` over that of the louder side; undefined for stretches that show nothing. */
function lineOverSides(stretch: Float64Array, centre: number, rate: number): number | undefined {
  const length = Math.min(Math.round(SEGMENT_SECONDS * rate), stretch.length);
  const seconds = length / rate;
  if (seconds < SHORTEST_SECONDS) return undefined;
  const step = 1 / seconds;
  // Beyond the line itself, which the Hann window makes four steps wide.
  const guard = DEVIATION + 3 * step;
  const top = (USABLE * rate) / 2;
  const near = range(centre - DEVIATION, centre + DEVIATION, step / 2);
  const below = range(centre - guard - NEIGHBOURHOOD, centre - guard, step);
  const above = range(centre + guard, Math.min(top, centre + guard + NEIGHBOURHOOD), step);
  const { power, segments } = welch(stretch, rate, length, [...near, ...below, ...above]);
  if (segments === 0) return undefined;
  const line = Math.max(...power.slice(0, near.length));
  const sides = [
    power.slice(near.length, near.length + below.length),
    power.slice(near.length + below.length),
  ].filter((side) => side.length >= 3);
  const side = Math.max(...sides.map(median));
  // Constants leave rounding errors, which are all line and no side.
  return side > 0 ? line / side : undefined;
}

function range(from: number, to: number, step: number): number[] {
  const count = Math.max(0, Math.floor((to - from) / step + 1e-9) + 1);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

/** Enough to judge by. */
const CHANNELS = 8;

/** `detectMains` on stretches from all over a recording; `channels` are indices of channels of one rate. */
export async function mainsOfRecording(
  recording: Recording,
  channels: readonly number[],
): Promise<MainsFinding> {
  const first = recording.channels[channels[0] ?? -1];
  if (!first)
    throw new SignalError(`${recording.name}: mains hum is looked for in channels; name one or more.`);
  // Spread over the channels too: hum is often worse on one side of a montage.
  const some = Array.from(
    { length: Math.min(CHANNELS, channels.length) },
    (_, i) => channels[Math.floor((i * channels.length) / Math.min(CHANNELS, channels.length))] as number,
  );
  return detectMains(await readStretches(recording, some), first.rate);
}
