/** Logistic regression on a processor, in float64: what stands beside every probe. */
import { ModelError } from '../model/errors.ts';
import { logProbabilities } from './log-probabilities.ts';
import { minimize } from './minimize.ts';
import { type Axes, alongAxes, principalAxes } from './principal-axes.ts';
import type { Rows } from './rows.ts';
import { type Standardization, standardizationOf, standardized } from './standardize.ts';
import { countsOf, labelsOf, rowCount, type Targets } from './targets.ts';

export interface LogisticOptions {
  /** Inverse strength of the penalty on squared weights, as scikit-learn's C. The intercepts bear none. */
  readonly c: number;
  /** Weights each class by one over its number of rows. Default true. */
  readonly balanced?: boolean;
  /** Rows whose mean and deviation every row is standardised by, where labelled ones are few. Default: those fitted to. */
  readonly standardizedBy?: Rows;
}

/** Multiplications, some seconds of them, up to which columns are turned to their principal axes first. */
const MOST_TO_TURN = 6e9;
/** Rows for each column that axes are found from: they need not be exact. */
const ROWS_A_COLUMN = 4;

/**
 * Rows to fit to, standardised, and turned to their principal axes: a squared penalty is the same in every direction, so the
 * minimum is the same, and along these axes it is near for steps of the size that each axis asks for. One of a set of
 * rows serves all penalties and labels.
 */
export class LogisticInputs {
  readonly standardization: Standardization;
  readonly rows: number;
  /** Of a row before it is turned. */
  readonly columns: number;
  readonly #axes: Axes | undefined;
  /** [rows, width] */
  readonly values: Float64Array;
  readonly width: number;
  /** [width]: mean square of each. */
  readonly squares: Float64Array;

  /** @throws ModelError where there are no whole rows. */
  constructor(rows: Rows, standardizedBy: Rows = rows) {
    const { columns } = rows;
    this.columns = columns;
    this.rows = rows.values.length / columns;
    if (!Number.isInteger(this.rows) || this.rows === 0)
      throw new ModelError(
        `${rows.values.length} values of ${columns} columns; a regression needs whole rows, and a row at least.`,
      );
    this.standardization = standardizationOf(standardizedBy);
    const values = standardized(rows, this.standardization);
    const smaller = Math.min(this.rows, columns);
    const toTurn = 2 * this.rows * columns * smaller + 4 * smaller ** 3;
    this.#axes = toTurn <= MOST_TO_TURN ? principalAxes(some(values, columns), columns) : undefined;
    this.values = this.#axes ? alongAxes(values, this.#axes) : values;
    this.width = this.#axes ? this.#axes.count : columns;
    this.squares = new Float64Array(this.width);
    for (let first = 0; first < this.values.length; first += this.width)
      for (let k = 0; k < this.width; k++)
        this.squares[k] = (this.squares[k] as number) + (this.values[first + k] as number) ** 2 / this.rows;
  }

  /** Weights [classes, width] of turned columns as those of standardised ones, [classes, columns]. */
  back(weights: Float64Array, classes: number): Float64Array {
    if (!this.#axes) return weights;
    const { axes } = this.#axes;
    const out = new Float64Array(classes * this.columns);
    for (let index = 0; index < classes; index++)
      for (let k = 0; k < this.width; k++)
        for (let column = 0; column < this.columns; column++) {
          const at = index * this.columns + column;
          out[at] =
            (out[at] as number) +
            (weights[index * this.width + k] as number) * (axes[k * this.columns + column] as number);
        }
    return out;
  }
}

/** Of many more rows than columns evenly taken ones: all directions are among their axes. */
function some(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  const taken = ROWS_A_COLUMN * columns;
  if (rows <= taken) return values;
  const out = new Float64Array(taken * columns);
  for (let i = 0; i < taken; i++) {
    const from = Math.floor((i * rows) / taken) * columns;
    out.set(values.subarray(from, from + columns), i * columns);
  }
  return out;
}

/** Multinomial logistic regression on standardised inputs. */
export class LogisticRegression {
  readonly classes: number;
  readonly #standardization: Standardization;
  /** [classes, columns] */
  readonly #weights: Float64Array;
  /** [classes] */
  readonly #intercepts: Float64Array;

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
    if (rows.values.length !== labels.length * rows.columns || labels.length === 0)
      throw new ModelError(
        `${rows.values.length} values for ${labels.length} rows of ${rows.columns} columns; there must be ${labels.length * rows.columns}, and a row at least.`,
      );
    return LogisticRegression.fitTo(
      new LogisticInputs(rows, options.standardizedBy),
      labels,
      classes,
      options,
    );
  }

  /** The same of rows that were made ready before. */
  static fitTo(
    inputs: LogisticInputs,
    labels: ArrayLike<number>,
    classes: number,
    { c, balanced = true }: Omit<LogisticOptions, 'standardizedBy'>,
  ): LogisticRegression {
    const count = labels.length;
    if (count !== inputs.rows)
      throw new ModelError(`${count} labels for ${inputs.rows} rows; there must be one a row.`);
    const counts = new Float64Array(classes);
    for (let i = 0; i < count; i++) {
      const label = labels[i] as number;
      if (!(label >= 0 && label < classes && Number.isInteger(label)))
        throw new ModelError(`Row ${i} is of class ${label}; classes are 0 to ${classes - 1}.`);
      counts[label] = (counts[label] as number) + 1;
    }
    const there = counts.reduce((sum, each) => sum + Number(each > 0), 0);
    if (there < 2) throw new ModelError(`All ${count} rows are of one class; a classifier needs two.`);
    const share = Float64Array.from({ length: count }, (_, i) =>
      balanced ? 1 / (there * (counts[labels[i] as number] as number)) : 1 / count,
    );
    return new LogisticRegression(inputs, classes, solved({ inputs, labels, share, classes, c }));
  }

