/** SPOTR: the model, its sizes and its training loop, on the engine alone. */
export { SpotrClassifier } from './classifier.ts';
export {
  type Compaction,
  type Conditioning,
  checkBatchShape,
  checkConfig,
  type Precision,
  paddedLength,
  SIZES,
  type SpotrConfig,
  type SpotrSize,
} from './config.ts';
export { Encoder, type LoadedEncoder, loadEncoder, randomEncoder } from './encoder.ts';
export { ModelError } from './errors.ts';
export { type BootstrapOptions, bootstrapInterval, type Interval } from './evaluate/bootstrap.ts';
export { type LogisticOptions, LogisticRegression } from './evaluate/logistic.ts';
export {
  auroc,
  averagePrecision,
  confusionMatrix,
  type Metrics,
  metricsOf,
  predictions,
} from './evaluate/metrics.ts';
export {
  type Labelled,
  type Probe,
  type ProbeEpoch,
  type ProbeOptions,
  scoresOf,
  trainProbe,
} from './evaluate/probe.ts';
export {
  type Evaluation,
  Pretrainer,
  type PretrainOptions,
  type PretrainState,
  type SignalBatch,
  type Update,
  type UpdateResult,
} from './pretrainer.ts';
export { type Rendering, Spotr, type SpotrOptions } from './spotr.ts';
export type { NamedTensors } from './state.ts';
