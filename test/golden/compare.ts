import { HALF_EPSILON } from '../../base/half.ts';
import type { Precision } from '../../model/index.ts';
import { relativeError } from '../support/check-op.ts';
import { norm } from '../support/ndarray.ts';
import type { Truth } from './golden-file.ts';

export type Quantity = 'outputs' | 'loss' | 'gradients';

/** How far PyTorch's own float32 run is from the truth. */
export interface Deviation {
  readonly f32_rel_l2_err: number;
  readonly f32_max_abs_err: number;
  readonly max_abs_truth: number;
}

/** By file, then by tensor. */
export type Deviations = Readonly<Record<string, Readonly<Record<string, Deviation>>>>;

/** What a file of samples says about one tensor. */
export interface Samples {
  readonly shape: readonly number[];
  readonly l2: number;
  readonly sum: number;
  readonly max_abs: number;
  readonly idx: readonly number[];
  readonly val: readonly number[];
}

export interface Check {
  readonly quantity: Quantity;
  readonly tensor: string;
  readonly error: number;
  readonly tolerance: number;
}

/**
 * Relative errors that sound arithmetic stays under: in float32; and with activations stored as f16, where a value is
 * rounded by up to HALF_EPSILON at each of the dozens of operations that it passes through, forward and back.
 */
const FLOORS: Readonly<Record<Precision, Readonly<Record<Quantity, number>>>> = {
  f32: { outputs: 1e-5, loss: 1e-5, gradients: 1e-4 },
  f16: { outputs: 8 * HALF_EPSILON, loss: 2 * HALF_EPSILON, gradients: 64 * HALF_EPSILON },
};
/** How many times PyTorch's own float32 deviation is allowed. */
const MARGIN = 10;
/**
 * Where PyTorch's float32 result is noise (a constant channel off by hundreds), ten times its deviation would let
 * everything pass. Nothing here needs more than this.
 */
const LOOSEST = 0.1;

/** The checks of one case, under the tolerances that the reference values come with. */
export class CaseReport {
  readonly name: string;
  readonly checks: Check[] = [];
  /** What could not be checked, and why. */
  readonly notes: string[] = [];
  readonly #deviations: Readonly<Record<string, Deviation>>;
  readonly #floor: Readonly<Record<Quantity, number>>;

  constructor(name: string, deviations: Readonly<Record<string, Deviation>>, precision: Precision = 'f32') {
    this.name = name;
    this.#deviations = deviations;
    this.#floor = FLOORS[precision];
  }

  /** A whole tensor, by relative L2 error. What is exactly zero must be exactly zero: all of it, or a row of it. */
  tensor(quantity: Quantity, key: string, ours: ArrayLike<number>, { shape, data }: Truth): void {
    if (ours.length !== data.length)
      throw new Error(`${this.name}: ${key} has ${ours.length} values, expected [${shape}].`);
    const tolerance = this.#tolerance(quantity, this.#deviations[key]?.f32_rel_l2_err);
    if (data.every((value) => value === 0)) this.#exact(quantity, key, allZero(ours, 0, ours.length));
    else this.#add(quantity, key, relativeError(ours, data), tolerance);
    const width = shape.at(-1) ?? 1;
    for (let start = 0; shape.length > 1 && start < data.length; start += width) {
      if (allZero(data, start, width) && !allZero(ours, start, width)) {
        this.#exact(quantity, `${key}, row at ${start}`, false);
        break;
      }
    }
  }

  /** A tensor of which the norm, the sum and some elements are known; each is judged against the tensor's size. */
  samples(quantity: Quantity, key: string, ours: Float32Array | Float64Array, truth: Samples): void {
    const { l2, sum, max_abs: largest, idx, val } = truth;
    if (l2 === 0) {
      this.#exact(quantity, key, allZero(ours, 0, ours.length));
      return;
    }
    const deviation = this.#deviations[key];
    const tolerance = this.#tolerance(quantity, deviation?.f32_rel_l2_err);
    this.#add(quantity, `${key}, l2`, Math.abs(norm(ours) - l2) / l2, tolerance);
    // A relative L2 error of e moves the sum by at most e l2 sqrt(n).
    let total = 0;
    for (const value of ours) total += value;
    this.#add(quantity, `${key}, sum`, Math.abs(total - sum) / (l2 * Math.sqrt(ours.length)), tolerance);
    this.elements(
      quantity,
      key,
      idx.map((at) => ours[at] as number),
      val,
      largest,
    );
  }

  /** Single elements of a tensor, by their absolute error against its largest value. */
  elements(
    quantity: Quantity,
    key: string,
    ours: readonly number[],
    truth: readonly number[],
    largest: number,
  ): void {
    const deviation = this.#deviations[key];
    const torch = deviation && deviation.f32_max_abs_err / (deviation.max_abs_truth || 1);
    const worst = Math.max(...truth.map((value, i) => Math.abs((ours[i] as number) - value)));
    this.#add(quantity, `${key}, samples`, worst / largest, this.#tolerance(quantity, torch));
  }

  /** Numbers of one size, by the worst relative error of any of them. */
  series(quantity: Quantity, key: string, ours: readonly number[], { data }: Truth): void {
    if (ours.length !== data.length)
      throw new Error(`${this.name}: ${key} has ${ours.length} values, expected ${data.length}.`);
    const errors = ours.map((value, i) => relativeError([value], [data[i] as number]));
    this.#add(
      quantity,
      key,
      Math.max(...errors),
      this.#tolerance(quantity, this.#deviations[key]?.f32_rel_l2_err),
    );
  }

  /** The sum of `magnitude` worth of terms that cancel: judged by the absolute error of PyTorch's float32 run. */
  cancelling(key: string, ours: number, truth: number, magnitude: number): void {
    const torch = Math.min(
      MARGIN * (this.#deviations[key]?.f32_max_abs_err ?? 0),
      this.#floor.gradients * magnitude,
    );
    const allowed = Math.max(this.#floor.loss * Math.abs(truth), torch);
    this.#add('loss', key, Math.abs(ours - truth) / Math.abs(truth), allowed / Math.abs(truth));
  }

  /** Something that holds or does not. */
  holds(quantity: Quantity, what: string, holds: boolean): void {
    this.#exact(quantity, what, holds);
  }

  /** The largest value of a tensor that is known by its deviation only. */
  largestOf(key: string): number | undefined {
    return this.#deviations[key]?.max_abs_truth;
  }

  note(text: string): void {
    this.notes.push(text);
  }

  get failures(): readonly Check[] {
    // Written so that NaN fails.
    return this.checks.filter(({ error, tolerance }) => !(error <= tolerance));
  }

  #tolerance(quantity: Quantity, deviation = 0): number {
    return Math.max(this.#floor[quantity], Math.min(MARGIN * deviation, LOOSEST));
  }

  #exact(quantity: Quantity, key: string, holds: boolean): void {
    this.#add(quantity, `${key}, exact`, holds ? 0 : Number.POSITIVE_INFINITY, 0);
  }

  #add(quantity: Quantity, tensor: string, error: number, tolerance: number): void {
    this.checks.push({ quantity, tensor, error, tolerance });
  }
}

function allZero(values: ArrayLike<number>, start: number, count: number): boolean {
  for (let i = start; i < start + count; i++) if (values[i] !== 0) return false;
  return true;
}
