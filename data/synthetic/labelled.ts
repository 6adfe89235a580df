/** Synthetic windows with labels, for demonstrations and tests of probes and fine-tuning. */

import { RandomStream } from '../../base/random-stream.ts';
import { SignalError } from '../errors.ts';
import { MODEL_RATE, wholeSamples } from '../rate.ts';
import { MODALITIES, type Modality } from '../recording.ts';
import { addArtefact } from './artefact.ts';
import { GENERATORS, requireCount, STREAMS, type Variant } from './generators.ts';

export type LabelledTask = 'rhythm' | 'seizure' | 'eyes' | 'artefact';

interface TaskKind {
  /** The first one is the default. */
  modalities: readonly Modality[];
  /** Of labels 0 and 1. */
  labelNames: readonly [string, string];
  variant(label: number): Variant;
}

const TASKS: Readonly<Record<LabelledTask, TaskKind>> = {
  rhythm: {
    modalities: ['ecg', 'ppg'],
    labelNames: ['sinus rhythm', 'atrial fibrillation'],
    variant: (label) => ({ fibrillation: label === 1 }),
  },
  seizure: {
    modalities: ['ieeg'],
    labelNames: ['interictal', 'seizure'],
    variant: (label) => ({ seizure: label === 1 }),
  },
  eyes: {
    modalities: ['eeg'],
    labelNames: ['eyes open', 'eyes closed'],
    variant: (label) => ({ eyes: label === 1 ? 'closed' : 'open' }),
  },
  // Blinks, extra beats and interictal spikes are no artefacts: both classes have them.
  artefact: {
    modalities: ['eeg', 'ieeg', 'ecg', 'ppg'],
    labelNames: ['clean', 'artefact'],
    variant: () => ({}),
  },
};

export const LABELLED_TASKS = Object.keys(TASKS) as readonly LabelledTask[];

export interface LabelledOptions {
  task: LabelledTask;
  /** Default: ECG for `rhythm`, EEG for `artefact`; `seizure` is of intracranial EEG and `eyes` of EEG. */
  modality?: Modality;
  seed: number;
  subjects: number;
  windowsPerSubject: number;
  /** Seconds in a window, at 200 samples a second. A rhythm takes ten to be recognised. */
  seconds: number;
  /** Default: ecg 3, ppg 1, eeg 8, ieeg 6. */
  channels?: number;
}

export interface LabelledWindow {
  label: 0 | 1;
  labelName: string;
  /** From 0; windows of one subject belong on one side of a split. */
  subject: number;
  /** [channels, samples], row-major: a part of the whole `signal`. */
  signal: Float32Array<ArrayBuffer>;
}

export interface LabelledWindows {
  task: LabelledTask;
  modality: Modality;
  labelNames: readonly [string, string];
  channelLabels: readonly string[];
  /** [windows, channels, samples], row-major; microvolts for EEG, millivolts for ECG. */
  signal: Float32Array<ArrayBuffer>;
  shape: readonly [windows: number, channels: number, samples: number];
  /** Subject by subject. */
  windows: readonly LabelledWindow[];
}

/**
 * Windows of two classes, half of each in every subject (of an odd number, one more of either). A window is a function
 * of task, modality, seconds, channels, seed, subject and its own number alone: more subjects or windows leave it as it
 * is. Subjects differ in amplitude by up to six times, so amplitude alone shows little. Throws a SignalError that names
 * the option, where one makes no sense.
 */
export function labelledWindows(options: LabelledOptions): LabelledWindows {
  const { task, seed, subjects, windowsPerSubject, seconds } = options;
  const { labelNames, variant } = kindOf(task);
  const modality = modalityFor(task, options.modality);
  const { defaultChannels, maximumChannels, label: channelLabel, addWindow } = GENERATORS[modality];
  const channels = options.channels ?? defaultChannels;
  const samples = wholeSamples(seconds) ?? seconds * MODEL_RATE;
  requireCount('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  requireCount('subjects', subjects, 1, 1 << 20);
  requireCount('windowsPerSubject', windowsPerSubject, 1, 1 << 20);
  requireCount(`samples in a window of ${seconds} s`, samples, 1, 12800);
  requireCount(`channels of ${modality}`, channels, 1, maximumChannels);
  const size = channels * samples;
  const signal = new Float32Array(requireRoom(subjects * windowsPerSubject, size));
  const name = [MODALITIES.indexOf(modality), STREAMS.LABELLED, LABELLED_TASKS.indexOf(task)];
  const windows: LabelledWindow[] = [];
  for (let subject = 0; subject < subjects; subject++) {
    const stream = (purpose: number, ...rest: number[]) =>
      new RandomStream(seed, ...name, purpose, subject, ...rest);
    const gain = Math.exp(stream(STREAMS.GAIN).uniform(-LOG_GAIN, LOG_GAIN));
    for (let window = 0; window < windowsPerSubject; window++) {
      const label = labelOf(window, stream);
      const out = signal.subarray(windows.length * size, (windows.length + 1) * size);
      const random = stream(STREAMS.WINDOW, window);
      addWindow(out, channels, stream(STREAMS.SUBJECT), random, variant(label));
      if (task === 'artefact' && label === 1) addArtefact(out, channels, random);
      for (let t = 0; t < size; t++) out[t] = gain * (out[t] as number);
      windows.push({ label, labelName: labelNames[label], subject, signal: out });
    }
  }
  return {
    task,
    modality,
    labelNames,
    channelLabels: Array.from({ length: channels }, (_, channel) => channelLabel(channel)),
    signal,
    shape: [windows.length, channels, samples],
    windows,
  };
}

/** Subjects' gains lie within a factor of e^0.9, 2.5, of 1. */
const LOG_GAIN = 0.9;

/** Of every two windows in a row one has each label; which one is drawn. */
function labelOf(window: number, stream: (purpose: number, pair: number) => RandomStream): 0 | 1 {
  const first = stream(STREAMS.ORDER, window >> 1).chance(0.5);
  return first === (window % 2 === 0) ? 1 : 0;
}

function kindOf(task: LabelledTask): TaskKind {
  const kind = Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (kind) return kind;
  throw new SignalError(
    `Synthetic data: there is no task "${task}"; there are ${LABELLED_TASKS.join(', ')}.`,
  );
}

function modalityFor(task: LabelledTask, wished: Modality | undefined): Modality {
  const { modalities } = kindOf(task);
  const modality = wished ?? (modalities[0] as Modality);
  if (modalities.includes(modality)) return modality;
  throw new SignalError(
    `Synthetic data: task "${task}" is one of ${modalities.join(', ')}, not of ${modality}; leave the modality out or name one of these.`,
  );
}

function requireRoom(windows: number, size: number): number {
  const bytes = 4 * windows * size;
  if (bytes <= 2 ** 31) return windows * size;
  throw new SignalError(
    `Synthetic data: ${windows} windows take ${Math.ceil(bytes / 1e6)} MB, and 2147 MB are the most; ask for fewer or shorter ones.`,
  );
}
