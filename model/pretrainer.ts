import {
  AdamW,
  backward,
  constant,
  type Engine,
  type HostTensor,
  LossScale,
  mean,
  ParameterArenas,
  type Schedule,
  type Step,
  scale,
  square,
  type Tensor,
  warmupCosine,
} from '../engine/index.ts';
import { AuxiliaryHeads, HEADS_PREFIX, headsIn } from './auxiliary.ts';
import { checkBatchShape } from './config.ts';
import { ModelError } from './errors.ts';
import type { Evaluation, PretrainOptions, SignalBatch, Update, UpdateResult } from './pretraining.ts';
import { Spotr } from './spotr.ts';
import type { NamedTensors } from './state.ts';
import { momentsIn, type NamedModule, namedMoments, type PretrainState } from './training-state.ts';

/** Name among the optimiser's tensors: the scale, and good updates since it changed. */
const LOSS_SCALE = 'loss_scale';

/** Self-supervised training of SPOTR: squeeze a window into tokens, give it back, learn from the difference. */
export class Pretrainer implements Disposable {
  readonly model: Spotr;
  readonly #engine: Engine;
  readonly #options: PretrainOptions;
  readonly #heads: AuxiliaryHeads | null;
  /** The model's, and those of the heads. */
  readonly #arenas: ParameterArenas;
  readonly #optimizer: AdamW;
  /** Only where gradients are stored as f16. */
  readonly #lossScale: LossScale | null;
  readonly #schedule: Schedule;
  /** A batch and the update, where one batch makes an update: one submit. */
  readonly #whole: Step<[hyperparameters: Tensor, signal: Tensor, ...targets: Tensor[]]>;
  readonly #first: Step<[signal: Tensor, ...targets: Tensor[]]>;
  readonly #further: Step<[signal: Tensor, ...targets: Tensor[]]>;
  readonly #update: Step<[hyperparameters: Tensor]>;
  readonly #evaluate: Step<[signal: Tensor]>;
  #steps = 0;

