import {
  AdamW,
  backward,
  constant,
  type Engine,
  type HostTensor,
  LossScale,
  type LossScaleOptions,
  type Moment,
  mean,
  type Schedule,
  type Step,
  scale,
  square,
  type Tensor,
  warmupCosine,
} from '../engine/index.ts';
import {
  type Compaction,
  type Computation,
  type Conditioning,
  checkBatchShape,
  type SpotrConfig,
} from './config.ts';
import { ModelError } from './errors.ts';
import { Spotr } from './spotr.ts';
import type { NamedTensors } from './state.ts';

/** Windows of one shape, in any unit: the model z-scores each channel of each window. */
export interface SignalBatch {
  readonly signal: Float32Array;
  readonly shape: readonly [batch: number, channels: number, samples: number];
}

export interface PretrainOptions extends Computation {
  readonly config: SpotrConfig;
  /** Default `"spotr"`, the paper's. */
  readonly compaction?: Compaction;
  readonly conditioning: Conditioning;
  /** Of the initial weights. */
  readonly seed: number;
  /** Updates of the whole run: the schedule needs to know where it ends. */
  readonly steps: number;
  /** Peak learning rate; the paper's is 2e-4. */
  readonly learningRate: number;
  readonly schedule: 'warmup-cosine' | 'constant';
  /** Updates of linear warm-up; a tenth of the steps by default. */
  readonly warmup?: number;
  readonly weightDecay: number;
  /** Global gradient norm above which gradients are scaled down. */
  readonly clip: number;
  /** Batches an update: their gradients are averaged. */
  readonly accumulation: number;
  /** Of the loss scale that f16 is trained with. */
  readonly lossScale?: LossScaleOptions;
  /** Run operation by operation instead of replaying recorded steps. */
  readonly eager?: boolean;
}

/** One update, under way. */
export interface Update {
  /** Counts from 1. */
  readonly step: number;
  readonly lr: number;
  /** Windows that it learned from. */
  readonly samples: number;
  /** Await it a few steps later. */
  readonly result: Promise<UpdateResult>;
}

export interface UpdateResult {
  /** Mean over the batches. */
  readonly loss: number;
  /** Before clipping. Where it is not finite the weights were left as they were. */
  readonly gradNorm: number;
  /** Gradients did not fit f16, and the loss scale was halved for it: no sign of divergence unless it goes on. */
  readonly overflowed: boolean;
}

export interface Evaluation {
  readonly loss: number;
  /** Loss of predicting zero, which is what a model that has learned nothing does at best. */
  readonly zeroLoss: number;
  readonly target: Float32Array;
  readonly reconstruction: Float32Array;
  readonly shape: readonly [batch: number, channels: number, length: number];
}

export interface PretrainState {
  readonly encoder: NamedTensors;
  readonly decoder: NamedTensors;
  readonly optimizer: NamedTensors;
}

/** Name among the optimiser's tensors: the scale, and good updates since it changed. */
const LOSS_SCALE = 'loss_scale';

/** Self-supervised training of SPOTR: squeeze a window into tokens, give it back, learn from the difference. */
export class Pretrainer {
  readonly model: Spotr;
  readonly #engine: Engine;
  readonly #options: PretrainOptions;
  readonly #optimizer: AdamW;
  /** Only where gradients are stored as f16. */
  readonly #lossScale: LossScale | null;
  readonly #schedule: Schedule;
  /** A batch and the update, where one batch makes an update: one submit. */
  readonly #whole: Step<[signal: Tensor, hyper: Tensor]>;
  readonly #first: Step<[signal: Tensor]>;
  readonly #further: Step<[signal: Tensor]>;
  readonly #update: Step<[hyper: Tensor]>;
  readonly #evaluate: Step<[signal: Tensor]>;
  #steps = 0;

