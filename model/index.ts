/** SPOTR: the model, its sizes and its training step, on the engine alone. */
export type { AuxiliaryHead, AuxiliaryOptions } from './auxiliary.ts';
export { type TooLarge, tooLarge } from './batch-values.ts';
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
export { Pretrainer } from './pretrainer.ts';
export type { Evaluation, PretrainOptions, SignalBatch, Update, UpdateResult } from './pretraining.ts';
export { loadSpotr, type Rendering, Spotr, type SpotrOptions } from './spotr.ts';
export type { NamedTensors } from './state.ts';
export type { PretrainState } from './training-state.ts';
export {
  type InitialWeights,
  POSITION_INITS,
  type PositionInit,
  WEIGHT_INITS,
  type WeightInit,
} from './weights.ts';
