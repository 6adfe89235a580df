/**
 * Butterworth filters as second-order sections: those of scipy.signal.butter(order, Wn, btype, fs=rate, output='sos')
 * up to rounding, to be run through `sosfiltfilt`.
 */
import { SignalError } from '../errors.ts';
import type { Biquad } from './biquad.ts';

/** With `low` alone a high-pass, with `high` alone a low-pass. In Hz, at -3 dB (once through). */
export interface Band {
  low?: number;
  high?: number;
  /** Default 4. A band-pass has this order at each of its two edges. */
  order?: number;
}

export const DEFAULT_ORDER = 4;
const LARGEST_ORDER = 12;
/** How far rounded coefficients may move a pole, in parts of its distance from the unit circle. */
const POLE_ACCURACY = 1e-6;
const ROUNDING = 2 ** -52;
/** Distance of a pole from the unit circle below which a filter rings for millions of samples. */
const NEAREST_POLE = 5e-6;

interface Complex {
  re: number;
  im: number;
}

/** Two poles of the analogue filter, conjugate or both real, or a real one alone; and where the digital zeros lie. */
interface Pair {
  poles: readonly [Complex] | readonly [Complex, Complex];
  zeros: readonly [1 | -1] | readonly [1 | -1, 1 | -1];
  /** Product of what the analogue gain and the zeros contribute. */
  gain: number;
}

/**
 * The sections of a Butterworth filter for signals of `rate` Hz, those that take away the slow part first. Throws a
 * SignalError where the band cannot be had at this rate.
 */
export function bandPass(band: Band, rate: number): Biquad[] {
  const { low, high, order = DEFAULT_ORDER } = band;
  requireBand(band, order, rate);
  const prototype = prototypePoles(order);
  const pairs =
    low !== undefined && high !== undefined
      ? bandPairs(prototype, warp(low, rate), warp(high, rate))
      : low !== undefined
        ? prototype.map((pole) => edgePair(quotient(warp(low, rate), pole), 1, 4))
        : prototype.map((pole) =>
            edgePair(times(pole, warp(high as number, rate)), -1, warp(high as number, rate)),
          );
  const sections = pairs.map(digital);
  for (const pair of pairs) requirePrecision(pair, band, rate);
  return sections;
}

function requireBand({ low, high }: Band, order: number, rate: number): void {
  const fail = (problem: string) => {
    throw new SignalError(`Band of ${low ?? 0} to ${high ?? 'any'} Hz at ${rate} Hz: ${problem}`);
  };
  if (low === undefined && high === undefined) fail('give a lower edge, an upper edge or both.');
  if (!(rate > 0 && Number.isFinite(rate))) fail('the sampling rate must be a positive number.');
  if (!(Number.isInteger(order) && order >= 1 && order <= LARGEST_ORDER))
    fail(`the order is ${order}, but must be a whole number from 1 to ${LARGEST_ORDER}.`);
  for (const [name, edge] of [
    ['lower', low],
    ['upper', high],
  ] as const) {
    if (edge === undefined) continue;
    if (!(edge > 0))
      fail(
        `the ${name} edge is ${edge} Hz, but must be above 0; leave it out to filter on the other side only.`,
      );
    if (!(edge < rate / 2))
      fail(
        `the ${name} edge is ${edge} Hz, but must be below ${rate / 2} Hz, half the sampling rate; a lower one, or leave it out.`,
      );
  }
  if (low !== undefined && high !== undefined && low >= high)
    fail('the lower edge must be below the upper one; swap them.');
}

/** The frequency of the analogue filter that the bilinear transform s = 4 (z - 1) / (z + 1) brings to `frequency`. */
function warp(frequency: number, rate: number): number {
  return 4 * Math.tan((Math.PI * frequency) / rate);
}

/** Poles of the analogue low-pass with its edge at 1: of conjugate ones the upper, and the real one if there is one. */
function prototypePoles(order: number): Complex[] {
  return Array.from({ length: Math.ceil(order / 2) }, (_, i) => {
    const angle = (Math.PI * (2 * i + 1)) / (2 * order);
    // Written out, so that the real pole is real to the last bit.
    return 2 * i + 1 === order ? { re: -1, im: 0 } : { re: -Math.sin(angle), im: Math.cos(angle) };
  });
}

