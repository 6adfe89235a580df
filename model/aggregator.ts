import type { Tensor } from '../engine/index.ts';
import { attend, attentionWeights, feedForward, mlpWeights } from './block.ts';
import type { SpotrConfig } from './config.ts';
import { type ModuleState, type Packed, single } from './state.ts';
import type { Initialization } from './weights.ts';

/** The latent aggregator: pre-norm transformer blocks over the compacted tokens, the class token among them. */
export class LatentAggregator {
  readonly #config: SpotrConfig;
  readonly #state: ModuleState;

  constructor(config: SpotrConfig, state: ModuleState) {
    this.#config = config;
    this.#state = state;
  }

  static weights(init: Initialization, { encoderDim: dim, encoderLayers }: SpotrConfig): Packed[] {
    return Array.from({ length: encoderLayers }, (_, layer) => `block.${layer}`).flatMap((block) => [
      single(init.ones(`${block}.input_norm.weight`, dim)),
      ...attentionWeights(init, `${block}.self_attn`, dim),
      single(init.ones(`${block}.post_attention_layernorm.weight`, dim)),
      ...mlpWeights(init, `${block}.mlp`, dim),
    ]);
  }

  /** [B, 1 + C + N, D] to the same shape. The output is not normalised. */
  forward(tokens: Tensor): Tensor {
    const weights = (key: string) => this.#state.get(key);
    let z = tokens;
    for (let layer = 0; layer < this.#config.encoderLayers; layer++) {
      const block = `block.${layer}`;
      z = attend(weights, z, `${block}.input_norm.weight`, `${block}.self_attn`, this.#config.heads);
      z = feedForward(weights, z, `${block}.post_attention_layernorm.weight`, `${block}.mlp`);
    }
    return z;
  }
}
