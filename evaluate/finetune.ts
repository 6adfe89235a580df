/** Fine-tuning: encoder and a linear layer on its token, trained together on labelled windows. */
import { AdamW, backward, type Engine, type ParameterArenas, Random } from '../engine/index.ts';
import { headWeights, SpotrClassifier } from '../model/classifier.ts';
import { type Compaction, checkConfig, type SpotrConfig } from '../model/config.ts';
import { Encoder } from '../model/encoder.ts';
import { ModelError } from '../model/errors.ts';
import { ModuleState, type NamedTensors } from '../model/state.ts';
import { Initialization } from '../model/weights.ts';
import { type Best, untilBest } from './early-stopping.ts';
import { logProbabilities } from './log-probabilities.ts';
import { classificationLoss, classWeights, lossTargets } from './loss.ts';
import { ScoredRows } from './metrics.ts';
import { type ClassifierOptions, requireTelling } from './probe.ts';
import { shuffled } from './shuffled.ts';
import { rowCount, type Targets } from './targets.ts';

/** Labelled windows, which may differ in channels and length. */
export interface LabelledSignals {
  readonly targets: Targets;
  /** Channels and samples of a window. */
  shapeOf(row: number): readonly [channels: number, samples: number];
  /** Windows of one shape, one after the other: [rows, channels, samples], row-major, in any unit. */
  read(rows: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>>;
}

export interface FinetuneOptions extends ClassifierOptions {
  readonly config: SpotrConfig;
  /** Default `"spotr"`, the paper's. */
  readonly compaction?: Compaction;
  /** The encoder to start from, by the authors' names; drawn from the seed where there is none. */
  readonly encoder?: NamedTensors;
  /** Gradients are scaled down to this norm. Default 1, as in pretraining. */
  readonly clip?: number;
}

/** The classifier's tensors by the authors' names (`encoder.*`, `classification_head.*`), of the best epoch. */
export type ClassifierTensors = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/** A classifier in training: encoder and head on one set of parameters. */
export class Finetuner implements Disposable {
  readonly #engine: Engine;
  readonly #options: FinetuneOptions;
  readonly #arenas: ParameterArenas;
  readonly #encoder: ModuleState;
  readonly #head: ModuleState;
  readonly #classifier: SpotrClassifier;
  #training = false;
  /** Calls of `scores` that are under way. */
  #scoring = 0;

