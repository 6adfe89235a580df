import { describeValue } from '../../base/describe-value.ts';
import { checkOptions, DTypeError, EngineError, LifetimeError, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { LINEAR_WORKGROUP, linearGrid } from '../kernels/grid.ts';
import { partialsOf } from '../kernels/partials.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { type Arena, arenaSlice, arenaTensor, ParameterArenas, trainedRanges } from '../parameters.ts';
import { sameShape } from '../shape.ts';
import {
  emptyTensor,
  type HostTensor,
  Parameter,
  readTensors,
  requireOwn,
  requireTensor,
  Tensor,
} from '../tensor.ts';

/** Vectors that one invocation updates. */
const ROUNDS = 16;

const squareSums = defineKernel({
  name: 'gradient_square_sums',
  shader: 'optim/gradient_norm',
  entry: 'square_sums',
  reads: 1,
  writes: 1,
  uniforms: { size: 'u32', count: 'u32', first: 'u32', rounds: 'u32' },
});

const norm = defineKernel({
  name: 'gradient_norm',
  shader: 'optim/gradient_norm',
  entry: 'norm',
  reads: 2,
  writes: 1,
  uniforms: {},
});

const adamwKernel = (entry: string, writes: number) =>
  defineKernel({
    name: entry,
    shader: 'optim/adamw',
    entry,
    reads: 3,
    writes,
    uniforms: {
      size: 'u32',
      beta1: 'f32',
      one_minus_beta1: 'f32',
      beta2: 'f32',
      one_minus_beta2: 'f32',
      eps: 'f32',
      max_norm: 'f32',
    },
    elements: { result: [6] },
  });

const adamw = adamwKernel('adamw', 3);
const adamwWithCopy = adamwKernel('adamw_with_copy', 4);

export interface AdamWOptions {
  /** Decay of the running means of the gradient and of its square; 0.9 and 0.999 by default. */
  readonly betas?: readonly [number, number];
  /** 1e-8 by default. */
  readonly eps?: number;
  /** Decoupled weight decay, on every parameter; 0.1 by default. */
  readonly weightDecay?: number;
  /** Norm of all gradients together above which they are scaled down to it; null for never. 1 by default. */
  readonly maxGradNorm?: number | null;
}

/** The running means, by PyTorch's names: of the gradient, and of its square. */
export type Moment = 'exp_avg' | 'exp_avg_sq';

/** Values of both means by parameter name. */
export type AdamWState = Record<Moment, Map<string, Float32Array>>;

interface ArenaState extends Arena, Record<Moment, Tensor> {}

/**
 * AdamW (Loshchilov and Hutter, 2019) with clipping of the global gradient norm, over whole arenas: a few dispatches
 * whatever the number of parameters. With g scaled to the norm, t counting from 1:
 *
 *   m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr decay w + lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)
 *
 * Every parameter of the arenas takes part, also one that no gradient reaches: it decays. One that is frozen
 * (`requiresGrad = false`) takes none: values, f16 copy and running means stay, bit for bit, and its gradient counts in
 * no norm; when it is trained again, its running means go on from there. Values that the arenas keep as f16 besides are
 * rounded from the f32 ones in the same dispatch.
 */
export class AdamW implements Disposable {
  readonly #recorder: Recorder;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #arenas: readonly ArenaState[];
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #maxGradNorm: number | null;

  constructor(owner: ParameterArenas, options: AdamWOptions = {}) {
    if (!(owner instanceof ParameterArenas)) {
      throw new DTypeError(
        `AdamW: the parameters are ${describeValue(owner)}; pass what engine.parameters(..) gives.`,
      );
    }
    checkOptions('AdamW', options, ['betas', 'eps', 'weightDecay', 'maxGradNorm']);
    const { arenas, parameters } = owner;
    const recorder = arenas[0]?.values.recorder;
    if (!recorder) throw new EngineError('AdamW: there are no parameters to train.');
    if (recorder.body.capturing) {
      throw new LifetimeError('AdamW: its state cannot be made inside a captured step; make it before.');
    }
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.1, maxGradNorm = 1 } = options;
    if (!Array.isArray(betas) || betas.length !== 2)
      throw new RangeError(`AdamW: betas is ${describeValue(betas)}; it must be two numbers.`);
    for (const [name, value] of Object.entries({
      beta1: betas[0],
      beta2: betas[1],
      eps,
      weightDecay,
      maxGradNorm,
    })) {
      if (value === null && name === 'maxGradNorm') continue;
      if (typeof value !== 'number' || value === Number.POSITIVE_INFINITY) {
        throw new RangeError(`AdamW: ${name} is ${describeValue(value)}; it must be a finite number.`);
      }
    }
    for (const [name, value] of Object.entries({ beta1: betas[0], beta2: betas[1] })) {
      if (!(value >= 0 && value < 1))
        throw new RangeError(`AdamW: ${name} is ${value}; use 0 <= ${name} < 1.`);
    }
    if (!(eps > 0)) throw new RangeError(`AdamW: eps is ${eps}; it must be above 0.`);
    if (!(weightDecay >= 0))
      throw new RangeError(`AdamW: weightDecay is ${weightDecay}; it must be 0 or more.`);
    if (maxGradNorm !== null && !(maxGradNorm > 0)) {
      throw new RangeError(
        `AdamW: maxGradNorm is ${maxGradNorm}; it must be above 0, or null for no clipping.`,
      );
    }
    this.#recorder = recorder;
    this.#parameters = parameters;
    this.#betas = betas;
    this.#eps = eps;
    this.#weightDecay = weightDecay;
    this.#maxGradNorm = maxGradNorm;
    this.#arenas = arenas.map(({ values, grads, half }) => ({
      values,
      grads,
      half,
      exp_avg: arenaTensor(recorder, values.size, 'running means of gradients'),
      exp_avg_sq: arenaTensor(recorder, values.size, 'running means of squared gradients'),
    }));
  }

  /**
   * What changes from update to update, for `update`: computed here in float64, and given to a captured step as an
   * argument. `t` is the number of this update from 1 on. The gradients are multiplied by
   * `gradientScale` before anything else (1 / batches when the gradients of several batches were summed).
   */
  hyperparameters(learningRate: number, t: number, gradientScale = 1): HostTensor {
    if (!(Number.isInteger(t) && t >= 1))
      throw new RangeError(`AdamW: update number ${t}; they count from 1.`);
    if (!(Number.isFinite(learningRate) && learningRate >= 0))
      throw new RangeError(`AdamW: learning rate ${learningRate}; it must be 0 or more.`);
    if (!(Number.isFinite(gradientScale) && gradientScale > 0)) {
      throw new RangeError(`AdamW: gradientScale is ${gradientScale}; it must be above 0.`);
    }
    const [beta1, beta2] = this.#betas;
    const values = [
      learningRate / (1 - beta1 ** t),
      Math.sqrt(1 - beta2 ** t),
      learningRate * this.#weightDecay,
      gradientScale,
    ];
    return { data: Float32Array.from(values), shape: [values.length] };
  }

  /**
   * One update of all parameters from their gradients; `hyperparameters` is the tensor of what `hyperparameters()` gives.
   *
   * Returns the norm of the (scaled) gradients before clipping, a scalar. Where it is infinite or NaN the device has
   * left weights and running means as they were.
   */
  update(hyperparameters: Tensor): { gradNorm: Tensor } {
    requireTensor('AdamW', 'hyperparameters', hyperparameters);
    requireOwn('AdamW', 'hyperparameters', hyperparameters, this.#recorder);
    if (!sameShape(hyperparameters.shape, [4]) || hyperparameters.dtype !== 'f32') {
      throw new ShapeError(
        `AdamW: hyperparameters is ${hyperparameters}; pass the f32[4] of AdamW.hyperparameters(learningRate, t).`,
      );
    }
    const trained = this.#arenas.flatMap((arena) => this.#trainedParts(arena));
    const gradNorm = this.#gradNorm(trained, hyperparameters);
    const [beta1, beta2] = this.#betas;
    for (const { values, grads, half, exp_avg, exp_avg_sq } of trained) {
      const size = values.size / 4;
      this.#recorder.dispatch(half ? adamwWithCopy : adamw, {
        reads: [grads, gradNorm, hyperparameters],
        writes: [values, exp_avg, exp_avg_sq, ...(half ? [half] : [])],
        uniforms: {
          size,
          beta1,
          one_minus_beta1: 1 - beta1,
          beta2,
          one_minus_beta2: 1 - beta2,
          eps: this.#eps,
          max_norm: this.#maxGradNorm ?? 0,
        },
        constants: { WORKGROUP: LINEAR_WORKGROUP, ROUNDS },
        workgroups: linearGrid(this.#recorder, size, LINEAR_WORKGROUP * ROUNDS),
      });
    }
    return { gradNorm };
  }

  /** The arena itself, unless some of its parameters are frozen: then what lies between those. */
  #trainedParts(arena: ArenaState): ArenaState[] {
    const ranges = trainedRanges(arena, this.#parameters.values());
    if (ranges.length === 1 && ranges[0]?.end === arena.values.size && ranges[0].start === 0) return [arena];
    return ranges.map(({ start, end }) => {
      const part = (whole: Tensor) => arenaSlice(whole, [end - start], start);
      const { values, grads, half, exp_avg, exp_avg_sq } = arena;
      return {
        values: part(values),
        grads: part(grads),
        half: half && part(half),
        exp_avg: part(exp_avg),
        exp_avg_sq: part(exp_avg_sq),
      };
    });
  }

  #gradNorm(trained: readonly ArenaState[], hyperparameters: Tensor): Tensor {
    const recorder = this.#recorder;
    const gradNorm = emptyTensor(recorder, { shape: [], dtype: 'f32' }, 'gradient norm');
    if (trained.length === 0) {
      recorder.clear(gradNorm.storage);
      return gradNorm;
    }
    const stages = trained.map(({ grads }) => ({
      grads,
      size: grads.size / 4,
      ...partialsOf(grads.size / 4),
    }));
    const total = stages.reduce((sum, { count }) => sum + count, 0);
    const partials = emptyTensor(recorder, { shape: [total], dtype: 'f32' }, 'squares of gradients');
    let first = 0;
    for (const { grads, size, count, rounds } of stages) {
      recorder.dispatch(squareSums, {
        reads: [grads],
        writes: [partials],
        uniforms: { size, count, first, rounds },
        workgroups: linearGrid(recorder, count),
      });
      first += count;
    }
    recorder.dispatch(norm, {
      reads: [sumAxes(partials, [0]), hyperparameters],
      writes: [gradNorm],
      uniforms: {},
      workgroups: [1],
    });
    return gradNorm;
  }

  /** Both running means of one parameter, as views. */
  stateOf(parameter: Parameter): Record<Moment, Tensor> {
    if (!(parameter instanceof Parameter)) {
      throw new DTypeError(`AdamW: what is asked for is ${describeValue(parameter)}; pass a parameter.`);
    }
    const { whole, offset, bytes } = parameter.storage;
    const arena = this.#arenas.find(({ values }) => values.storage === whole);
    if (!arena)
      throw new EngineError(`AdamW: the parameter "${parameter.name}" is not one of those it trains.`);
    const view = ({ storage }: Tensor) => new Tensor(this.#recorder, parameter, storage.part(offset, bytes));
    return { exp_avg: view(arena.exp_avg), exp_avg_sq: view(arena.exp_avg_sq) };
  }

  /** Copies the running means of every parameter to the host, for a checkpoint. */
  async read(): Promise<AdamWState> {
    const { list, stateFrom } = this.readout();
    return stateFrom(await readTensors(list));
  }

  /** What `read` reads, for whoever reads more at the same moment, and how its values make the state. */
  readout(): { list: readonly Tensor[]; stateFrom(values: readonly Float32Array[]): AdamWState } {
    const moments = ['exp_avg', 'exp_avg_sq'] as const;
    const names = [...this.#parameters.keys()];
    const list = moments.flatMap((moment) =>
      [...this.#parameters.values()].map((parameter) => this.stateOf(parameter)[moment]),
    );
    return {
      list,
      stateFrom: (values) => {
        const [exp_avg, exp_avg_sq] = moments.map(
          (_, m) => new Map(names.map((name, i) => [name, values[m * names.length + i] as Float32Array])),
        ) as [Map<string, Float32Array>, Map<string, Float32Array>];
        return { exp_avg, exp_avg_sq };
      },
    };
  }

  /** Sets one running mean of the parameters that are named; the others keep theirs. */
  write(moment: Moment, values: ReadonlyMap<string, Float32Array>): void {
    if (moment !== 'exp_avg' && moment !== 'exp_avg_sq') {
      throw new EngineError(`AdamW: the mean is ${describeValue(moment)}; it is exp_avg or exp_avg_sq.`);
    }
    if (!(values instanceof Map))
      throw new DTypeError(
        `AdamW: the values are ${describeValue(values)}; pass a Map from names to values.`,
      );
    const checked = [...(values as ReadonlyMap<string, Float32Array>)].map(([name, data]) => {
      const parameter = this.#parameters.get(name);
      if (!parameter)
        throw new EngineError(`AdamW: there is no parameter "${name}" to write the ${moment} of.`);
      if (!(data instanceof Float32Array)) {
        throw new DTypeError(
          `AdamW: the ${moment} of "${name}" is ${describeValue(data)}; it must be a Float32Array.`,
        );
      }
      if (data.length !== parameter.size) {
        throw new ShapeError(
          `AdamW: ${data.length} values for the ${moment} of "${name}", which holds ${parameter.size}.`,
        );
      }
      return { storage: this.stateOf(parameter)[moment].storage, data };
    });
    for (const { storage, data } of checked) this.#recorder.upload(storage, data);
  }

  /** Gives the memory of the running means back when all has run that was asked for before; nothing may be updated afterwards. */
  dispose(): void {
    const means = this.#arenas.flatMap(({ exp_avg, exp_avg_sq }) => [exp_avg, exp_avg_sq]);
    this.#recorder.releaseArenas(means.map(({ storage }) => storage));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
