/** SPOTR: the model, its sizes and its training loop, on the engine alone. */
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
export {
  type BootstrapOptions,
  bootstrap,
  type DrawnSeeds,
  type Interval,
  intervalOf,
} from '../evaluate/bootstrap.ts';
export { CONVERGENCE_RULE, convergedAt } from '../evaluate/convergence.ts';
export type { Best, Epoch } from '../evaluate/early-stopping.ts';
export {
  type ClassifierTensors,
  type FinetuneOptions,
  Finetuner,
  type LabelledSignals,
} from '../evaluate/finetune.ts';
export { costOfLinearCode, type LinearCode, linearCodeSteps } from '../evaluate/linear-code.ts';
export { logProbabilities } from '../evaluate/log-probabilities.ts';
export {
  LogisticInputs,
  type LogisticOptions,
  LogisticRegression,
  logisticScores,
  logisticScoresOf,
} from '../evaluate/logistic.ts';
export type { ClassWeighting } from '../evaluate/loss.ts';
export {
  METRICS,
  type Metrics,
  metricsOf,
  predictions,
  ScoredRows,
  type Scores,
  type ScoringOptions,
} from '../evaluate/metrics.ts';
export { type Pca, pca, project, shareOf } from '../evaluate/pca.ts';
export { alongAxes, principalAxes } from '../evaluate/principal-axes.ts';
export {
  type ClassifierOptions,
  type Head,
  type LabelledRows,
  type Probe,
  type ProbeOptions,
  scoresOf,
  trainProbe,
} from '../evaluate/probe.ts';
export { auroc, averagePrecision, Ranking } from '../evaluate/ranking.ts';
export { gatherRows, type Rows } from '../evaluate/rows.ts';
export { shuffled } from '../evaluate/shuffled.ts';
export { type Standardization, standardizationOf, standardized } from '../evaluate/standardize.ts';
export {
  aurocOf,
  meanOf,
  numbersBack,
  showInterval,
  showMetric,
  withDeviation,
} from '../evaluate/summary.ts';
export {
  classTargets,
  countsOf,
  labelsOf,
  rowCount,
  type Targets,
  takeRows,
  tellingClasses,
} from '../evaluate/targets.ts';
export { UMAP_LEAST_ROWS, UMAP_MOST_AXES, type UmapOptions, umap } from '../evaluate/umap.ts';
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