  /** @throws ModelError for tensors that do not fit the sizes. */
  constructor(engine: Engine, classes: number, options: FinetuneOptions) {
    const { config, compaction = 'spotr', seed, encoder } = options;
    checkConfig(config);
    this.#engine = engine;
    this.#options = options;
    const random = new Random(seed, 'finetune');
    const init = new Initialization(random.fork('encoder'));
    const packed = Encoder.weights(init, config, compaction);
    const head = headWeights(new Initialization(random.fork('head')), classes, config.encoderDim);
    this.#arenas = engine.parameters([
      ...ModuleState.specs('encoder.', packed),
      ...ModuleState.specs('', head),
    ]);
    this.#encoder = new ModuleState('encoder.', packed, this.#arenas, Encoder.unused(init, config));
    this.#head = new ModuleState('', head, this.#arenas);
    const network = new Encoder(config, this.#encoder, { compaction });
    this.#classifier = new SpotrClassifier(network, this.#head, classes);
    try {
      if (encoder) this.#encoder.load(engine, encoder);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Trains, and leaves the weights of the best epoch in place; `kept` are their tensors.
   * @throws ModelError while it is training already, and while it computes scores.
   */
  async train(train: LabelledSignals, validation: LabelledSignals): Promise<Best<ClassifierTensors>> {
    this.#requireIdle('train');
    if (this.#scoring > 0) throw busy('train', 'it computes scores; await those first');
    this.#training = true;
    try {
      return await this.#train(train, validation);
    } finally {
      this.#training = false;
    }
  }

  /** Its weights change from batch to batch: who else uses them meanwhile gets those of no epoch. */
  #requireIdle(what: string): void {
    if (this.#training) throw busy(what, 'it is training; await the training first');
  }

  async #train(train: LabelledSignals, validation: LabelledSignals): Promise<Best<ClassifierTensors>> {
    const { seed, learningRate = 2e-4, weightDecay = 0.1, batchSize = 128, clip = 1 } = this.#options;
    const { epochs = 200, patience = 20 } = this.#options;
    requireTelling('training', train.targets);
    requireTelling('validation', validation.targets);
    const { targets } = train;
    const optimizer = new AdamW(this.#arenas, { weightDecay, maxGradNorm: clip });
    const step = this.#engine.step('finetune', (signal, wanted, hyperparameters) => {
      // What backward does not reach (most of the position table) must count as zero.
      this.#arenas.clearGrads();
      const loss = classificationLoss(this.#classifier.forward(signal), wanted, targets.many);
      backward(loss);
      optimizer.update(hyperparameters);
      return [loss];
    });
    const weights = classWeights(targets, this.#options.classWeights ?? 'none');
    const random = new Random(seed, 'finetune order');
    let updates = 0;
    const epoch = async (number: number) => {
      let total = 0;
      const order = shuffled(rowCount(targets), random.fork(`epoch ${number}`));
      for (const rows of batchesOf(train, order, batchSize)) {
        const [loss] = await step.read(
          await inputOf(train, rows),
          lossTargets(targets, weights, rows),
          optimizer.hyperparameters(learningRate, ++updates),
        );
        total += rows.length * (loss?.[0] as number);
      }
      const scores = { values: await this.#scores(validation), classes: targets.classes };
      const { auroc } = new ScoredRows(scores, validation.targets).metrics();
      const result = { loss: total / rowCount(targets), validationAuroc: auroc };
      await this.#options.onEpoch?.({ epoch: number, ...result });
      return result;
    };
    try {
      const best = await untilBest({ epochs, patience }, epoch, () => this.#tensors());
      this.#load(best.kept);
      return best;
    } finally {
      step.dispose();
      optimizer.dispose();
    }
  }

  /**
   * [rows, classes] row-major: log-probabilities, or log-odds where rows may be of many.
   * @throws ModelError while it is training.
   */
  async scores(signals: LabelledSignals): Promise<Float64Array> {
    this.#requireIdle('scores');
    this.#scoring++;
    try {
      return await this.#scores(signals);
    } finally {
      this.#scoring--;
    }
  }

  async #scores(signals: LabelledSignals): Promise<Float64Array> {
    const { batchSize = 128 } = this.#options;
    const { classes } = signals.targets;
    const out = new Float64Array(rowCount(signals.targets) * classes);
    const step = this.#engine.step('classify', (signal) =>
      this.#engine.noGrad(() => [this.#classifier.forward(signal)]),
    );
    const order = Uint32Array.from({ length: rowCount(signals.targets) }, (_, row) => row);
    try {
      for (const rows of batchesOf(signals, order, batchSize)) {
        const [logits] = await step.read(await inputOf(signals, rows));
        for (const [i, row] of rows.entries())
          out.set((logits as Float32Array).subarray(i * classes, (i + 1) * classes), row * classes);
      }
    } finally {
      step.dispose();
    }
    return signals.targets.many ? out : logProbabilities(out, classes);
  }

  dispose(): void {
    this.#arenas.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #tensors(): Promise<ClassifierTensors> {
    // Asked for together: one state.
    const values = await this.#engine.readAll([...this.#encoder.parameters, ...this.#head.parameters]);
    const encoder = this.#encoder.named(values.splice(0, this.#encoder.parameters.length));
    const head = this.#head.named(values);
    return new Map([...[...encoder].map(([name, one]) => [`encoder.${name}`, one] as const), ...head]);
  }

  #load(tensors: ClassifierTensors): void {
    const own = (ours: boolean) => [...tensors].filter(([name]) => name.startsWith('encoder.') === ours);
    const encoder = own(true).map(([name, one]) => [name.slice('encoder.'.length), one] as const);
    this.#encoder.load(this.#engine, new Map(encoder));
    this.#head.load(this.#engine, new Map(own(false)));
  }
}

function busy(what: string, why: string): ModelError {
  return new ModelError(`Finetuner: ${what} is called while ${why}, or make a second Finetuner.`);
}

/** Rows in batches of one shape, in the order given; batches of different shapes come as their first rows do. */
function batchesOf(signals: LabelledSignals, order: Uint32Array, batchSize: number): Uint32Array[] {
  const open = new Map<string, number[]>();
  const batches: number[][] = [];
  for (const row of order) {
    const shape = signals.shapeOf(row).join();
    let batch = open.get(shape);
    if (!batch || batch.length === batchSize) {
      batch = [];
      batches.push(batch);
      open.set(shape, batch);
    }
    batch.push(row);
  }
  return batches.map((rows) => Uint32Array.from(rows));
}

async function inputOf(signals: LabelledSignals, rows: Uint32Array) {
  const [channels, samples] = signals.shapeOf(rows[0] as number);
  return { data: await signals.read(rows), shape: [rows.length, channels, samples] };
}