  private constructor(inputs: LogisticInputs, classes: number, { weights, intercepts }: Solved) {
    this.classes = classes;
    this.#standardization = inputs.standardization;
    this.#weights = inputs.back(weights, classes);
    this.#intercepts = intercepts;
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
    const { columns } = rows;
    if (columns !== this.#standardization.mean.length)
      throw new ModelError(
        `Rows of ${columns} columns; this regression was fitted to ${this.#standardization.mean.length}.`,
      );
    const inputs = standardized(rows, this.#standardization);
    const out = new Float64Array((inputs.length / columns) * this.classes);
    for (let i = 0; i < out.length; i++) {
      const index = i % this.classes;
      const [row, at] = [((i - index) / this.classes) * columns, index * columns];
      let logit = this.#intercepts[index] as number;
      for (let column = 0; column < columns; column++)
        logit += (this.#weights[at + column] as number) * (inputs[row + column] as number);
      out[i] = logit;
    }
    return out;
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
  { standardizedBy, ...options }: LogisticOptions,
): (rows: Rows) => Float64Array {
  return logisticScoresOf(new LogisticInputs(rows, standardizedBy), targets, options);
}

/** The same of rows that were made ready before. */
export function logisticScoresOf(
  inputs: LogisticInputs,
  targets: Targets,
  options: Omit<LogisticOptions, 'standardizedBy'>,
): (rows: Rows) => Float64Array {
  const { classes, marks, many } = targets;
  if (!many) {
    const model = LogisticRegression.fitTo(inputs, labelsOf(targets), classes, options);
    return (other) => logProbabilities(model.logits(other), classes);
  }
  const count = rowCount(targets);
  const models = countsOf(targets).map((have, index) => {
    // Of a label that all or none of the rows have there is nothing to learn.
    if (have === 0 || have === count) return undefined;
    const labels = Uint8Array.from({ length: count }, (_, row) => marks[row * classes + index] as number);
    return LogisticRegression.fitTo(inputs, labels, 2, options);
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

export interface LogisticProblem {
  readonly inputs: LogisticInputs;
  readonly labels: ArrayLike<number>;
  /** Weight of each row. */
  readonly share: Float64Array;
  readonly classes: number;
  readonly c: number;
}

/** [classes, width] and [classes] */
interface Solved {
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
}

/** What is minimised, in variables of their own scale. */
export interface LogisticLoss {
  /** A weight is its variable times this: [width + 1], of each column and of the intercept, the same for every class. */
  readonly scale: Float64Array;
  /** The loss at a point [classes, width + 1]; writes its gradient. */
  readonly evaluate: (point: Float64Array, gradient: Float64Array) => number;
}

/** In variables of which each has a curvature of about 1: those of weights that are equally likely, plus the penalty's. */
export function logisticLoss({ inputs, labels, share, classes, c }: LogisticProblem): LogisticLoss {
  const { width, values } = inputs;
  const stride = width + 1;
  const penalty = 1 / (c * labels.length);
  const curvature = (classes - 1) / classes ** 2;
  // Of each weight of a class, the intercept's last.
  const scale = Float64Array.from({ length: stride }, (_, k) =>
    k < width ? 1 / Math.sqrt(curvature * (inputs.squares[k] as number) + penalty) : 1 / Math.sqrt(curvature),
  );
  const weights = new Float64Array(classes * stride);
  const probabilities = new Float64Array(classes);
  const evaluate = (point: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    for (let i = 0; i < weights.length; i++)
      weights[i] = (point[i] as number) * (scale[i % stride] as number);
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      const from = row * width;
      for (let index = 0; index < classes; index++) {
        const at = index * stride;
        let logit = weights[at + width] as number;
        for (let k = 0; k < width; k++) logit += (weights[at + k] as number) * (values[from + k] as number);
        probabilities[index] = logit;
      }
      softmax(probabilities);
      const own = share[row] as number;
      const label = labels[row] as number;
      total -= own * Math.log(Math.max(probabilities[label] as number, Number.MIN_VALUE));
      for (let index = 0; index < classes; index++) {
        const slope = own * ((probabilities[index] as number) - Number(label === index));
        const at = index * stride;
        for (let k = 0; k < width; k++)
          gradient[at + k] = (gradient[at + k] as number) + slope * (values[from + k] as number);
        gradient[at + width] = (gradient[at + width] as number) + slope;
      }
    }
    for (let i = 0; i < weights.length; i++) {
      const k = i % stride;
      if (k < width) {
        const weight = weights[i] as number;
        total += (penalty / 2) * weight * weight;
        gradient[i] = (gradient[i] as number) + penalty * weight;
      }
      gradient[i] = (gradient[i] as number) * (scale[k] as number);
    }
    return total;
  };
  return { scale, evaluate };
}

function solved(problem: LogisticProblem): Solved {
  const { classes, inputs } = problem;
  const { width } = inputs;
  const { scale, evaluate } = logisticLoss(problem);
  const stride = width + 1;
  const point = new Float64Array(classes * stride);
  minimize(point, evaluate);
  const found = Float64Array.from(point, (value, i) => value * (scale[i % stride] as number));
  return {
    weights: Float64Array.from(
      { length: classes * width },
      (_, i) => found[Math.floor(i / width) * stride + (i % width)] as number,
    ),
    intercepts: Float64Array.from({ length: classes }, (_, index) => found[index * stride + width] as number),
  };
}
