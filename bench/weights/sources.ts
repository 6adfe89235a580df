/** What the bundled weights are trained on: only recordings whose licences let such weights be given away. */
import type { ManifestEntry } from '../../data/index.ts';
import type { Source } from '../commands/recordings.ts';

/** With what the model card says of it. */
export interface LicensedSource extends Source {
  /** As stated where it was published; with that of the collection it is an excerpt of. */
  readonly licence: string;
  /** Where it was published. */
  readonly origin: string;
}

const EEG_SECONDS = 4;
/** A rhythm takes ten seconds to be told. */
const PULSE_SECONDS = 10;
const PHYSIONET = 'PhysioNet, ODC-BY 1.0';

export const SOURCES: readonly LicensedSource[] = [
  {
    dataset: 'pyedflib',
    paths: ['eeg/edf-bdf/pyedflib/test_subsecond.edf'],
    modality: 'eeg',
    window: EEG_SECONDS,
    licence: 'BSD-2-Clause',
    origin: 'github.com/holgern/pyedflib, tests/data: one channel of EEG',
  },
  {
    dataset: 'edfio',
    paths: ['eeg/edf-bdf/edfio/short_psg.edf'],
    modality: 'eeg',
    window: EEG_SECONDS,
    keep: /^EEG /,
    licence: `Apache-2.0 (${PHYSIONET})`,
    origin:
      'github.com/the-siesta-group/edfio, tests/TEST_DATA: excerpt of Sleep-EDF SC4001, its two channels of EEG',
  },
  {
    dataset: 'edf.jl',
    paths: ['eeg/edf-bdf/edf.jl/bdf_test.bdf'],
    modality: 'eeg',
    window: EEG_SECONDS,
    licence: 'MIT',
    origin: 'github.com/beacon-biosignals/EDF.jl, test/data: eight channels of EEG',
  },
  {
    dataset: 'wfdb',
    paths: ['ecg/wfdb'],
    modality: 'ecg',
    window: PULSE_SECONDS,
    keep: /^(I{1,3}|V\d?|MLII|aV[RLF])$/,
    shortest: 60,
    licence: `MIT (${PHYSIONET})`,
    origin:
      'github.com/MIT-LCP/wfdb-python, sample-data: excerpts of MIT-BIH Arrhythmia, of the Challenge of 2015 and of MIMIC-II, their leads of ECG',
  },
  {
    dataset: 'st-t',
    paths: ['ecg/heartpy/e0103.csv'],
    modality: 'ecg',
    rate: 250,
    window: PULSE_SECONDS,
    licence: `MIT (${PHYSIONET})`,
    origin:
      'github.com/paulvangentcom/heartrate_analysis_python, examples: e0103 of the European ST-T database',
  },
  {
    dataset: 'noise-stress',
    paths: ['ecg/heartpy/118e24.csv'],
    modality: 'ecg',
    rate: 360,
    window: PULSE_SECONDS,
    licence: `MIT (${PHYSIONET})`,
    origin: 'github.com/paulvangentcom/heartrate_analysis_python, examples: 118e24 of MIT-BIH Noise Stress',
  },
  {
    dataset: 'welltory',
    paths: ['ppg/welltory'],
    modality: 'ppg',
    window: PULSE_SECONDS,
    keep: /^R$/,
    licence: 'CC0-1.0',
    origin:
      'github.com/Welltory/welltory-ppg-dataset: the red of a camera on a finger (Neshitov et al., 2021)',
  },
  {
    dataset: 'ring',
    paths: ['ppg/heartpy/ring_data.csv'],
    modality: 'ppg',
    rate: 32,
    window: PULSE_SECONDS,
    licence: 'MIT',
    origin: 'github.com/paulvangentcom/heartrate_analysis_python, examples: a ring',
  },
  {
    dataset: 'heartpy-ppg',
    paths: ['ppg/heartpy/data2.csv'],
    modality: 'ppg',
    window: PULSE_SECONDS,
    keep: /^hr$/,
    licence: 'MIT',
    origin: 'github.com/paulvangentcom/heartrate_analysis_python, heartpy/data: data2.csv',
  },
];

/** Divided by the generator: `spotr probe synthetic:...` is tested on subjects that are not trained on here. */
export const GENERATED: readonly ManifestEntry[] = [
  { path: 'synthetic:eyes', window: EEG_SECONDS },
  { path: 'synthetic:artefact', window: EEG_SECONDS },
  { path: 'synthetic:seizure', window: EEG_SECONDS },
  { path: 'synthetic:rhythm', window: PULSE_SECONDS },
];
