/** What a classifier is trained to make small. */
import {
  add,
  type HostTensor,
  mean,
  mul,
  neg,
  slice,
  softCrossEntropy,
  softplus,
  type Tensor,
} from '../engine/index.ts';
import { countsOf, rowCount, type Targets } from './targets.ts';

/** `balanced`: each class weighs as if all had as many rows (scikit-learn's rule). */
export type ClassWeighting = 'none' | 'balanced';

/** What a row of a class weighs and, of several labels a row, what one without the label does. */
export interface ClassWeights {
  readonly of: readonly number[];
  readonly without: readonly number[];
}

export function classWeights(targets: Targets, how: ClassWeighting): ClassWeights {
  const rows = rowCount(targets);
  const counts = countsOf(targets);
  const ones = counts.map(() => 1);
  if (how === 'none') return { of: ones, without: ones };
  const there = targets.many ? 2 : counts.filter((count) => count > 0).length;
  const share = (count: number) => (count > 0 ? rows / (there * count) : 0);
  return { of: counts.map(share), without: counts.map((count) => share(rows - count)) };
}

/**
 * What `classificationLoss` wants of some rows: [rows, classes] weights of the class of each, or, of several labels a row,
 * [rows, 2 classes]: weights of having each label, then of not having it.
 */
export function lossTargets(
  { marks, classes, many }: Targets,
  weights: ClassWeights,
  rows: ArrayLike<number>,
): HostTensor {
  const width = many ? 2 * classes : classes;
  const data = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let index = 0; index < classes; index++) {
      const marked = marks[(rows[i] as number) * classes + index] === 1;
      if (marked) data[i * width + index] = weights.of[index] as number;
      else if (many) data[i * width + classes + index] = weights.without[index] as number;
    }
  return { data, shape: [rows.length, width] };
}

/** Mean weighted cross-entropy of logits [rows, classes]; of several labels a row, of each label by itself. */
export function classificationLoss(logits: Tensor, wanted: Tensor, many: boolean): Tensor {
  if (!many) return softCrossEntropy(logits, wanted);
  const [, classes = 1] = logits.shape;
  const having = slice(wanted, [null, [0, classes]]);
  const lacking = slice(wanted, [null, [classes, 2 * classes]]);
  return mean(add(mul(having, softplus(neg(logits))), mul(lacking, softplus(logits))));
}
