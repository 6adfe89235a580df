import {
  add,
  cast,
  crossAttention,
  linear,
  reshape,
  rmsNorm,
  slice,
  type Tensor,
  transposedReconstruction,
} from '../engine/index.ts';
import { attend, attentionWeights, feedForward, mlpWeights, part, type Weights } from './block.ts';
import { type Computation, type Conditioning, POSITIONS, type SpotrConfig } from './config.ts';
import { type ModuleState, type Packed, single, stacked } from './state.ts';
import type { Initialization } from './weights.ts';

/**
 * The latent renderer: C x N mask tokens, distinguished by their positions alone, look at the encoder's token(s) and
 * at each other and become patches of the signal.
 */
export class LatentRenderer {
  readonly #config: SpotrConfig;
  readonly #conditioning: Conditioning;
  readonly #state: ModuleState;
  readonly #checkpointing: boolean;

  constructor(
    config: SpotrConfig,
    conditioning: Conditioning,
    state: ModuleState,
    { checkpointing = false }: Computation = {},
  ) {
    this.#config = config;
    this.#conditioning = conditioning;
    this.#state = state;
    this.#checkpointing = checkpointing;
  }

  static weights(init: Initialization, config: SpotrConfig, conditioning: Conditioning): Packed[] {
    const { encoderDim, decoderDim: dim, decoderLayers, patch } = config;
    return [
      single(init.maskToken('mask_token', [1, 1, 1, dim])),
      single(init.positions('pos_embed', [1, POSITIONS, POSITIONS, dim], 'renderer')),
      single(init.weight('encoder_proj.weight', [dim, encoderDim])),
      single(init.bias('encoder_proj.bias', dim, encoderDim)),
      ...Array.from({ length: decoderLayers }, (_, layer) =>
        renderBlockWeights(init, `block.${layer}`, dim, conditioning),
      ).flat(),
      single(init.ones('norm.weight', dim)),
      single(init.weight('decoder_proj.weight', [patch, dim])),
      single(init.bias('decoder_proj.bias', patch, dim)),
    ];
  }

  /** Encoder tokens [B, M, D] (M = 1 when conditioned on the one token) to signals [B, C, L]. */
  forward(tokens: Tensor, channels: number, patches: number): Tensor {
    const weights = (key: string) => this.#state.get(key);
    const memory = linear(tokens, weights('encoder_proj.weight'), { bias: weights('encoder_proj.bias') });
    const { heads } = this.#config;
    // Stored as the tokens are, whatever the encoder's precision.
    let queries = cast(this.#maskTokens(channels, patches), tokens.dtype === 'f16' ? 'f16' : 'f32');
    for (let layer = 0; layer < this.#config.decoderLayers; layer++) {
      const block = (q: Tensor, m: Tensor) =>
        renderBlock(weights, q, m, `block.${layer}`, heads, this.#conditioning);
      queries = part(this.#checkpointing, block as (...inputs: Tensor[]) => Tensor, [queries, memory]);
    }
    const normed = rmsNorm(queries, weights('norm.weight'));
    return transposedReconstruction(normed, weights('decoder_proj.weight'), weights('decoder_proj.bias'), {
      channels,
    });
  }

  /** [1, C*N, d]: the same for every sample until the first look at the memory. */
  #maskTokens(channels: number, patches: number): Tensor {
    const dim = this.#config.decoderDim;
    const positions = slice(this.#state.get('pos_embed'), [null, [0, channels], [0, patches]]);
    return reshape(add(positions, this.#state.get('mask_token')), [1, channels * patches, dim]);
  }
}

/** Weights of one of the renderer's blocks. */
export function renderBlockWeights(
  init: Initialization,
  block: string,
  dim: number,
  conditioning: Conditioning,
): Packed[] {
  return [
    single(init.ones(`${block}.norm_1.weight`, dim)),
    ...crossWeights(init, `${block}.cross_attn`, dim, conditioning),
    single(init.ones(`${block}.norm_2.weight`, dim)),
    ...attentionWeights(init, `${block}.self_attn`, dim),
    single(init.ones(`${block}.norm_3.weight`, dim)),
    ...mlpWeights(init, `${block}.mlp`, dim),
  ];
}

/**
 * Queries [B or 1, T, d] look at the memory [B, M, d] (M = 1 where conditioned on the one token), then at each other,
 * and go through the feed-forward layer: [B, T, d].
 */
export function renderBlock(
  weights: Weights,
  queries: Tensor,
  memory: Tensor,
  block: string,
  heads: number,
  conditioning: Conditioning,
): Tensor {
  const informed = look(weights, queries, memory, block, heads, conditioning);
  const related = attend(weights, informed, `${block}.norm_2.weight`, `${block}.self_attn`, heads);
  return feedForward(weights, related, `${block}.norm_3.weight`, `${block}.mlp`);
}

/** Q + ATT(RMS(Q), m, m). */
function look(
  weights: Weights,
  queries: Tensor,
  memory: Tensor,
  block: string,
  heads: number,
  conditioning: Conditioning,
): Tensor {
  const cross = (key: string) => weights(`${block}.cross_attn.${key}`);
  if (conditioning === 'cls') {
    // One key: its softmax is 1 for every query, so that the same vector is added to each of a sample's tokens.
    return add(queries, linear(linear(memory, cross('wv.weight')), cross('wo.weight')));
  }
  const normed = rmsNorm(queries, weights(`${block}.norm_1.weight`));
  const attended = crossAttention(linear(normed, cross('wq.weight')), linear(memory, cross('wkv')), heads);
  return add(queries, linear(attended, cross('wo.weight')));
}

/** With one key, `wq`, `wk` and `norm_1` take no part: they get zero gradient and only decay. */
function crossWeights(
  init: Initialization,
  prefix: string,
  dim: number,
  conditioning: Conditioning,
): Packed[] {
  const weight = (name: string) => init.weight(`${prefix}.${name}.weight`, [dim, dim]);
  const keysAndValues =
    conditioning === 'cls'
      ? [single(weight('wk')), single(weight('wv'))]
      : [stacked(`${prefix}.wkv`, [weight('wk'), weight('wv')])];
  return [single(weight('wq')), ...keysAndValues, single(weight('wo'))];
}
