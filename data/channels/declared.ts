/** Kinds of channels as the type column of BIDS and MNE-Python spells them. */
import type { ChannelKind } from '../recording.ts';

const TYPES: Readonly<Record<string, ChannelKind>> = {
  EEG: 'eeg',
  SEEG: 'ieeg',
  ECOG: 'ieeg',
  DBS: 'ieeg',
  IEEG: 'ieeg',
  ECG: 'ecg',
  EKG: 'ecg',
  PPG: 'ppg',
  PLETH: 'ppg',
  EOG: 'eog',
  VEOG: 'eog',
  HEOG: 'eog',
  EMG: 'emg',
  RESP: 'respiration',
  GSR: 'eda',
  EDA: 'eda',
  TEMP: 'temperature',
  TEMPERATURE: 'temperature',
  AUDIO: 'sound',
  ACCEL: 'acceleration',
  GYRO: 'rotation',
  MAGN: 'magnetic',
  PUPIL: 'gaze',
  EYEGAZE: 'gaze',
  TRIG: 'marks',
  STIM: 'marks',
  SYSCLOCK: 'time',
  LATENCY: 'time',
  REF: 'reference',
  PHOTO: 'light',
};

/** What stands where nothing is known. */
const UNTOLD: readonly string[] = ['', 'N/A', 'NAN', 'UNKNOWN'];

/** Undefined where the column says nothing; `other` for a type that is none of these (MISC, ADC, MEGMAG). */
export function declaredKind(type: string | undefined): ChannelKind | undefined {
  const name = type?.trim().toUpperCase() ?? '';
  if (UNTOLD.includes(name)) return undefined;
  return TYPES[name] ?? (/^(NIRS|HB[ORT]$)/.test(name) ? 'nirs' : 'other');
}
