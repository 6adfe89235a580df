/** Logistic regression on a processor, in float64: what stands beside every probe. */
import { ModelError } from '../errors.ts';
import { logProbabilities } from './log-probabilities.ts';
import { minimize } from './minimize.ts';
import type { Rows } from './rows.ts';
import { countsOf, labelsOf, rowCount, type Targets } from './targets.ts';

export interface LogisticOptions {
  /** Inverse strength of the penalty on squared weights, as scikit-learn's C. The intercepts bear none. */
  readonly c: number;
  /** Weights each class by one over its number of rows. Default true. */
  readonly balanced?: boolean;
  /** Rows whose mean and spread every row is standardized by, where labelled ones are few. Default: those fitted to. */
  readonly standardizedBy?: Rows;
}

/** Multinomial logistic regression on standardized inputs. */
export class LogisticRegression {
  readonly classes: number;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  /** [classes, columns + 1]: the intercept last. */
  readonly #weights: Float64Array;

  /**
   * The minimum of the mean weighted cross-entropy plus |weights|^2 / (2 c rows), by limited-memory BFGS from zero: it is convex, so
   * there is one.
   * @throws ModelError where rows and labels do not fit, or there is one class only.
   */
  static fit(
    rows: Rows,
    labels: ArrayLike<number>,
    classes: number,
    options: LogisticOptions,
  ): LogisticRegression {
    const count = labels.length;
    if (rows.values.length !== count * rows.columns || count === 0)
      throw new ModelError(
        `${rows.values.length} values for ${count} rows of ${rows.columns} columns; there must be ${count * rows.columns}, and a row at least.`,
      );
    const counts = new Float64Array(classes);
    for (let i = 0; i < count; i++) {
      const label = labels[i] as number;
      if (!(label >= 0 && label < classes && Number.isInteger(label)))
        throw new ModelError(`Row ${i} is of class ${label}; classes are 0 to ${classes - 1}.`);
      counts[label] = (counts[label] as number) + 1;
    }
    const there = counts.reduce((sum, each) => sum + Number(each > 0), 0);
    if (there < 2) throw new ModelError(`All ${count} rows are of one class; a classifier needs two.`);
    const model = new LogisticRegression(options.standardizedBy ?? rows, classes);
    const inputs = model.#standardized(rows, count);
    const share = Float64Array.from({ length: count }, (_, i) =>
      options.balanced === false ? 1 / count : 1 / (there * (counts[labels[i] as number] as number)),
    );
    minimize(model.#weights, (weights, gradient) =>
      loss(inputs, rows.columns, labels, share, classes, 1 / (options.c * count), weights, gradient),
    );
    return model;
  }

  private constructor({ values, columns }: Rows, classes: number) {
    const count = values.length / columns;
    this.classes = classes;
    this.#mean = new Float64Array(columns);
    this.#scale = new Float64Array(columns);
    this.#weights = new Float64Array(classes * (columns + 1));
    for (let column = 0; column < columns; column++) {
      let [sum, squares] = [0, 0];
      for (let row = 0; row < count; row++) sum += values[row * columns + column] as number;
      const mean = sum / count;
      for (let row = 0; row < count; row++)
        squares += ((values[row * columns + column] as number) - mean) ** 2;
      this.#mean[column] = mean;
      // A column that never changes says nothing.
      this.#scale[column] = squares > 0 ? 1 / Math.sqrt(squares / count) : 0;
    }
  }

  /** Probabilities, [rows, classes] row-major. */
  predict(rows: Rows): Float64Array {
    const out = this.logits(rows);
    for (let first = 0; first < out.length; first += this.classes)
      softmax(out.subarray(first, first + this.classes));
    return out;
  }

