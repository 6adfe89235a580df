/** Recordings and synthetic signals, up to the batches that training takes. Runs in browsers as in Node. */
export { openAnnotations, storedSeconds } from './annotations.ts';
export type { BatchSource, SignalBatch } from './batches.ts';
export { NO_NUMBERS } from './channel-choice.ts';
export { FormatError, SignalError, UnfitRecording } from './errors.ts';
export { openBrainVision } from './formats/brainvision/brainvision.ts';
export { openEdf } from './formats/edf/edf.ts';
export { type FileEntry, FileSet, type OpenOptions } from './formats/format.ts';
export { type CsvOptions, openCsv } from './formats/text/csv.ts';
export { type FindFile, openWfdb } from './formats/wfdb/wfdb.ts';
export { type LoadedWindows, type LoadOptions, loadWindows } from './load-windows.ts';
export { type Opened, openFile, openFiles } from './open.ts';
export { type Mains, mainsNotches } from './preprocess/notch.ts';
export { Resampler, rateRatio, resamplerFor } from './preprocess/resample.ts';
export { pseudonym } from './privacy.ts';
export { permutation, RandomStream } from './random.ts';
export { MODEL_RATE } from './rate.ts';
export type { Annotation, ChannelInfo, Gap, Modality, Recording } from './recording.ts';
export { blobSource } from './source/blob.ts';
export { type ByteSource, memorySource } from './source/bytes.ts';
export { MODALITIES, SyntheticDataset, type SyntheticOptions } from './synthetic/index.ts';
export { UNKNOWN_MODALITY, WindowDataset, type WindowDatasetOptions } from './window-dataset.ts';
export {
  cutWindows,
  type RecordingWindows,
  type WindowOptions,
} from './windows.ts';
