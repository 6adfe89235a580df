/** What a token is worth: metrics and their intervals, linear models, probes, fine-tuning, PCA and UMAP. */
export {
  type BootstrapOptions,
  bootstrap,
  type DrawnSeeds,
  type Interval,
  intervalOf,
} from './bootstrap.ts';
export { CONVERGENCE_RULE, convergedAt } from './convergence.ts';
export type { Best, Epoch } from './early-stopping.ts';
export {
  type ClassifierTensors,
  type FinetuneOptions,
  Finetuner,
  type LabelledSignals,
} from './finetune.ts';
export { costOfLinearCode, type LinearCode, linearCodeSteps } from './linear-code.ts';
export { logProbabilities } from './log-probabilities.ts';
export {
  LogisticInputs,
  type LogisticOptions,
  LogisticRegression,
  logisticScores,
  logisticScoresOf,
} from './logistic.ts';
export type { ClassWeighting } from './loss.ts';
export {
  METRICS,
  type Metrics,
  metricsOf,
  predictions,
  ScoredRows,
  type Scores,
  type ScoringOptions,
} from './metrics.ts';
export { type Pca, pca, project, shareOf } from './pca.ts';
export { alongAxes, principalAxes } from './principal-axes.ts';
export {
  type ClassifierOptions,
  type Head,
  type LabelledRows,
  type Probe,
  type ProbeOptions,
  scoresOf,
  trainProbe,
} from './probe.ts';
export { auroc, averagePrecision, Ranking } from './ranking.ts';
export { gatherRows, type Rows } from './rows.ts';
export { shuffled } from './shuffled.ts';
export { type Standardization, standardizationOf, standardized } from './standardize.ts';
export {
  aurocOf,
  meanOf,
  numbersBack,
  showInterval,
  showMetric,
  withDeviation,
} from './summary.ts';
export {
  classTargets,
  countsOf,
  distinguishingClasses,
  labelsOf,
  rowCount,
  type Targets,
  takeRows,
} from './targets.ts';
export { UMAP_LEAST_ROWS, UMAP_MOST_AXES, type UmapOptions, umap } from './umap.ts';