  private constructor(engine: Engine, options: PretrainOptions) {
    this.#engine = engine;
    this.#options = options;
    this.model = new Spotr(engine, options);
    this.#optimizer = new AdamW(this.model.arenas, {
      weightDecay: options.weightDecay,
      maxGradNorm: options.clip,
    });
    this.#lossScale = options.precision === 'f16' ? new LossScale(engine.recorder, options.lossScale) : null;
    this.#schedule =
      options.schedule === 'constant'
        ? constant(options.learningRate)
        : warmupCosine({
            peak: options.learningRate,
            steps: options.steps,
            ...(options.warmup !== undefined && { warmup: options.warmup }),
          });
    const stepOptions = { eager: options.eager ?? false };
    const learn = (accumulate: boolean) => (signal: Tensor) => {
      // What backward does not reach (most of the position table) must count as zero.
      if (!accumulate) this.model.arenas.clearGrads();
      const { loss } = this.model.forward(signal);
      backward(options.accumulation === 1 ? loss : scale(loss, 1 / options.accumulation), {
        accumulate,
        ...(this.#lossScale && { seed: this.#lossScale.seed }),
      });
      return [loss];
    };
    const first = learn(false);
    this.#whole = engine.step(
      'pretrain and update',
      (signal, hyper) => [...first(signal), this.#updateFrom(hyper)],
      stepOptions,
    );
    this.#first = engine.step('pretrain', first, stepOptions);
    this.#further = engine.step('pretrain, further batch', learn(true), stepOptions);
    this.#update = engine.step('update', (hyper) => [this.#updateFrom(hyper)], stepOptions);
    this.#evaluate = engine.step(
      'evaluate',
      (signal) =>
        engine.noGrad(() => {
          const { target, reconstruction, loss } = this.model.forward(signal);
          return [loss, mean(square(target)), target, reconstruction];
        }),
      stepOptions,
    );
  }

  static create(engine: Engine, options: PretrainOptions): Pretrainer {
    const { accumulation, steps } = options;
    for (const [name, value] of Object.entries({ accumulation, steps })) {
      if (!Number.isInteger(value) || value < 1)
        throw new ModelError(`${name} is ${value}; it must be a positive integer.`);
    }
    return new Pretrainer(engine, options);
  }

  /** Updates done so far. */
  get step(): number {
    return this.#steps;
  }

  get parameterCount(): number {
    return this.model.parameterCount;
  }

  /** Records the update; the gradient norm is that of the loss itself, whatever it was scaled by. */
  #updateFrom(hyper: Tensor): Tensor {
    const scale = this.#lossScale;
    const { gradNorm } = this.#optimizer.update(scale ? scale.unscale(hyper) : hyper);
    scale?.adjust(gradNorm);
    return gradNorm;
  }

  /**
   * One update from `accumulation` batches, which may differ in shape. Resolves when it is submitted. Updates and
   * evaluations may be asked for without waiting for those before: they happen in the order of the calls.
   */
  async train(batches: readonly SignalBatch[]): Promise<Update> {
    const { accumulation, config } = this.#options;
    if (batches.length !== accumulation) {
      throw new ModelError(`${batches.length} batches for one update; accumulation is ${accumulation}.`);
    }
    for (const { shape } of batches) checkBatchShape(shape, config);
    // At the call, as everything else: the caller may reuse its lists.
    const samples = batches.reduce((sum, { shape }) => sum + shape[0], 0);
    const lr = this.#schedule(this.#steps);
    const hyper = this.#optimizer.hyper(lr, this.#steps + 1);
    // Counted at the call: the next update may be asked for before this one is submitted.
    const step = ++this.#steps;
    let told: Promise<Float32Array>[];
    try {
      told = await (accumulation === 1 ? this.#learnAtOnce(batches, hyper) : this.#learn(batches, hyper));
    } catch (error) {
      this.#steps--;
      throw error;
    }
    const result = Promise.all(told).then((values) => {
      const numbers = values.map((value) => value[0] ?? Number.NaN);
      const gradNorm = numbers.pop() ?? Number.NaN;
      const loss = numbers.reduce((sum, value) => sum + value, 0) / accumulation;
      const overflowed = this.#lossScale !== null && Number.isFinite(loss) && !Number.isFinite(gradNorm);
      return { loss, gradNorm, overflowed };
    });
    // Whoever awaits it late must not make Node end the process for an unhandled rejection meanwhile.
    result.catch(() => {});
    return { step, lr, samples, result };
  }

  /** Submits the update; what it tells is the loss and the gradient norm. */
  async #learnAtOnce(batches: readonly SignalBatch[], hyper: HostTensor): Promise<Promise<Float32Array>[]> {
    const [{ signal, shape }] = batches as readonly [SignalBatch];
    const results = await this.#whole.run({ data: signal, shape }, hyper);
    return results.map((tensor) => this.#engine.read(tensor));
  }

  /** Submits batch after batch, then the update; what they tell is the loss of each batch, then the norm. */
  async #learn(batches: readonly SignalBatch[], hyper: HostTensor): Promise<Promise<Float32Array>[]> {
    // All asked for before anything is awaited: no other update can come between.
    const runs = batches.map(({ signal, shape }, index) =>
      (index === 0 ? this.#first : this.#further).run({ data: signal, shape }),
    );
    runs.push(this.#update.run(hyper));
    const told = await Promise.all(
      runs.map(async (run) => (await run).map((tensor) => this.#engine.read(tensor))),
    );
    return told.flat();
  }

  /** Loss and reconstruction without learning, of the weights as they are after everything called so far. */
  async evaluate({ signal, shape }: SignalBatch): Promise<Evaluation> {
    checkBatchShape(shape, this.#options.config);
    const [batch, channels] = shape;
    const [loss, zeroLoss, target, reconstruction] = await this.#evaluate.read({ data: signal, shape });
    if (!target || !reconstruction) throw new ModelError('The step "evaluate" gave no result.');
    return {
      loss: loss?.[0] ?? Number.NaN,
      zeroLoss: zeroLoss?.[0] ?? Number.NaN,
      target,
      reconstruction,
      shape: [batch, channels, target.length / (batch * channels)],
    };
  }

  /**
   * Everything that a later run needs to continue, by the authors' names: one state, as it is after everything called so
   * far. What is called meanwhile runs afterwards.
   */
  async state(): Promise<PretrainState> {
    const { encoder, decoder } = this.model;
    const scale = this.#lossScale;
    const readout = this.#optimizer.readout();
    const lists = [encoder.parameters, decoder.parameters, readout.list, scale ? [scale.state] : []];
    const values = await this.#engine.readAll(lists.flat());
    const [encoderNow, decoderNow, momentsNow, scaleNow] = lists.map(({ length }) =>
      values.splice(0, length),
    );
    const moments = readout.stateFrom(momentsNow as Float32Array[]);
    const optimizer = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const [prefix, module] of [
      ['encoder.', encoder],
      ['decoder.', decoder],
    ] as const) {
      for (const [moment, values] of Object.entries(moments)) {
        const split = module.split(
          (parameter) => values.get(parameter.name) ?? new Float32Array(parameter.size),
        );
        for (const [name, tensor] of split) optimizer.set(`${moment}.${prefix}${name}`, tensor);
      }
    }
    for (const data of scaleNow ?? []) optimizer.set(LOSS_SCALE, { shape: [2], data });
    return { encoder: encoder.named(encoderNow ?? []), decoder: decoder.named(decoderNow ?? []), optimizer };
  }

  /**
   * Continues from a state; without the optimiser's, its moments start at zero.
   * @throws ModelError for tensors that do not fit; everything is then as it was before.
   */
  load(state: {
    encoder: NamedTensors;
    decoder: NamedTensors;
    optimizer?: NamedTensors;
    step: number;
  }): void {
    const { encoder, decoder } = this.model;
    encoder.check(state.encoder);
    decoder.check(state.decoder);
    const moments = state.optimizer && this.#momentsIn(state.optimizer);
    encoder.load(this.#engine, state.encoder);
    decoder.load(this.#engine, state.decoder);
    this.#steps = state.step;
    const scale = state.optimizer?.get(LOSS_SCALE);
    if (scale) this.#lossScale?.write(scale.data);
    for (const [moment, values] of moments ?? []) this.#optimizer.write(moment, values);
  }

  /** The optimiser's moments, one array for each parameter. */
  #momentsIn(optimizer: NamedTensors): (readonly [Moment, Map<string, Float32Array>])[] {
    const { encoder, decoder } = this.model;
    return (['exp_avg', 'exp_avg_sq'] as const).map((moment) => {
      const values = new Map<string, Float32Array>();
      for (const [prefix, module] of [
        ['encoder.', encoder],
        ['decoder.', decoder],
      ] as const) {
        const start = `${moment}.${prefix}`;
        const own = [...optimizer].filter(([name]) => name.startsWith(start));
        const named = new Map(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
        module.join(named, (parameter, data) => values.set(parameter.name, data));
      }
      return [moment, values] as const;
    });
  }

  /** Gives all memory on the device back, the model's too; nothing of it may be used afterwards. */
  dispose(): void {
    for (const step of [this.#whole, this.#first, this.#further, this.#update, this.#evaluate])
      step.destroy();
    this.#optimizer.dispose();
    this.#lossScale?.dispose();
    this.model.arenas.dispose();
  }
}
