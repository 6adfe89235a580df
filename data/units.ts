/** Voltages in the unit that is usual for their kind of signal: in volts they would be lost beside the z-score's epsilon. */
import { modalityOf } from './channels.ts';
import type { ChannelInfo, Modality } from './recording.ts';

const USUAL: Readonly<Record<Modality, 'uV' | 'mV' | undefined>> = {
  eeg: 'uV',
  ieeg: 'uV',
  ecg: 'mV',
  // A photoplethysmogram has no unit of its own: its volts are those of some amplifier.
  ppg: undefined,
};

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
  { label, unit, kind }: ChannelInfo,
  recordingIs: Modality | undefined,
): Conversion | undefined {
  const modality = (kind === 'other' ? undefined : kind) ?? modalityOf(label) ?? recordingIs;
  const usual = modality && USUAL[modality];
  // Both the micro sign and the Greek letter are in use.
  const name = unit.trim().replace(/^[\u00b5\u03bc]/, 'u');
  const from = VOLTAGES[name.toLowerCase()];
  if (!usual || from === undefined) return undefined;
  const power = from - (VOLTAGES[usual.toLowerCase()] as number);
  return power === 0 ? undefined : { factor: Number(`1e${power}`), how: `${name} to ${usual}: x 1e${power}` };
}
