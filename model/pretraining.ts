/** What pretraining is given, and what it reports. */
import type { LossScaleOptions } from '../engine/index.ts';
import type { AuxiliaryOptions } from './auxiliary.ts';
import type { Compaction, Computation, Conditioning, SpotrConfig } from './config.ts';
import type { InitialWeights } from './weights.ts';

/** Windows of one shape, in any unit: the model z-scores each channel of each window. */
export interface SignalBatch {
  readonly signal: Float32Array;
  readonly shape: readonly [batch: number, channels: number, samples: number];
  /** What auxiliary heads are to predict, by their names: [batch, channels, values a channel], row-major, standardised. */
  readonly targets?: Readonly<Record<string, Float32Array>>;
}

export interface PretrainOptions extends Computation, InitialWeights {
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
  /** Heads whose errors are minimised as well; none by default, as in the paper. */
  readonly auxiliary?: AuxiliaryOptions;
  /** Of the loss scale that f16 is trained with. */
  readonly lossScale?: LossScaleOptions;
  /** Run operation by operation instead of replaying recorded steps. */
  readonly eager?: boolean;
}

/** One update, under way. */
export interface Update {
  /** Counts from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Windows that it learned from. */
  readonly samples: number;
  /** Await it a few steps later. */
  readonly result: Promise<UpdateResult>;
}

export interface UpdateResult {
  /** Of the reconstruction alone, the mean over the batches. */
  readonly loss: number;
  /** Mean squared error of each auxiliary head, by name, as the loss. */
  readonly auxiliary: Readonly<Record<string, number>>;
  /** Of everything that is minimised, before clipping. Where it is not finite the weights were left as they were. */
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
