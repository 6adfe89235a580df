/** What the study pretrains on: paths from the folder of signals, and what their files do not say themselves. */
import type { ManifestEntry } from '../../data/index.ts';
import type { Source } from '../commands/recordings.ts';

/** 512 samples at 173.61 Hz, as the labelled windows of the same files are. */
const BONN = { rate: 173.61, window: 2.945 } as const;
const ECG_LEADS = /^(I{1,3}|V\d?|MLII|aV[RLF])$/;

export const SOURCES: readonly Source[] = [
  { dataset: 'bonn-eyes', paths: ['eeg/bonn-eyes/O', 'eeg/bonn-eyes/Z'], modality: 'eeg', ...BONN },
  {
    dataset: 'bonn-ieeg',
    paths: ['ieeg/bonn/F', 'ieeg/bonn/N', 'ieeg/bonn/S'],
    modality: 'ieeg',
    ...BONN,
  },
  {
    dataset: 'edf-bdf',
    paths: [
      'eeg/edf-bdf/pyedflib/test_subsecond.edf',
      'eeg/edf-bdf/edfio/short_psg.edf',
      'eeg/edf-bdf/edf.jl/bdf_test.bdf',
    ],
    modality: 'eeg',
    window: 3,
    keep: /^(?!EOG|EMG)/,
  },
  { dataset: 'eye-state', paths: ['eeg/eye-state'], modality: 'eeg', rate: 128, window: 3 },
  { dataset: 'wfdb', paths: ['ecg/wfdb'], modality: 'ecg', window: 3, keep: ECG_LEADS, shortest: 60 },
  {
    dataset: 'st-t',
    paths: ['ecg/heartpy/e0103.csv'],
    modality: 'ecg',
    rate: 250,
    window: 3,
  },
  {
    dataset: 'noise-stress',
    paths: ['ecg/heartpy/118e24.csv'],
    modality: 'ecg',
    rate: 360,
    window: 3,
  },
  { dataset: 'welltory', paths: ['ppg/welltory'], modality: 'ppg', window: 10, keep: /^R$/ },
  { dataset: 'usc-bp', paths: ['ppg/usc-bp'], modality: 'ppg', rate: 100, window: 10 },
  { dataset: 'ring', paths: ['ppg/heartpy/ring_data.csv'], modality: 'ppg', rate: 32, window: 10 },
  { dataset: 'heartpy-ppg', paths: ['ppg/heartpy/data2.csv'], modality: 'ppg', window: 10 },
];

/** Lines that stand for many recordings, which the tables divide themselves. Paths are from the folder of signals. */
export const TABLES: readonly ManifestEntry[] = [
  {
    path: 'ppg/af-rhythm/segments.csv',
    dataset: 'af-rhythm',
    modality: 'ppg',
    rate: 100,
    window: 10,
  },
  {
    path: 'ecg/ecg5000/ECG5000_TRAIN.txt',
    dataset: 'ecg5000',
    modality: 'ecg',
    rowLabels: 'ecg/ecg5000/split.csv',
    // 140 points a beat, whatever its length was: 0.7 s.
    rate: 200,
    window: 0.7,
  },
];

/** Generated, divided by subject. */
export const GENERATED: readonly ManifestEntry[] = [
  { path: 'synthetic:eyes', window: 4 },
  { path: 'synthetic:seizure', window: 4 },
  { path: 'synthetic:rhythm', window: 10 },
  { path: 'synthetic:artefact', window: 4 },
];
