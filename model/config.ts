import type { FloatType } from '../engine/index.ts';
import { ModelError } from './errors.ts';

/** Sizes of one SPOTR model, in the paper's words. */
export interface SpotrConfig {
  /** D, width of the encoder and of `h_cls`. */
  readonly encoderDim: number;
  /** d, width of the renderer. */
  readonly decoderDim: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** Heads of the aggregator and of the renderer; the compactor always has 8. */
  readonly heads: number;
  /** P, samples a patch (100 = 0.5 s at 200 Hz). */
  readonly patch: number;
}

/** What the renderer sees: the one token (the paper), or every encoder token (the authors' demo script). */
export type Conditioning = 'cls' | 'tokens';

/**
 * How C x N patches become the encoder's tokens: 1 + C + N by the compactor (the paper), or all of them as they are,
 * 1 + C N, which shows what the compactor is worth.
 */
export type Compaction = 'spotr' | 'none';

/** Whether a tensor of the encoder is of the compactor's pooling attentions. */
export const isPooling = (name: string): boolean => /^(spatial|temporal)_attn\./.test(name);

/** What an encoder was made with, by the names of all its tensors. */
export function compactionOf(names: Iterable<string>): Compaction {
  return [...names].some(isPooling) ? 'spotr' : 'none';
}

/**
 * How activations are stored, and the weights that products read. Arithmetic, sums, statistics, gradients of weights and
 * the weights that are trained are f32 either way. f16 needs an adapter with `shader-f16`.
 */
export type Precision = FloatType;

/** How a model is computed; neither changes what it is. */
export interface Computation {
  /** Compute stem and blocks again in the backward pass instead of keeping what they make: less memory, same bits. */
  readonly checkpointing?: boolean;
  /** Default `"f32"`. */
  readonly precision?: Precision;
}

export type SpotrSize = 'tiny' | 'small' | 'medium' | 'base';

/** `small`, `medium` and `base` are the paper's; `tiny` is ours, for demonstrations on any machine. */
export const SIZES: Readonly<Record<SpotrSize, SpotrConfig>> = {
  tiny: { encoderDim: 64, decoderDim: 32, encoderLayers: 2, decoderLayers: 2, heads: 8, patch: 100 },
  small: { encoderDim: 128, decoderDim: 64, encoderLayers: 4, decoderLayers: 2, heads: 8, patch: 100 },
  medium: { encoderDim: 256, decoderDim: 128, encoderLayers: 8, decoderLayers: 4, heads: 8, patch: 100 },
  base: { encoderDim: 512, decoderDim: 256, encoderLayers: 12, decoderLayers: 6, heads: 8, patch: 100 },
};

/** Heads of both pooling attentions, whatever `heads` is. */
export const COMPACTOR_HEADS = 8;

/** Features of the stem. */
export const STEM_FEATURES = 32;

/** Taps of the stem. */
export const STEM_KERNEL = 25;

/** Rows and columns of the position table: most channels and most patches. */
export const POSITIONS = 128;

/** Windows are padded to whole seconds at 200 Hz. */
export const PAD_MULTIPLE = 200;

/** Throws ModelError on sizes that cannot make a model. */
export function checkConfig(config: SpotrConfig): void {
  const { encoderDim, decoderDim, heads, patch } = config;
  for (const [name, value] of Object.entries(config)) {
    if (!Number.isInteger(value) || value < 1)
      throw new ModelError(`${name} is ${value}; it must be a positive integer.`);
  }
  for (const [name, dim, parts] of [
    ['encoderDim', encoderDim, heads],
    ['decoderDim', decoderDim, heads],
    ['encoderDim', encoderDim, COMPACTOR_HEADS],
  ] as const) {
    if (dim % parts !== 0)
      throw new ModelError(
        `${name} ${dim} does not divide into ${parts} heads; choose a multiple of ${parts}.`,
      );
  }
  if (PAD_MULTIPLE % patch !== 0) {
    throw new ModelError(
      `patch is ${patch} samples; it must divide ${PAD_MULTIPLE}, to which windows are padded.`,
    );
  }
}

/** Samples after padding, and patches, of a window of `samples`. */
export function paddedLength(samples: number, { patch }: SpotrConfig): { length: number; patches: number } {
  const length = PAD_MULTIPLE * Math.ceil(samples / PAD_MULTIPLE);
  return { length, patches: length / patch };
}

/** Throws ModelError on a batch that the position table does not reach. */
export function checkBatchShape(
  [batch, channels, samples]: readonly [number, number, number],
  config: SpotrConfig,
): void {
  if (channels > POSITIONS) {
    throw new ModelError(
      `A batch has ${channels} channels; the position table holds ${POSITIONS}: pick channels.`,
    );
  }
  const { patches } = paddedLength(samples, config);
  if (patches > POSITIONS) {
    throw new ModelError(
      `A window of ${samples} samples has ${patches} patches of ${config.patch}; the position table holds ${POSITIONS}: cut windows of at most ${POSITIONS * config.patch} samples.`,
    );
  }
  if (samples < 2 || channels < 1 || batch < 1) {
    throw new ModelError(
      `A batch of shape [${batch}, ${channels}, ${samples}]; it needs at least 1 window, 1 channel and 2 samples (a deviation needs two).`,
    );
  }
}
