/** The linear probe: one linear layer on frozen tokens, stopped where a validation set learns no more. */
import { AdamW, backward, type Engine, linear, Random } from '../engine/index.ts';
import { headWeights } from '../model/classifier.ts';
import { ModelError } from '../model/errors.ts';
import { ModuleState } from '../model/state.ts';
import { Initialization } from '../model/weights.ts';
import { type Best, type Epoch, untilBest } from './early-stopping.ts';
import { logProbabilities } from './log-probabilities.ts';
import { type ClassWeighting, classificationLoss, classWeights, lossTargets } from './loss.ts';
import { ScoredRows } from './metrics.ts';
import { gatherRows, type Rows } from './rows.ts';
import { shuffled } from './shuffled.ts';
import { foldedInto, standardizationOf, standardized } from './standardize.ts';
import { distinguishingClasses, rowCount, type Targets } from './targets.ts';

/** Rows and what they are. */
export interface LabelledRows extends Rows {
  readonly values: Float32Array;
  readonly targets: Targets;
}

export interface ClassifierOptions {
  readonly seed: number;
  /** Constant. Default 2e-4. */
  readonly learningRate?: number;
  /** Default 0.1, as AdamW's. */
  readonly weightDecay?: number;
  /** Default 128. */
  readonly batchSize?: number;
  /** At most. Default 200. */
  readonly epochs?: number;
  /** Epochs without a better AUROC on the validation set after which training stops. Default 20. */
  readonly patience?: number;
  /** Default `none`. */
  readonly classWeights?: ClassWeighting;
  /** Called, and awaited, after each epoch. */
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
}

export interface ProbeOptions extends ClassifierOptions {
  /**
   * Learns from columns standardised by the training rows, beginning at zero, and folds that into the layer it keeps. Default false,
   * the paper's: plain columns, and random weights to begin with.
   */
  readonly standardize?: boolean;
  /** Trains on until the training loss lies still (`liesStill`) as well. Default false, the paper's. */
  readonly untilConverged?: boolean;
}

/** A linear layer: [classes, columns] and [classes]. */
export interface Head {
  readonly weight: Float32Array | Float64Array;
  readonly bias: Float32Array | Float64Array;
}

/** The head of the best epoch is `kept`. */
export type Probe = Best<Head>;

/**
 * Trains a probe, by default as the paper does. The order of rows in an epoch depends on seed and epoch alone.
 * @throws ModelError where targets and rows do not fit, or a split has one class only.
 */
export async function trainProbe(
  engine: Engine,
  train: LabelledRows,
  validation: LabelledRows,
  options: ProbeOptions,
): Promise<Probe> {
  const { seed, learningRate = 2e-4, weightDecay = 0.1, onEpoch } = options;
  const { batchSize = 128, epochs = 200, patience = 20, untilConverged = false } = options;
  requireFit('training', train);
  requireFit('validation', validation);
  const { columns, targets } = train;
  const standardization = options.standardize ? standardizationOf(train) : undefined;
  const inputs = standardization
    ? { values: Float32Array.from(standardized(train, standardization)), columns }
    : train;
  const random = new Random(seed, 'probe');
  const packed = headWeights(new Initialization(random.fork('head')), targets.classes, columns);
  const drawn = ModuleState.specs('', packed);
  // At zero nothing is known: random weights may rank a small validation part well by luck, and would be the epoch that is kept.
  const specs = standardization ? drawn.map((spec) => ({ ...spec, init: null })) : drawn;
  const parameters = engine.parameters(specs);
  const weight = parameters.get('classification_head.weight');
  const bias = parameters.get('classification_head.bias');
  const optimizer = new AdamW(parameters, { weightDecay, maxGradNorm: null });
  const step = engine.step('probe', (x, wanted, hyperparameters) => {
    const loss = classificationLoss(linear(x, weight, { bias }), wanted, targets.many);
    backward(loss);
    optimizer.update(hyperparameters);
    return [loss];
  });
  const weights = classWeights(targets, options.classWeights ?? 'none');
  const count = rowCount(targets);
  const head = async (): Promise<Head> => {
    const [weightNow, biasNow] = await engine.readAll([weight, bias]);
    const learned = { weight: weightNow as Float32Array, bias: biasNow as Float32Array };
    return standardization ? foldedInto(learned.weight, learned.bias, standardization) : learned;
  };
  let updates = 0;
  let now: Head | undefined;
  const epoch = async (number: number) => {
    const order = shuffled(count, random.fork(`epoch ${number}`));
    let total = 0;
    for (let first = 0; first < count; first += batchSize) {
      const rows = order.subarray(first, first + batchSize);
      const [loss] = await step.read(
        { data: gatherRows(inputs, rows), shape: [rows.length, columns] },
        lossTargets(targets, weights, rows),
        optimizer.hyperparameters(learningRate, ++updates),
      );
      total += rows.length * (loss?.[0] as number);
    }
    now = await head();
    const scores = { values: scoresOf(now, validation, targets.many), classes: targets.classes };
    const { auroc } = new ScoredRows(scores, validation.targets).metrics();
    const result = { loss: total / count, validationAuroc: auroc };
    await onEpoch?.({ epoch: number, ...result });
    return result;
  };
  try {
    return await untilBest({ epochs, patience, untilConverged }, epoch, () => now as Head);
  } finally {
    step.dispose();
    optimizer.dispose();
    parameters.dispose();
  }
}

/**
 * What a head says of rows, [rows, classes] row-major, in f64: log-probabilities of the classes, or log-odds where rows may be of
 * `many`.
 */
export function scoresOf({ weight, bias }: Head, { values, columns }: Rows, many: boolean): Float64Array {
  const classes = bias.length;
  const rows = values.length / columns;
  const scores = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++)
    for (let index = 0; index < classes; index++) {
      let logit = bias[index] as number;
      for (let column = 0; column < columns; column++)
        logit += (values[row * columns + column] as number) * (weight[index * columns + column] as number);
      scores[row * classes + index] = logit;
    }
  return many ? scores : logProbabilities(scores, classes);
}

function requireFit(part: string, { values, columns, targets }: LabelledRows): void {
  const rows = rowCount(targets);
  if (values.length !== rows * columns)
    throw new ModelError(
      `${values.length} values for ${rows} ${part} labels and tokens of ${columns}; there must be ${rows * columns}.`,
    );
  requireTelling(part, targets);
}

/** @throws ModelError where all rows are alike. */
export function requireTelling(part: string, targets: Targets): void {
  if (distinguishingClasses(targets) > 0) return;
  const rows = rowCount(targets);
  throw new ModelError(
    `The ${rows} ${part} rows are of ${rows === 0 ? 'no' : 'one'} class; a classifier needs rows of two.`,
  );
}