  private constructor(engine: Engine, options: PretrainOptions) {
    this.#engine = engine;
    this.#options = options;
    this.model = new Spotr(engine, options);
    const { auxiliary } = options;
    this.#heads = auxiliary?.heads.length
      ? new AuxiliaryHeads(engine, options.config, auxiliary, options.seed)
      : null;
    this.#arenas = joined(this.model.arenas, this.#heads?.arenas);
    this.#optimizer = new AdamW(this.#arenas, {
      weightDecay: options.weightDecay,
      maxGradNorm: options.clip,
    });
    this.#lossScale = options.precision === 'f16' ? new LossScale(engine.recorder, options.lossScale) : null;
    this.#schedule =
      options.schedule === 'constant'
        ? constant(options.learningRate)
        : warmupCosine({
            learningRate: options.learningRate,
            steps: options.steps,
            ...(options.warmup !== undefined && { warmup: options.warmup }),
          });
    const stepOptions = { eager: options.eager ?? false };
    const learn =
      (accumulate: boolean) =>
      (signal: Tensor, ...targets: Tensor[]) => {
        // What backward does not reach (most of the position table) must count as zero.
        if (!accumulate) this.#arenas.clearGrads();
        const made = this.model.forward(signal);
        const losses = this.#heads?.losses(made, targets) ?? [];
        const total = this.#heads?.total(made.loss, losses) ?? made.loss;
        backward(options.accumulation === 1 ? total : scale(total, 1 / options.accumulation), {
          accumulate,
          ...(this.#lossScale && { seed: this.#lossScale.seed }),
        });
        return [made.loss, ...losses];
      };
    const first = learn(false);
    this.#whole = engine.step(
      'pretrain and update',
      (hyperparameters, signal, ...targets) => [
        ...first(signal, ...targets),
        this.#updateFrom(hyperparameters),
      ],
      stepOptions,
    );
    this.#first = engine.step('pretrain', first, stepOptions);
    this.#further = engine.step('pretrain, further batch', learn(true), stepOptions);
    this.#update = engine.step(
      'update',
      (hyperparameters) => [this.#updateFrom(hyperparameters)],
      stepOptions,
    );
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
  #updateFrom(hyperparameters: Tensor): Tensor {
    const scale = this.#lossScale;
    const { gradNorm } = this.#optimizer.update(scale ? scale.unscale(hyperparameters) : hyperparameters);
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
    const inputs = batches.map((batch): BatchInputs => {
      const { signal, shape } = batch;
      return [{ data: signal, shape }, ...(this.#heads?.targetsOf(batch) ?? [])];
    });
    const learningRate = this.#schedule(this.#steps);
    const hyperparameters = this.#optimizer.hyperparameters(learningRate, this.#steps + 1);
    // Counted at the call: the next update may be asked for before this one is submitted.
    const step = ++this.#steps;
    let results: Promise<Float32Array>[];
    try {
      results = await (accumulation === 1
        ? this.#learnAtOnce(inputs, hyperparameters)
        : this.#learn(inputs, hyperparameters));
    } catch (error) {
      this.#steps--;
      throw error;
    }
    const result = Promise.all(results).then((values) =>
      this.#resultOf(values.map((value) => value[0] ?? Number.NaN)),
    );
    // Whoever awaits it late must not make Node end the process for an unhandled rejection meanwhile.
    result.catch(() => {});
    return { step, learningRate, samples, result };
  }

  /** The results of an update: the losses of each batch in turn, the reconstruction's first, then the gradient norm. */
  #resultOf(results: readonly number[]): UpdateResult {
    const { accumulation } = this.#options;
    const names = this.#heads?.names ?? [];
    const [loss = Number.NaN, ...auxiliary] = [undefined, ...names].map((_, at) => {
      let sum = 0;
      for (let batch = 0; batch < accumulation; batch++)
        sum += results[batch * (1 + names.length) + at] ?? Number.NaN;
      return sum / accumulation;
    });
    const gradNorm = results.at(-1) ?? Number.NaN;
    return {
      loss,
      auxiliary: Object.fromEntries(names.map((name, i) => [name, auxiliary[i] as number])),
      gradNorm,
      overflowed: this.#lossScale !== null && Number.isFinite(loss) && !Number.isFinite(gradNorm),
    };
  }

  /** Submits the update; its results are the losses and the gradient norm. */
  async #learnAtOnce(
    inputs: readonly BatchInputs[],
    hyperparameters: HostTensor,
  ): Promise<Promise<Float32Array>[]> {
    const results = await this.#whole.run(hyperparameters, ...(inputs[0] as BatchInputs));
    return results.map((tensor) => this.#engine.read(tensor));
  }

  /** Submits batch after batch, then the update; their results are the losses of each batch, then the norm. */
  async #learn(
    batches: readonly BatchInputs[],
    hyperparameters: HostTensor,
  ): Promise<Promise<Float32Array>[]> {
    // All asked for before anything is awaited: no other update can come between.
    const runs = batches.map((inputs, index) => (index === 0 ? this.#first : this.#further).run(...inputs));
    runs.push(this.#update.run(hyperparameters));
    const results = await Promise.all(
      runs.map(async (run) => (await run).map((tensor) => this.#engine.read(tensor))),
    );
    return results.flat();
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
    const heads = this.#heads?.state;
    const readout = this.#optimizer.readout();
    const lists = [
      ...[encoder.parameters, decoder.parameters, readout.list],
      ...[heads?.parameters ?? [], scale ? [scale.state] : []],
    ];
    const values = await this.#engine.readAll(lists.flat());
    const [encoderNow, decoderNow, momentsNow, headsNow, scaleNow] = lists.map(({ length }) =>
      values.splice(0, length),
    );
    const optimizer = namedMoments(this.#modules, readout.stateFrom(momentsNow as Float32Array[]));
    for (const [name, tensor] of heads?.named(headsNow ?? []) ?? [])
      optimizer.set(HEADS_PREFIX + name, tensor);
    for (const data of scaleNow ?? []) optimizer.set(LOSS_SCALE, { shape: [2], data });
    return { encoder: encoder.named(encoderNow ?? []), decoder: decoder.named(decoderNow ?? []), optimizer };
  }

  /**
   * Continues from a state; without the optimiser's, its moments start at zero, and without a decoder it keeps its own.
   * @throws ModelError for tensors that do not fit; everything is then as it was before.
   */
  load(state: {
    encoder: NamedTensors;
    decoder?: NamedTensors;
    optimizer?: NamedTensors;
    step: number;
  }): void {
    const { encoder, decoder } = this.model;
    encoder.check(state.encoder);
    if (state.decoder) decoder.check(state.decoder);
    const moments = state.optimizer && momentsIn(this.#modules, state.optimizer);
    const heads = state.optimizer && this.#headsIn(state.optimizer);
    encoder.load(this.#engine, state.encoder);
    if (state.decoder) decoder.load(this.#engine, state.decoder);
    if (heads) this.#heads?.state.load(this.#engine, heads);
    this.#steps = state.step;
    const scale = state.optimizer?.get(LOSS_SCALE);
    if (scale) this.#lossScale?.write(scale.data);
    for (const [moment, values] of moments ?? []) this.#optimizer.write(moment, values);
  }

  get #modules(): NamedModule[] {
    const { encoder, decoder } = this.model;
    return [
      ['encoder.', encoder],
      ['decoder.', decoder],
      ...(this.#heads ? [[HEADS_PREFIX, this.#heads.state] as const] : []),
    ];
  }

  /** @throws ModelError where a state has other heads than those that are trained here. */
  #headsIn(optimizer: NamedTensors): NamedTensors {
    if (this.#heads) return this.#heads.in(optimizer);
    const own = headsIn(optimizer);
    if (own.size === 0) return own;
    throw new ModelError(
      `The state is of a run with auxiliary heads (${[...own.keys()].join(', ')}), but none are trained here; give the same.`,
    );
  }

  /** Gives all memory on the device back, the model's too; nothing of it may be used afterwards. */
  dispose(): void {
    for (const step of [this.#whole, this.#first, this.#further, this.#update, this.#evaluate])
      step.dispose();
    this.#optimizer.dispose();
    this.#lossScale?.dispose();
    this.#heads?.arenas.dispose();
    this.model.arenas.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Signal and targets of a batch, as a step takes them. */
type BatchInputs = [signal: HostTensor, ...targets: HostTensor[]];

/** Both under one optimiser, whose gradient norm is of all. */
function joined(model: ParameterArenas, heads: ParameterArenas | undefined): ParameterArenas {
  if (!heads) return model;
  return new ParameterArenas(
    [...model.arenas, ...heads.arenas],
    new Map([...model.parameters, ...heads.parameters]),
  );
}
