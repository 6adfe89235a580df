import { AdamW, backward, type Engine } from '../../../engine/index.ts';
import { SIZES, type SpotrConfig, type SpotrSize } from '../../../model/config.ts';
import { Pretrainer } from '../../../model/pretrainer.ts';
import type { NamedTensors } from '../../../model/state.ts';
import type { PeerTime, Row, StepPeer, StepRunner, StepSetup, Values } from '../../contract.ts';
import { modelFlops, showWindow } from '../cases/index.ts';
import type { Window } from '../cases/spotr.ts';
import type { Context, Job } from '../job.ts';
import { median, pairRatio } from '../statistics.ts';
import { type Budget, clock, pairedTimings } from '../timing.ts';
import {
  briefly,
  checkSame,
  countCommands,
  STEP_WEIGHT,
  signalOf,
  stepBudget,
  stepRow,
  timeSteps,
} from './timing.ts';

const RECIPE = { learningRate: 2e-4, weightDecay: 0.1, clip: 1 } as const;

/** Losses of a peer's first steps from the same weights, relative to ours: further off, it trains another model. */
const LOSS_TOLERANCE = 1e-3;
const COMPARED_LOSSES = 3;

type Batch = readonly [batch: number, channels: number, samples: number];

export interface TrainVariant {
  /** Whether peers train the same model beside it. */
  readonly compare?: boolean;
  /** Blocks are computed again in the backward pass, so that less has to be kept. */
  readonly checkpointing?: boolean;
}

/** An update of all weights from one batch: forward, backward, gradient norm and AdamW. */
export function trainJob(
  size: SpotrSize,
  window: Window,
  batch: number,
  { compare = false, checkpointing = false }: TrainVariant = {},
): Job {
  const flops = batch * modelFlops(SIZES[size], window, 'train');
  const job: Pick<Job, 'id' | 'group' | 'family' | 'shape' | 'weight'> = {
    id: `train/${size}/${showWindow(window)}/batch ${batch}${checkpointing ? '/checkpointing' : ''}`,
    group: 'step',
    family: 'train',
    shape: `${size} ${showWindow(window)}, batch ${batch}${checkpointing ? ', checkpointing' : ''}`,
    weight: (15 * flops + 2 * STEP_WEIGHT) * (compare ? 4 : 1),
  };
  const shape: Batch = [batch, window.channels, window.samples];
  return {
    ...job,
    run: async (context) => [
      await measure(job, SIZES[size], shape, flops, { compare, checkpointing }, context),
    ],
  };
}

async function measure(
  job: Pick<Job, 'id' | 'family' | 'shape'>,
  config: SpotrConfig,
  shape: Batch,
  flops: number,
  { compare, checkpointing }: Required<TrainVariant>,
  { open, budget, stepPeers }: Context,
): Promise<Row> {
  const limits = stepBudget(budget);
  const eager = await Training.start(open, config, shape, { eager: true, checkpointing });
  const eagerMs = median((await timeSteps(eager.engine, eager.submit, briefly(limits))).wall);
  eager.engine.dispose();
  const ours = await Training.start(open, config, shape, {
    eager: false,
    keepWeights: compare,
    checkpointing,
  });
  const { engine } = ours;
  try {
    checkSame(job.id, ours.losses, eager.losses);
    const counts = await countCommands(engine, ours.train);
    while (ours.losses.length < COMPARED_LOSSES) await ours.train();
    const timed = await timeSteps(engine, ours.submit, limits);
    const peakBytes = engine.memory.peak;
    const peers = compare ? await againstPeers(ours, stepPeers, budget) : {};
    const lowerBoundBytes = await ours.lowerBoundBytes();
    const numbers = { ...counts, peakBytes, lowerBoundBytes, firstMs: ours.firstMs, eagerMs };
    return { ...stepRow(job, { timed, batch: shape[0], flops, gpuMs: null, numbers }), ...peers };
  } finally {
    engine.dispose();
  }
}

/** A model of ours in training, on an engine of its own. */
class Training {
  readonly engine: Engine;
  /** What a peer needs to train the same; without weights where none is to. */
  readonly setup: StepSetup;
  /** Of the first step, compilation included. */
  firstMs = 0;
  readonly losses: number[] = [];
  readonly #trainer: Pretrainer;
  readonly #shape: Batch;