  /** [rows, classes] row-major. */
  logits(rows: Rows): Float64Array {
    const count = rows.values.length / rows.columns;
    const inputs = this.#standardized(rows, count);
    const out = new Float64Array(count * this.classes);
    for (let row = 0; row < count; row++) {
      const own = out.subarray(row * this.classes, (row + 1) * this.classes);
      linear(inputs.subarray(row * rows.columns, (row + 1) * rows.columns), this.#weights, own);
    }
    return out;
  }

  #standardized({ values, columns }: Rows, count: number): Float64Array {
    if (columns !== this.#mean.length)
      throw new ModelError(`Rows of ${columns} columns; this regression was fitted to ${this.#mean.length}.`);
    return Float64Array.from(
      { length: count * columns },
      (_, i) =>
        ((values[i] as number) - (this.#mean[i % columns] as number)) * (this.#scale[i % columns] as number),
    );
  }
}

function linear(row: Float64Array, weights: Float64Array, out: Float64Array): void {
  const stride = row.length + 1;
  for (let index = 0; index < out.length; index++) {
    let logit = weights[index * stride + row.length] as number;
    for (let column = 0; column < row.length; column++)
      logit += (weights[index * stride + column] as number) * (row[column] as number);
    out[index] = logit;
  }
}

/** Logits of one row to probabilities, in place. */
function softmax(row: Float64Array): void {
  const largest = row.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let index = 0; index < row.length; index++)
    sum += row[index] = Math.exp((row[index] as number) - largest);
  for (let index = 0; index < row.length; index++) row[index] = (row[index] as number) / sum;
}

/**
 * Regressions for any targets: of one class a row one, of several labels one for each. Gives the scores of other rows: log-
 * probabilities, or log-odds of each label.
 * @throws ModelError as `fit` does.
 */
export function logisticScores(
  rows: Rows,
  targets: Targets,
  options: LogisticOptions,
): (rows: Rows) => Float64Array {
  const { classes, marks, many } = targets;
  if (!many) {
    const model = LogisticRegression.fit(rows, labelsOf(targets), classes, options);
    return (other) => logProbabilities(model.logits(other), classes);
  }
  const count = rowCount(targets);
  const models = countsOf(targets).map((have, index) => {
    // Of a label that all or none of the rows have there is nothing to learn.
    if (have === 0 || have === count) return undefined;
    const labels = Uint8Array.from({ length: count }, (_, row) => marks[row * classes + index] as number);
    return LogisticRegression.fit(rows, labels, 2, options);
  });
  return (other) => {
    const out = new Float64Array((other.values.length / other.columns) * classes);
    for (const [index, model] of models.entries()) {
      const logits = model?.logits(other) ?? [];
      for (let row = 0; 2 * row < logits.length; row++)
        out[row * classes + index] = (logits[2 * row + 1] as number) - (logits[2 * row] as number);
    }
    return out;
  };
}

function loss(
  inputs: Float64Array,
  columns: number,
  labels: ArrayLike<number>,
  share: Float64Array,
  classes: number,
  penalty: number,
  weights: Float64Array,
  gradient: Float64Array,
): number {
  const stride = columns + 1;
  const probabilities = new Float64Array(classes);
  gradient.fill(0);
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    const values = inputs.subarray(row * columns, (row + 1) * columns);
    linear(values, weights, probabilities);
    softmax(probabilities);
    const weight = share[row] as number;
    total -= weight * Math.log(Math.max(probabilities[labels[row] as number] as number, Number.MIN_VALUE));
    for (let index = 0; index < classes; index++) {
      const slope = weight * ((probabilities[index] as number) - Number(labels[row] === index));
      const at = index * stride;
      for (let column = 0; column < columns; column++)
        gradient[at + column] = (gradient[at + column] as number) + slope * (values[column] as number);
      gradient[at + columns] = (gradient[at + columns] as number) + slope;
    }
  }
  for (let index = 0; index < classes; index++)
    for (let column = 0; column < columns; column++) {
      const at = index * stride + column;
      const weight = weights[at] as number;
      total += (penalty / 2) * weight * weight;
      gradient[at] = (gradient[at] as number) + penalty * weight;
    }
  return total;
}
