/** Voltages in the unit that is usual for their kind of signal: in volts they would be lost beside the z-score's epsilon. */
import { kindOf } from './channels/kinds-of.ts';
import { detrend } from './preprocess/detrend.ts';
import { median } from './preprocess/median.ts';
import { type ChannelInfo, MODALITIES, type Modality } from './recording.ts';
import { LARGEST_VALUE } from './windows/checks.ts';

const USUAL: Readonly<Record<Modality, 'uV' | 'mV' | undefined>> = {
  eeg: 'uV',
  ieeg: 'uV',
  ecg: 'mV',
  // A photoplethysmogram has no unit of its own: its volts are those of some amplifier.
  ppg: undefined,
};

/** The unit that signals of a kind usually have, where they have one. */
export const usualUnit = (modality: Modality) => USUAL[modality];

/** Powers of ten; without regard to case, because nobody records megavolts. */
const VOLTAGES: Readonly<Record<string, number>> = { v: 0, volt: 0, volts: 0, mv: -3, uv: -6, nv: -9 };

export interface Conversion {
  factor: number;
  /** For people: "V to uV: x 1e6". */
  how: string;
}

/**
 * How a channel comes to the usual unit of its modality: by its label, else that of the recording. Undefined where it
 * has that unit already, where the file declares no voltage, and where no modality is known.
 */
export function conversionOf(
  channel: ChannelInfo,
  recordingIs: Modality | undefined,
): Conversion | undefined {
  const usual = usualUnitOf(channel, recordingIs);
  if (!usual) return undefined;
  const name = simplified(channel.unit);
  const power = (VOLTAGES[name.toLowerCase()] as number) - (VOLTAGES[usual.unit.toLowerCase()] as number);
  return power === 0
    ? undefined
    : { factor: Number(`1e${power}`), how: `${name} to ${usual.unit}: x 1e${power}` };
}

/** The unit that a channel comes to, where it declares a voltage and its kind of signal has a usual unit. */
export function usualUnitOf(
  channel: ChannelInfo,
  recordingIs: Modality | undefined,
): { modality: Modality; unit: 'uV' | 'mV' } | undefined {
  if (VOLTAGES[simplified(channel.unit).toLowerCase()] === undefined) return undefined;
  const kind = kindOf(channel, recordingIs) ?? recordingIs;
  const modality = MODALITIES.find((each) => each === kind);
  const usual = modality && USUAL[modality];
  return usual && { modality, unit: usual };
}

/**
 * What no sample of a kind exceeds, offset and artefacts with it, in its usual unit: one volt. Amplifiers must pass the
 * electrodes' own voltage of 300 mV (IEC 60601-2-25, -26, -47), and those of the widest range saturate below half a volt
 * (BioSemi 262 mV, g.HIamp 341 mV, actiCHamp 400 mV).
 */
const LARGEST: Readonly<Record<'uV' | 'mV', number>> = { uV: 1e6, mV: 1e3 };

/** The largest magnitude of a channel's samples, after its conversion; of one without a voltage whatever a converter holds. */
export function largestPossible(channel: ChannelInfo, recordingIs: Modality | undefined): number {
  const usual = usualUnitOf(channel, recordingIs);
  return usual ? LARGEST[usual.unit] : LARGEST_VALUE;
}

/** Both the micro sign and the Greek letter are in use. */
function simplified(unit: string): string {
  return unit.trim().replace(/^[\u00b5\u03bc]/, 'u');
}

/**
 * What a signal's deviation within two seconds may be, in the usual unit. Generous: scalp EEG has 10 to 100 uV from peak
 * to peak in the awake adult, and up to some ten times that in slow sleep, seizures and artefacts; intracranial EEG is
 * several times as large; an ECG's R wave has 0.5 to 3 mV. Each range is at most a thousandfold, so that no amplitude
 * (but for the very ends) is plausible in two units that lie a thousandfold apart.
 */
