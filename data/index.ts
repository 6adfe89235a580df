/** Recordings and synthetic signals, up to the batches that training takes. Runs in browsers as in Node. */
export type { BatchSource, SignalBatch } from './batches.ts';
export { NO_NUMBERS } from './channel-choice.ts';
export { FormatError, SignalError, UnfitRecording } from './errors.ts';
export { type CsvOptions, openCsv } from './formats/csv.ts';
export { openEdf } from './formats/edf.ts';
export { type FileEntry, type Opened, type OpenOptions, openFile, openFiles } from './formats/open.ts';
export { type FindFile, openWfdb } from './formats/wfdb.ts';
export { type LoadedWindows, type LoadOptions, loadWindows } from './load-windows.ts';
export { type Band, bandPass } from './preprocess/band-pass.ts';
export { sosfiltfilt } from './preprocess/biquad.ts';
export { type Detrend, detrend } from './preprocess/detrend.ts';
export { FilterChain, type FilterOptions } from './preprocess/filter-chain.ts';
export { detectMains, type MainsEvidence, type MainsFinding, mainsOfRecording } from './preprocess/mains.ts';
export { type Mains, mainsNotches } from './preprocess/notch.ts';
export { Resampler, rateRatio, resamplerFor } from './preprocess/resample.ts';
export { permutation, RandomStream } from './random.ts';
export { MODEL_RATE } from './rate.ts';
export type { Annotation, ChannelInfo, Gap, Modality, Recording } from './recording.ts';
export { blobSource } from './source/blob.ts';
export { type ByteSource, memorySource } from './source/bytes.ts';
export {
  LABELLED_TASKS,
  type LabelledOptions,
  type LabelledTask,
  type LabelledWindow,
  type LabelledWindows,
  labelledWindows,
  MODALITIES,
  SyntheticDataset,
  type SyntheticOptions,
} from './synthetic/index.ts';
export { type AmplitudeVerdict, judgeAmplitude, typicalAmplitude } from './units.ts';
export { UNKNOWN_MODALITY, WindowDataset, type WindowDatasetOptions } from './window-dataset.ts';
export {
  cutWindows,
  type RecordingWindows,
  type WindowOptions,
} from './windows.ts';
