/** The paper's linear probe: one linear layer on frozen tokens, stopped where a validation set learns no more. */
import {
  AdamW,
  backward,
  checkLabels,
  crossEntropy,
  type Engine,
  linear,
  Random,
  type Tensor,
} from '../../engine/index.ts';
import { headWeights } from '../classifier.ts';
import { ModelError } from '../errors.ts';
import { ModuleState } from '../state.ts';
import { Initialization } from '../weights.ts';
import { metricsOf } from './metrics.ts';

/** Embedded windows and what they are. */
export interface Labelled {
  /** [rows, dim], row-major. */
  readonly values: Float32Array;
  readonly dim: number;
  readonly labels: ArrayLike<number>;
}

export interface ProbeOptions {
  readonly classes: number;
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
}

export interface ProbeEpoch {
  readonly epoch: number;
  /** Mean cross-entropy on the training rows as they were learned from. */
  readonly loss: number;
  readonly validationAuroc: number;
}

/** The head of the best epoch. */
export interface Probe {
  /** [classes, dim] and [classes]. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly best: ProbeEpoch;
  readonly history: readonly ProbeEpoch[];
}

/**
 * Trains a probe. The order of rows in an epoch depends on seed and epoch alone.
 * @throws ModelError where labels and rows do not fit, or a part has one class only.
 */
export async function trainProbe(
  engine: Engine,
  train: Labelled,
  validation: Labelled,
  options: ProbeOptions,
): Promise<Probe> {
  const { classes, seed, learningRate = 2e-4, weightDecay = 0.1 } = options;
  const { batchSize = 128, epochs = 200, patience = 20 } = options;
  requireFit('training', train, classes);
  requireFit('validation', validation, classes);
  const random = new Random(seed, 'probe');
  const packed = headWeights(new Initialization(random.fork('head')), classes, train.dim);
  const parameters = engine.parameters(ModuleState.specs('', packed));
  const weight = parameters.get('classification_head.weight');
  const bias = parameters.get('classification_head.bias');
  const optimizer = new AdamW(parameters, { weightDecay, maxGradNorm: null });
  const step = engine.step('probe', (x, y, hyper) => {
    const loss = crossEntropy(linear(x, weight, { bias }), y);
    backward(loss);
    optimizer.update(hyper);
    return [loss];
  });
  const labels = checkLabels(train.labels, classes);
  const history: ProbeEpoch[] = [];
  let best: Omit<Probe, 'history'> | undefined;
  let updates = 0;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = shuffled(labels.length, random.fork(`epoch ${epoch}`));
      let total = 0;
      for (let first = 0; first < order.length; first += batchSize) {
        const rows = order.subarray(first, first + batchSize);
        const [loss] = await step.run(
          { data: taken(train, rows), shape: [rows.length, train.dim] },
          { data: Uint32Array.from(rows, (row) => labels[row] as number), shape: [rows.length] },
          optimizer.hyper(learningRate, ++updates),
        );
        total += rows.length * ((await engine.read(loss as Tensor))[0] as number);
      }
      const head = { weight: await engine.read(weight), bias: await engine.read(bias) } as Pick<
        Probe,
        'weight' | 'bias'
      >;
      const scores = scoresOf(head, validation);
      const validationAuroc = metricsOf({ values: scores, classes }, validation.labels).auroc;
      const told: ProbeEpoch = { epoch, loss: total / order.length, validationAuroc };
      history.push(told);
      if (!best || validationAuroc > best.best.validationAuroc) best = { ...head, best: told };
      if (epoch - best.best.epoch >= patience) break;
    }
  } finally {
    step.destroy();
    parameters.dispose();
  }
  return { ...(best as Omit<Probe, 'history'>), history };
}

/** Logits of a head, [rows, classes] row-major, in f64: rows of a probe are few. */
export function scoresOf(
  { weight, bias }: Pick<Probe, 'weight' | 'bias'>,
  { values, dim }: Pick<Labelled, 'values' | 'dim'>,
): Float64Array {
  const classes = bias.length;
  const rows = values.length / dim;
  const scores = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++)
    for (let index = 0; index < classes; index++) {
      let logit = bias[index] as number;
      for (let column = 0; column < dim; column++)
        logit += (values[row * dim + column] as number) * (weight[index * dim + column] as number);
      scores[row * classes + index] = logit;
    }
  return scores;
}

function requireFit(part: string, { values, dim, labels }: Labelled, classes: number): void {
  if (values.length !== labels.length * dim)
    throw new ModelError(
      `${values.length} values for ${labels.length} ${part} labels and tokens of ${dim}; there must be ${labels.length * dim}.`,
    );
  const there = new Set(checkLabels(labels, classes)).size;
  if (there < 2)
    throw new ModelError(
      `The ${labels.length} ${part} rows are of ${there === 0 ? 'no' : 'one'} class; a probe needs rows of two.`,
    );
}

function taken({ values, dim }: Labelled, rows: Uint32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) out.set(values.subarray(row * dim, (row + 1) * dim), i * dim);
  return out;
}

/** 0 ... count-1 in an order of the stream (Fisher-Yates). */
function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.uniform(last) * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
