/** The generators of all modalities behind one interface, and what their users share. */

import type { RandomStream } from '../../base/random-stream.ts';
import { SignalError } from '../errors.ts';
import type { Modality } from '../recording.ts';
import { addEcg, drawEcgSubject, ECG_LEADS } from './ecg.ts';
import { addEeg, drawEegSubject, EEG_MONTAGE } from './eeg.ts';
import { addIeeg, drawIeegSubject } from './ieeg.ts';
import { addPpg, drawPpgSubject } from './ppg.ts';
import { addSeizure } from './seizure.ts';

/** What is to be seen in a window; what is left out comes as it does in training data. */
export interface Variant {
  /** Of the atria: ECG and PPG. */
  fibrillation?: boolean;
  /** EEG. */
  eyes?: 'open' | 'closed';
  /** Intracranial EEG. */
  seizure?: boolean;
}

interface Generator {
  defaultChannels: number;
  maximumChannels: number;
  label(channel: number): string;
  /** Draws a subject from the first stream and adds one of their windows, drawn from the second. */
  addWindow(
    out: Float32Array,
    channels: number,
    subject: RandomStream,
    window: RandomStream,
    variant?: Variant,
  ): void;
}

export const GENERATORS: Readonly<Record<Modality, Generator>> = {
  ecg: {
    defaultChannels: 3,
    maximumChannels: ECG_LEADS.length,
    label: (channel) => ECG_LEADS[channel]?.label ?? '',
    addWindow: (out, channels, subject, window, variant) =>
      addEcg(out, channels, drawEcgSubject(subject), window, variant?.fibrillation),
  },
  ppg: {
    defaultChannels: 1,
    maximumChannels: 8,
    label: (channel) => `PPG ${channel + 1}`,
    addWindow: (out, channels, subject, window, variant) =>
      addPpg(out, channels, drawPpgSubject(subject), window, variant?.fibrillation),
  },
  eeg: {
    defaultChannels: 8,
    maximumChannels: EEG_MONTAGE.length,
    label: (channel) => EEG_MONTAGE[channel]?.label ?? '',
    addWindow: (out, channels, subject, window, variant) =>
      addEeg(out, channels, drawEegSubject(subject), window, variant?.eyes),
  },
  ieeg: {
    defaultChannels: 6,
    maximumChannels: 128,
    label: (channel) => `contact ${channel + 1}`,
    addWindow: (out, channels, subject, window, variant) => {
      const patient = drawIeegSubject(subject);
      addIeeg(out, channels, patient, window);
      if (variant?.seizure) addSeizure(out, channels, patient, window);
    },
  },
};

/** Streams of different purpose never meet, because the purpose is part of their name: its part, then what it is of. */
export const STREAMS = {
  TRAIN: 0,
  HELD_OUT: 1,
  LABELLED: 2,
  SUBJECT: 0,
  WINDOW: 1,
  GAIN: 2,
  ORDER: 3,
} as const;

export function requireCount(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new SignalError(
    `Synthetic data: ${name} is ${value}, but must be a whole number from ${low} to ${high}.`,
  );
}