/** Sections of a low-pass or high-pass: both zeros at -1 or 1. */
function edgePair(pole: Complex, zero: 1 | -1, gain: number): Pair {
  return pole.im === 0
    ? { poles: [pole], zeros: [zero], gain }
    : { poles: [pole, conjugate(pole)], zeros: [zero, zero], gain: gain * gain };
}

/**
 * Every pole p of the prototype becomes the two roots of s^2 - p (high - low) s + low high. A complex p gives one pair
 * near each edge, and these get the zeros of a high-pass and of a low-pass; the real one gives one pair in the middle.
 */
function bandPairs(prototype: readonly Complex[], low: number, high: number): Pair[] {
  const width = high - low;
  const gain = 4 * width;
  const [slow, middle, fast]: [Pair[], Pair[], Pair[]] = [[], [], []];
  for (const pole of prototype) {
    const half = times(pole, width / 2);
    const root = squareRoot({
      re: half.re * half.re - half.im * half.im - low * high,
      im: 2 * half.re * half.im,
    });
    // The sum that does not cancel; the other root follows from their product.
    const sign = half.re * root.re + half.im * root.im >= 0 ? 1 : -1;
    const a = { re: half.re + sign * root.re, im: half.im + sign * root.im };
    const b = quotient(low * high, a);
    if (pole.im === 0) middle.push({ poles: [a, b], zeros: [1, -1], gain });
    else {
      const [far, near] = magnitude(a) > magnitude(b) ? [a, b] : [b, a];
      slow.push({ poles: [near, conjugate(near)], zeros: [1, 1], gain });
      fast.push({ poles: [far, conjugate(far)], zeros: [-1, -1], gain });
    }
  }
  return [...slow, ...middle, ...fast];
}

/** By the bilinear transform z = (4 + s) / (4 - s). */
function digital({ poles, zeros, gain }: Pair): Biquad {
  const scale = poles.reduce((product, { re, im }) => product / Math.hypot(4 - re, im), gain);
  const [p, q] = poles.map(toDigital);
  if (!p) throw new SignalError('A section needs a pole.');
  if (!q) return { b: [scale, -scale * zeros[0], 0], a: [1, -p.re, 0] };
  const [first, second = 0] = zeros;
  return {
    b: [scale, -scale * (first + second), scale * first * second],
    a: [1, -(p.re + q.re), p.re * q.re - p.im * q.im],
  };
}

function toDigital({ re, im }: Complex): Complex {
  const size = (4 - re) ** 2 + im ** 2;
  return { re: (16 - re * re - im * im) / size, im: (8 * im) / size };
}

/**
 * Coefficients hold poles near one another, and near the circle, badly: a rounding moves a pole by its share of the
 * distance to the other one.
 */
function requirePrecision({ poles }: Pair, { low, high, order = DEFAULT_ORDER }: Band, rate: number): void {
  const [p, q] = poles.map(toDigital);
  if (!p) return;
  const apart = q ? Math.hypot(p.re - q.re, p.im - q.im) : 1;
  const moved = ROUNDING / Math.max(apart, Math.sqrt(ROUNDING));
  const room = Math.min(...poles.map(({ re, im }) => (-8 * re) / ((4 - re) ** 2 + im ** 2)));
  if (room >= NEAREST_POLE && moved <= POLE_ACCURACY * room) return;
  throw new SignalError(
    `Band of ${low ?? 0} to ${high ?? 'any'} Hz at ${rate} Hz: with order ${order} it is too narrow, or its edge too low, for double precision; take a lower order, a wider band, a higher edge, or resample to a lower rate first.`,
  );
}

function conjugate({ re, im }: Complex): Complex {
  return { re, im: -im };
}

function times({ re, im }: Complex, factor: number): Complex {
  return { re: re * factor, im: im * factor };
}

/** Real over complex. */
function quotient(numerator: number, { re, im }: Complex): Complex {
  const scale = numerator / (re * re + im * im);
  return { re: scale * re, im: -scale * im };
}

function magnitude({ re, im }: Complex): number {
  return Math.hypot(re, im);
}

function squareRoot({ re, im }: Complex): Complex {
  const size = Math.hypot(re, im);
  const half = Math.sqrt((size + Math.abs(re)) / 2);
  if (half === 0) return { re: 0, im: 0 };
  const other = Math.abs(im) / (2 * half);
  const signed = im < 0 ? -1 : 1;
  return re >= 0 ? { re: half, im: signed * other } : { re: other, im: signed * half };
}
