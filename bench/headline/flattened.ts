import { broadcastTo, concat, reshape, type Tensor, zscorePad } from '../../engine/index.ts';
import { LatentAggregator } from '../../model/aggregator.ts';
import { STCompactor } from '../../model/compactor.ts';
import { paddedLength, SIZES, type SpotrConfig } from '../../model/config.ts';
import { clsOf } from '../../model/encoder.ts';
import type { ModuleState, Packed } from '../../model/state.ts';
import type { Initialization } from '../../model/weights.ts';
import { type Contender, countOf, randomState } from './contender.ts';
import { aggregatorMultiplyAdds, embeddingMultiplyAdds } from './work.ts';

/** The same stem, patches, positions and blocks without the compactor: the class token and all C x N patches. */
export class FlattenedEncoder {
  readonly #config: SpotrConfig;
  readonly #state: ModuleState;
  readonly #embedding: STCompactor;
  readonly #aggregator: LatentAggregator;

  constructor(config: SpotrConfig, state: ModuleState) {
    this.#config = config;
    this.#state = state;
    this.#embedding = new STCompactor(config, state);
    this.#aggregator = new LatentAggregator(config, state);
  }

  /** The encoder's, without those of the two pooling attentions. */
  static weights(init: Initialization, config: SpotrConfig): Packed[] {
    const pooling = /^(spatial|temporal)_attn\./;
    const embedding = STCompactor.weights(init, config).filter(({ key }) => !pooling.test(key));
    return [...embedding, ...LatentAggregator.weights(init, config)];
  }

  /** Signals [B, C, T] to tokens [B, 1 + C N, D], the patches of a channel next to each other. */
  encode(signal: Tensor): Tensor {
    const placed = this.#embedding.place(this.#embedding.patches(zscorePad(signal)));
    const [batch = 1, channels = 1, times = 1, dim = 1] = placed.shape;
    const cls = broadcastTo(this.#state.get('cls_token'), [batch, 1, this.#config.encoderDim]);
    return this.#aggregator.forward(concat([cls, reshape(placed, [batch, channels * times, dim])], 1));
  }
}

/** What the compactor is measured against. */
export function flattened(config: SpotrConfig = SIZES.base): Contender {
  return {
    name: 'flattened',
    parameters: countOf((init) => FlattenedEncoder.weights(init, config)),
    work: (window) => {
      const [channels, samples] = window;
      const tokens = 1 + channels * paddedLength(samples, config).patches;
      return {
        tokens,
        sequences: 1,
        multiplyAdds: embeddingMultiplyAdds(window, config) + aggregatorMultiplyAdds(tokens, config),
      };
    },
    input: ([channels, samples]) => [1, channels, samples],
    build: (engine) => {
      const { state, arenas } = randomState(engine, (init) => FlattenedEncoder.weights(init, config));
      const encoder = new FlattenedEncoder(config, state);
      return { arenas, embed: (signal) => clsOf(encoder.encode(signal)) };
    },
  };
}
