import {
  add,
  attentionPool,
  broadcastTo,
  cast,
  concat,
  layerNorm,
  linear,
  mean,
  patchConvolution,
  slice,
  stem,
  type Tensor,
} from '../engine/index.ts';
import { attentionWeights, part } from './block.ts';
import {
  COMPACTOR_HEADS,
  type Computation,
  POSITIONS,
  type Precision,
  type SpotrConfig,
  STEM_FEATURES,
  STEM_KERNEL,
} from './config.ts';
import { type ModuleState, type Packed, single } from './state.ts';
import type { Initialization } from './weights.ts';

/**
 * The spatio-temporal compactor: from C x N patches of the signal to 1 + C + N tokens. A patch convolution makes
 * one vector a patch; attention along time pools each channel into a token, attention along channels each patch
 * time; the class token stands first.
 */
export class STCompactor {
  readonly #config: SpotrConfig;
  readonly #state: ModuleState;
  readonly #checkpointing: boolean;
  readonly #precision: Precision;

  constructor(
    config: SpotrConfig,
    state: ModuleState,
    { checkpointing = false, precision = 'f32' }: Computation = {},
  ) {
    this.#config = config;
    this.#state = state;
    this.#checkpointing = checkpointing;
    this.#precision = precision;
  }

  static weights(init: Initialization, { encoderDim: dim, patch }: SpotrConfig): Packed[] {
    return [
      single(init.positions('pos_embed', [1, POSITIONS, POSITIONS, dim], 'encoder')),
      single(init.classToken('cls_token', [1, 1, dim])),
      single(init.weight('conv.0.weight', [STEM_FEATURES, 1, 1, STEM_KERNEL])),
      single(init.ones('conv.1.weight', STEM_FEATURES)),
      single(init.zeros('conv.1.bias', [STEM_FEATURES])),
      // Its rows are [feature][sample], as the stem lays patches out: the convolution is a product of rows.
      single(init.weight('conv.3.weight', [dim, STEM_FEATURES, 1, patch]), [dim, STEM_FEATURES * patch]),
      single(init.ones('conv.4.weight', dim)),
      single(init.zeros('conv.4.bias', [dim])),
      ...attentionWeights(init, 'spatial_attn', dim),
      ...attentionWeights(init, 'temporal_attn', dim),
    ];
  }

  /** [B, C, L] z-scored signal (f32) to [B, C, N, D]: a vector for each patch. */
  patches(signal: Tensor): Tensor {
    const weights = (key: string) => this.#state.get(key);
    // The stem's features are the largest tensor of all, and cheap to make.
    const convolved = part(this.#checkpointing, (input) => this.#convolve(input), [signal]);
    return layerNorm(convolved, weights('conv.4.weight'), weights('conv.4.bias'), { activation: 'gelu' });
  }

  #convolve(signal: Tensor): Tensor {
    const weights = (key: string) => this.#state.get(key);
    const features = stem(
      signal,
      weights('conv.0.weight'),
      weights('conv.1.weight'),
      weights('conv.1.bias'),
      { patch: this.#config.patch, stored: this.#precision },
    );
    return patchConvolution(features, weights('conv.3.weight'));
  }

  /** Adds its place to each patch of [B, C, N, D]. */
  place(patches: Tensor): Tensor {
    const [, channels = 1, times = 1] = patches.shape;
    const places = slice(this.#state.get('pos_embed'), [null, [0, channels], [0, times]]);
    return add(patches, cast(places, this.#precision));
  }

  /** The class token for each window of [B, C, N, D], as [B, 1, D]. */
  classToken({ shape: [batch = 1] }: Tensor): Tensor {
    const token = cast(this.#state.get('cls_token'), this.#precision);
    return broadcastTo(token, [batch, 1, this.#config.encoderDim]);
  }

  /** [B, C, N, D] to [B, 1 + C + N, D]: class token, one token a channel, one a patch time. */
  compact(embedded: Tensor): Tensor {
    const cls = this.classToken(embedded);
    // "spatial" tokens pool over time: one a channel, the paper's spatial axis.
    const spatial = this.#pool(embedded, 'spatial_attn', 'time', 2);
    const temporal = this.#pool(embedded, 'temporal_attn', 'channel', 1);
    return concat([cls, spatial, temporal], 1);
  }

  forward(signal: Tensor): Tensor {
    return this.compact(this.place(this.patches(signal)));
  }

  /** mean over the axis of (E + ATT(E, E, E)), the mean taken before the output projection. */
  #pool(embedded: Tensor, attention: string, axis: 'time' | 'channel', pooledAxis: number): Tensor {
    const weights = (key: string) => this.#state.get(key);
    const pooled = attentionPool(linear(embedded, weights(`${attention}.wqkv`)), COMPACTOR_HEADS, axis);
    return linear(pooled, weights(`${attention}.wo.weight`), {
      residual: mean(embedded, { axes: [pooledAxis] }),
    });
  }
}