const PLAUSIBLE: Readonly<Partial<Record<Modality, readonly [low: number, high: number]>>> = {
  eeg: [1, 500],
  ieeg: [5, 5000],
  ecg: [0.02, 20],
};

const WRONG_FACTORS = [1e-3, 1e3, 1e-6, 1e6] as const;

export interface AmplitudeVerdict {
  /** `odd`: out of the range, and no wrong unit would explain it. */
  verdict: 'plausible' | 'wrong unit' | 'odd';
  /** What the values would have to be multiplied by, where the verdict is `wrong unit`. */
  factor?: number;
  /** For people, with the amplitude, the range and the factor. */
  sentence: string;
}

/**
 * Whether an amplitude (as `typicalAmplitude` measures it, in `unit`, after `conversionOf`) is one that signals of this
 * kind have, or looks as if the file declared a wrong unit. Undefined where there is nothing to judge by: no modality or
 * one without a unit of its own, another unit than its usual one, or no amplitude.
 */
export function judgeAmplitude(
  modality: Modality | undefined,
  unit: string,
  amplitude: number | undefined,
): AmplitudeVerdict | undefined {
  const range = modality && PLAUSIBLE[modality];
  if (!range || amplitude === undefined || simplified(unit).toLowerCase() !== USUAL[modality]?.toLowerCase())
    return undefined;
  const within = (value: number) => value >= range[0] && value <= range[1];
  const measured = `${KIND[modality]} of ${digits(amplitude)} ${USUAL[modality]}`;
  const expected = `${range[0]} to ${range[1]} ${USUAL[modality]} are plausible`;
  if (within(amplitude))
    return { verdict: 'plausible', sentence: `${measured}: plausible, ${range[0]} to ${range[1]} are.` };
  const factor = WRONG_FACTORS.find((candidate) => within(amplitude * candidate));
  if (factor === undefined)
    return {
      verdict: 'odd',
      sentence: `${measured}: ${expected}, and no mistaken unit explains it; look at the signal.`,
    };
  const times = `x 1e${Math.log10(factor)}`;
  return {
    verdict: 'wrong unit',
    factor,
    sentence: `${measured}: ${expected}, and ${times} would make it ${digits(amplitude * factor)}; either the file declares a wrong unit, or this is no ${KIND[modality]}.`,
  };
}

const KIND: Readonly<Record<Modality, string>> = {
  eeg: 'EEG',
  ieeg: 'intracranial EEG',
  ecg: 'ECG',
  ppg: 'PPG',
};

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Samples below which a straight line takes too much of a piece away. */
const SHORTEST_PIECE = 16;
/** Seconds: short enough for drift to be a line, long enough for a heartbeat at 30 a minute. */
const PIECE_SECONDS = 2;

/**
 * The median, over pieces of two seconds of all signals (at `rate` Hz, missing samples NaN), of the standard deviation
 * about a straight line: neither offsets, drift nor a few artefacts count. Give it all channels of one kind and unit,
 * because a single one may hang off the head. Pieces with missing samples and pieces that never change are left out;
 * undefined where none is left, and at rates below 8 Hz.
 */
export function typicalAmplitude(signals: readonly Float64Array[], rate: number): number | undefined {
  const count = Math.round(PIECE_SECONDS * rate);
  if (count < SHORTEST_PIECE) return undefined;
  const deviations: number[] = [];
  for (const signal of signals) {
    for (let start = 0; start + count <= signal.length; start += count) {
      const piece = signal.subarray(start, start + count);
      const first = piece[0];
      if (piece.some(Number.isNaN) || piece.every((value) => value === first)) continue;
      const squares = detrend(piece, 'linear').reduce((sum, value) => sum + value * value, 0);
      // A value whose square is beyond numbers says nothing of what is typical.
      if (Number.isFinite(squares)) deviations.push(Math.sqrt(squares / count));
    }
  }
  return deviations.length > 0 ? median(deviations) : undefined;
}
