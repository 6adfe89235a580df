/** Channel kinds in words, and which of them a recording of one modality may carry along without being of several kinds. */
import type { ChannelKind, Modality } from '../recording.ts';

export const MODALITY_NAMES: Readonly<Record<Modality, string>> = {
  eeg: 'EEG',
  ieeg: 'iEEG',
  ecg: 'ECG',
  ppg: 'PPG',
};

/** Completes "is ...". */
const NOUNS: Readonly<Record<ChannelKind, string>> = {
  ...MODALITY_NAMES,
  eog: 'EOG',
  emg: 'EMG',
  respiration: 'respiration',
  gas: 'a gas concentration',
  pressure: 'pressure',
  saturation: 'oxygen saturation',
  'heart-rate': 'heart rate or beat intervals',
  temperature: 'temperature',
  eda: 'skin conductance',
  acceleration: 'acceleration',
  rotation: 'rotation (a gyroscope)',
  magnetic: 'a magnetic field',
  position: 'position',
  sound: 'sound',
  light: 'light',
  gaze: 'eye tracking',
  nirs: 'near-infrared spectroscopy',
  measure: 'a computed measure',
  marks: 'marks',
  counter: 'a counter',
  time: 'times',
  battery: 'a supply voltage',
  impedance: 'impedance or signal quality',
  reference: 'a reference',
  auxiliary: 'an auxiliary input',
  other: 'of another kind, as a file beside it says',
};

/** Kinds that stand beside signals of any modality: they do not make a recording one of several kinds of signal. */
const COMPANIONS: ReadonlySet<ChannelKind> = new Set([
  'marks',
  'counter',
  'time',
  'battery',
  'impedance',
  'reference',
  'auxiliary',
  'measure',
  'light',
  'position',
]);

/** Whether a channel of this kind shows that a recording holds several kinds of signal. */
export const isAnotherSignal = (kind: ChannelKind): boolean => !COMPANIONS.has(kind);

/** Why a channel is left out of the windows of a modality: completes the channel's name. */
export function notOfKind(kind: ChannelKind, modality: Modality | undefined): string {
  if (kind === 'marks') return 'holds marks, not a signal';
  if (kind === 'time') return 'holds times, not a signal';
  if (kind === 'counter') return 'is a counter, not a signal';
  if (kind === 'other') return `is ${NOUNS.other}`;
  return `is ${NOUNS[kind]}, not ${modality ? MODALITY_NAMES[modality] : 'ECG, PPG, EEG or iEEG'}`;
}

export const nounOf = (kind: ChannelKind): string => NOUNS[kind];
