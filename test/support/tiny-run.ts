import { SyntheticDataset } from '../../data/index.ts';
import type { Engine, LossScaleOptions } from '../../engine/index.ts';
import {
  type Compaction,
  type Conditioning,
  type NamedTensors,
  type Precision,
  Pretrainer,
  SIZES,
  type SignalBatch,
  type SpotrConfig,
} from '../../model/index.ts';

/** Small enough for thousands of steps on a software adapter, and still every layer that SPOTR has. */
export const TOY: SpotrConfig = {
  encoderDim: 16,
  decoderDim: 8,
  encoderLayers: 1,
  decoderLayers: 1,
  heads: 2,
  patch: 50,
};

export interface RunOptions {
  readonly steps: number;
  readonly seed?: number;
  readonly config?: SpotrConfig;
  readonly compaction?: Compaction;
  readonly conditioning?: Conditioning;
  readonly accumulation?: number;
  readonly eager?: boolean;
  readonly checkpointing?: boolean;
  readonly learningRate?: number;
  readonly precision?: Precision;
  readonly lossScale?: LossScaleOptions;
  /** Windows in a batch; 4 by default. */
  readonly batchSize?: number;
  /** Of a window; 2 by default. */
  readonly seconds?: number;
}

export function tinyPretrainer(engine: Engine, options: RunOptions): Pretrainer {
  return Pretrainer.create(engine, {
    config: options.config ?? SIZES.tiny,
    compaction: options.compaction ?? 'spotr',
    conditioning: options.conditioning ?? 'cls',
    seed: options.seed ?? 1,
    steps: options.steps,
    learningRate: options.learningRate ?? 1e-3,
    schedule: 'warmup-cosine',
    weightDecay: 0.1,
    clip: 1,
    accumulation: options.accumulation ?? 1,
    eager: options.eager ?? false,
    precision: options.precision ?? 'f32',
    ...(options.lossScale && { lossScale: options.lossScale }),
    checkpointing: options.checkpointing ?? false,
  });
}

/** The batches of update `step`, of synthetic signals of every modality in turn. */
export function syntheticBatches(
  step: number,
  {
    batchSize = 4,
    accumulation = 1,
    seconds = 2,
  }: Pick<RunOptions, 'batchSize' | 'accumulation' | 'seconds'> = {},
): SignalBatch[] {
  const data = new SyntheticDataset({ seed: 3, batchSize, seconds, heldOutWindows: 1 });
  return Array.from({ length: accumulation }, (_, i) => data.trainBatch(step * accumulation + i));
}

/** Losses of a run on synthetic signals; the same code in Node and in the browser. */
export async function lossesOf(engine: Engine, options: RunOptions): Promise<number[]> {
  return await trained(tinyPretrainer(engine, options), options);
}

/** The same, and the weights that the run ends with, by the authors' names after `encoder.` and `decoder.`. */
export async function runOf(
  engine: Engine,
  options: RunOptions,
): Promise<{ losses: number[]; weights: NamedTensors }> {
  const trainer = tinyPretrainer(engine, options);
  const losses = await trained(trainer, options);
  const { encoder, decoder } = await trainer.state();
  const weights = Object.entries({ encoder, decoder }).flatMap(([part, tensors]) =>
    [...tensors].map(([name, tensor]) => [`${part}.${name}`, tensor] as const),
  );
  return { losses, weights: new Map(weights) };
}

async function trained(trainer: Pretrainer, options: RunOptions): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < options.steps; step++) {
    const { result } = await trainer.train(syntheticBatches(step, options));
    losses.push((await result).loss);
  }
  return losses;
}
