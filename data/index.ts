/** Recordings and synthetic signals, up to the batches that training takes. Runs in browsers as in Node. */

export { type ByteSource, memorySource } from '../base/bytes.ts';
export { SpotrError } from '../base/errors.ts';
export { permutation, RandomStream } from '../base/random-stream.ts';
export { openAnnotations, storedSeconds } from './annotations.ts';
export { autocorrelations, LAG_COUNT, lagsOf } from './autocorrelation.ts';
export { type ChannelKinds, kindOf, kindsOf } from './channels/kinds-of.ts';
export {
  type ChannelContract,
  contractOf,
  type Montage,
  type TrainedChannel,
  type TrainedCut,
  type TrainedWindows,
} from './contract/contract.ts';
export { type ChannelFit, fitChannels, isTrainedKind } from './contract/fit.ts';
export {
  eachLength,
  lengthsOfKind,
  type SecondsByKind,
  secondsOfKind,
  type TrainedKind,
  trainedSeconds,
  type WindowSeconds,
} from './contract/lengths.ts';
export {
  CONTRACT_ENTRY,
  contractMetadata,
  packedContract,
  readContract,
  unpackContract,
} from './contract/read.ts';
export {
  type Kinds,
  kindInWords,
  kindsInWords,
  lengthsInWords,
  otherKind,
  secondsInWords,
} from './contract/words.ts';
export { cellText, csvCell, csvRow } from './csv.ts';
export {
  type Assignable,
  assignSplits,
  type DecidedParts,
  decidedParts,
  type Parts,
  requireSeparate,
} from './dataset/assign.ts';
export type { Awaitable, BatchSource, SamplePart, SignalBatch, WindowKind } from './dataset/batches.ts';
export { Curriculum, type Stage, stageEnds } from './dataset/curriculum.ts';
export type { Drawing } from './dataset/drawing.ts';
export { type Related, recordKeys, sampleKeys, subjectKeys, unitKeys, unitsOf } from './dataset/kinship.ts';
export { isLabelTable } from './dataset/label-columns.ts';
export {
  type LabelPlaces,
  type LabelRow,
  labelOf,
  labelsCovering,
  labelsFromAnnotations,
  labelsOfRows,
  placesIn,
  type RecordingLabels,
  readLabelTable,
} from './dataset/labels.ts';
export {
  type LabelledStretch,
  type Manifest,
  type ManifestEntry,
  readManifest,
  SPLIT_NAMES,
  type SplitName,
  writeManifest,
} from './dataset/manifest.ts';
export { type OpenedManifest, openManifest } from './dataset/open-manifest.ts';
export { ReadAhead } from './dataset/read-ahead.ts';
export { type ScanOptions, scan } from './dataset/scan.ts';
export { UNKNOWN_MODALITY, WindowDataset, type WindowDatasetOptions } from './dataset/window-dataset.ts';
export { largestBatch, windowSeconds } from './dataset/window-seconds.ts';
export {
  isWindowTable,
  readRowLabels,
  readWindowTable,
  recordingsOfTable,
  type TableRecording,
  type WindowRow,
  type WindowTable,
} from './dataset/window-table.ts';
export { csvHeader, csvLine } from './embeddings/csv.ts';
export { PARQUET_SCHEMA, parquetColumns } from './embeddings/parquet.ts';
export { type EmbeddingRow, NOTICE, PLACE_COLUMNS, type WindowPlace } from './embeddings/rows.ts';
export { FormatError, SignalError, UnfitRecording, whyPassedOver } from './errors.ts';
export { FEATURE_NAMES, featuresOf } from './features.ts';
export { openBrainVision } from './formats/brainvision/brainvision.ts';
export { openEdf } from './formats/edf/edf.ts';
export { type FileEntry, FileSet, type OpenOptions } from './formats/format.ts';
export { type CsvOptions, openCsv } from './formats/text/csv.ts';
export { type FindFile, openWfdb } from './formats/wfdb/wfdb.ts';
export { groupBy } from './group-by.ts';
export { LOG_BAND_COUNT, LOG_BAND_EDGES, logBandPowers } from './log-bands.ts';
export { type Opened, openFile, openFiles } from './open.ts';
export { type Band, bandPass } from './preprocess/band-pass.ts';
export { BANDS_OF, bandPowers, type FrequencyBand } from './preprocess/band-power.ts';
export { sosfiltfilt } from './preprocess/biquad.ts';
export { type Detrend, detrend } from './preprocess/detrend.ts';
export { FilterChain, type FilterOptions, filtersInWords } from './preprocess/filter-chain.ts';
export { detectMains, type MainsEvidence, type MainsFinding, mainsOfRecording } from './preprocess/mains.ts';
export { type Mains, mainsNotches } from './preprocess/notch.ts';
export { Resampler, rateRatio, resamplerFor } from './preprocess/resample.ts';
export { zScored } from './preprocess/z-score.ts';
export { pseudonym } from './privacy.ts';
export { MODEL_RATE, windowSamples } from './rate.ts';
export {
  type Annotation,
  CHANNEL_KINDS,
  type ChannelInfo,
  type ChannelKind,
  type Gap,
  MODALITIES,
  type Modality,
  type Recording,
} from './recording.ts';
export { shellQuote } from './shell-quote.ts';
export { blobSource } from './source/blob.ts';
export { decodeFile, LONGEST_TEXT } from './source/text.ts';
export {
  LABELLED_TASKS,
  type LabelledOptions,
  type LabelledTask,
  type LabelledWindow,
  type LabelledWindows,
  labelledWindows,
  SyntheticDataset,
  type SyntheticOptions,
} from './synthetic/index.ts';
export { type LabelledRecording, labelledRecordings } from './synthetic/labelled-recordings.ts';
export { type AmplitudeVerdict, judgeAmplitude, typicalAmplitude } from './units.ts';
export { channelsByKind, kindsOfChosen, NO_NUMBERS } from './windows/channel-choice.ts';
export { cutWindows, montageOf, type RecordingWindows, readWindows } from './windows/cut.ts';
export { type LoadedWindows, type LoadOptions, loadWindows, noWindows } from './windows/load.ts';
export type { TrainedWeights, WindowOptions } from './windows/options.ts';
export {
  type Dropped,
  droppedWindows,
  nothingDropped,
  sumOfDropped,
  WindowStream,
} from './windows/stream.ts';
export { type GivenWindows, recordingOfWindows } from './windows/window-recording.ts';
