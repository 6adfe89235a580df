import { paddedLength, type SpotrConfig, STEM_FEATURES, STEM_KERNEL } from '../../model/config.ts';
import type { WindowShape } from './shapes.ts';

/** Multiply-adds of one layer over a sequence of `tokens`: self-attention and a gated feed-forward layer. */
export function blockMultiplyAdds(tokens: number, dim: number, feedForward: number): number {
  const projections = 4 * tokens * dim * dim;
  const scoresAndValues = 2 * tokens * tokens * dim;
  return projections + scoresAndValues + 3 * tokens * dim * feedForward;
}

/** Of SPOTR's stem and patch convolution: C x N patches. */
export function embeddingMultiplyAdds([channels, samples]: WindowShape, config: SpotrConfig): number {
  const { length, patches } = paddedLength(samples, config);
  const stem = channels * length * STEM_FEATURES * STEM_KERNEL;
  return stem + channels * patches * STEM_FEATURES * config.patch * config.encoderDim;
}

/** Of SPOTR's two pooling attentions. */
export function poolingMultiplyAdds([channels, samples]: WindowShape, config: SpotrConfig): number {
  const { encoderDim: dim } = config;
  const { patches } = paddedLength(samples, config);
  const grid = channels * patches;
  // The mean over queries goes before values and output projection, so that those cost one row a pooled token.
  const attention = (pooled: number, along: number) =>
    3 * grid * dim * dim + grid * along * dim + grid * dim + pooled * dim * dim;
  return attention(channels, patches) + attention(patches, channels);
}

/** Of SPOTR's blocks over one sequence of `tokens`. */
export function aggregatorMultiplyAdds(tokens: number, { encoderDim, encoderLayers }: SpotrConfig): number {
  return encoderLayers * blockMultiplyAdds(tokens, encoderDim, 4 * encoderDim);
}