  private constructor(engine: Engine, trainer: Pretrainer, setup: StepSetup, shape: Batch) {
    this.engine = engine;
    this.#trainer = trainer;
    this.setup = setup;
    this.#shape = shape;
  }

  static async start(
    open: Context['open'],
    config: SpotrConfig,
    shape: Batch,
    {
      eager,
      keepWeights = false,
      checkpointing,
    }: { eager: boolean; keepWeights?: boolean; checkpointing: boolean },
  ): Promise<Training> {
    const engine = await open();
    const trainer = Pretrainer.create(engine, {
      config,
      conditioning: 'cls',
      seed: 1,
      steps: 1000,
      schedule: 'constant',
      accumulation: 1,
      eager,
      checkpointing,
      ...RECIPE,
    });
    const weights: NamedTensors = keepWeights ? await initialWeights(engine, trainer) : new Map();
    const setup = { config, weights, batches: [signalOf(shape)], ...RECIPE };
    const training = new Training(engine, trainer, setup, shape);
    training.firstMs = await clock(training.train);
    return training;
  }

  /** A step until its commands are with the device. */
  submit = () =>
    this.#trainer.train([{ signal: this.setup.batches[0]?.data as Float32Array, shape: this.#shape }]);

  /** A step until its loss is here. */
  train = async (): Promise<void> => {
    const { result } = await this.submit();
    this.losses.push((await result).loss);
  };

  /**
   * What no plan of this step can do without: weights, gradients, running means, and the most bytes of activations that
   * are alive at one time. From a capture of the same step, which takes memory: to be asked last.
   */
  async lowerBoundBytes(): Promise<number> {
    const { model } = this.#trainer;
    const optimizer = new AdamW(model.arenas);
    const step = this.engine.step('lower bound', (signal, hyperparameters) => {
      model.arenas.clearGrads();
      const { loss } = model.forward(signal);
      backward(loss);
      return [loss, optimizer.update(hyperparameters).gradNorm];
    });
    const signal = this.setup.batches[0] as Values;
    const memory = await step.memory(signal, optimizer.hyperparameters(RECIPE.learningRate, 1));
    step.dispose();
    return memory.lowerBoundBytes + memory.residentBytes;
  }

  /** As the peers' runners. */
  run = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await this.submit();
    await this.engine.idle();
  };
}

/** By the authors' names, before the first step changes them. */
async function initialWeights(engine: Engine, { model }: Pretrainer): Promise<NamedTensors> {
  const named = async (module: 'encoder' | 'decoder') =>
    [...(await model[module].save(engine))].map(([name, tensor]) => [`${module}.${name}`, tensor] as const);
  return new Map([...(await named('encoder')), ...(await named('decoder'))]);
}

/** The same model in every library that can train it, by turns with ours. */
async function againstPeers(
  ours: Training,
  stepPeers: readonly StepPeer[],
  budget: Budget,
): Promise<Pick<Row, 'peers' | 'refusals'>> {
  const peers: PeerTime[] = [];
  const refusals: Record<string, string> = {};
  for (const { name, open } of stepPeers) {
    let runner: StepRunner | null = null;
    try {
      runner = await open(ours.setup);
      await runner.run(COMPARED_LOSSES);
      const wrong = lossesDiffer(ours.losses, await runner.losses());
      if (wrong !== null) {
        refusals[name] = `wrong values: ${wrong}`;
        continue;
      }
      const pairs = await pairedTimings(
        { runner: ours, repeats: 1 },
        { runner, repeats: 1 },
        { ...budget, rowMs: 5 * budget.rowMs },
      );
      peers.push({ name, medianMs: median(pairs.theirs), ratio: pairRatio(pairs.ours, pairs.theirs) });
    } catch (error) {
      refusals[name] = `failed: ${(error instanceof Error ? error.message : String(error)).slice(0, 200)}`;
    } finally {
      runner?.dispose();
    }
  }
  return { peers, ...(Object.keys(refusals).length > 0 ? { refusals } : {}) };
}

function lossesDiffer(ours: readonly number[], theirs: readonly number[]): string | null {
  for (let step = 0; step < COMPARED_LOSSES; step++) {
    const [own, other] = [ours[step] ?? Number.NaN, theirs[step] ?? Number.NaN];
    if (!(Math.abs(other - own) <= LOSS_TOLERANCE * Math.abs(own))) {
      return `the loss of step ${step + 1} is ${other} where ours is ${own}`;
    }
  }
  return null;
}
