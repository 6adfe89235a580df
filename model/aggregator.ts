import type { Tensor } from '../engine/index.ts';
import { attend, attentionWeights, feedForward, mlpWeights, part } from './block.ts';
import type { Computation, SpotrConfig } from './config.ts';
import { type ModuleState, type Packed, single } from './state.ts';
import type { Initialization } from './weights.ts';

/** The latent aggregator: pre-norm transformer blocks over the compacted tokens, the class token among them. */
export class LatentAggregator {
  readonly #config: SpotrConfig;
  readonly #state: ModuleState;
  readonly #checkpointing: boolean;

  constructor(config: SpotrConfig, state: ModuleState, { checkpointing = false }: Computation = {}) {
    this.#config = config;
    this.#state = state;
    this.#checkpointing = checkpointing;
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
    let z = tokens;
    for (let layer = 0; layer < this.#config.encoderLayers; layer++) {
      z = part(this.#checkpointing, (input) => this.#block(input, `block.${layer}`), [z]);
    }
    return z;
  }

  #block(z: Tensor, block: string): Tensor {
    const weights = (key: string) => this.#state.get(key);
    const norm = `${block}.input_norm.weight`;
    const attended = attend(weights, z, norm, `${block}.self_attn`, this.#config.heads);
    return feedForward(weights, attended, `${block}.post_attention_layernorm.weight`, `${block}.mlp`);
  }
}
