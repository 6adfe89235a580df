import { add, linear, mean, reshape, rmsNorm, type Tensor, zscorePad } from '../../engine/index.ts';
import { attend, attentionWeights, feedForward } from '../../model/block.ts';
import { type ModuleState, type Packed, single, stacked } from '../../model/state.ts';
import type { Initialization } from '../../model/weights.ts';
import { type Contender, countOf, randomState } from './contender.ts';
import { blockMultiplyAdds } from './work.ts';

export interface MomentSizes {
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the gated feed-forward layer. */
  readonly feedForward: number;
  /** Samples a patch. */
  readonly patch: number;
  /** Samples that the model sees at once. */
  readonly window: number;
}

/** T5-base's encoder (v1.1), and MOMENT's patches of 8 over windows of 512 (Goswami et al., ICML 2024). */
export const MOMENT_BASE: MomentSizes = {
  dim: 768,
  layers: 12,
  heads: 12,
  feedForward: 2048,
  patch: 8,
  window: 512,
};

/**
 * An encoder of MOMENT's shape. Each channel is a sequence of its own and longer recordings are cut into windows: C x
 * ceil(T / 512) sequences of 64 patches, none of which sees another. Three things differ from the published model and
 * do not change what it costs by a percent: the gate is SiLU where T5 has GELU (one elementwise function of 2,048 in
 * 4.7 million multiply-adds a token), scores are scaled, and the relative position bias is left out. Left out as well
 * is T5's table of words (24.7 M values, which signals never touch), in this encoder's favour.
 */
export class MomentEncoder {
  readonly #sizes: MomentSizes;
  readonly #state: ModuleState;

  constructor(sizes: MomentSizes, state: ModuleState) {
    this.#sizes = sizes;
    this.#state = state;
  }

  static weights(init: Initialization, sizes: MomentSizes): Packed[] {
    const { dim, layers, feedForward: wide, patch, window } = sizes;
    const blocks = Array.from({ length: layers }, (_, layer) => `block.${layer}`);
    return [
      single(init.weight('patch_embedding.weight', [dim, patch])),
      single(init.normal('positions', [window / patch, dim])),
      ...blocks.flatMap((block) => [
        single(init.ones(`${block}.attention_norm`, dim)),
        ...attentionWeights(init, `${block}.attention`, dim),
        single(init.ones(`${block}.mlp_norm`, dim)),
        stacked(
          `${block}.mlp.gate_up`,
          ['gate', 'up'].map((name) => init.weight(`${block}.mlp.${name}`, [wide, dim])),
        ),
        single(init.weight(`${block}.mlp.down_proj.weight`, [dim, wide])),
      ]),
      single(init.ones('norm', dim)),
    ];
  }

  /** Signals [S, 1, window], a sequence each, to tokens [S, window / patch, dim]. */
  encode(signal: Tensor): Tensor {
    const { patch, window, layers, heads } = this.#sizes;
    const weights = (key: string) => this.#state.get(key);
    const [sequences = 1] = signal.shape;
    const patches = reshape(zscorePad(signal, { multiple: window }), [sequences, window / patch, patch]);
    let tokens = add(linear(patches, weights('patch_embedding.weight')), weights('positions'));
    for (let layer = 0; layer < layers; layer++) {
      const block = `block.${layer}`;
      tokens = attend(weights, tokens, `${block}.attention_norm`, `${block}.attention`, heads);
      tokens = feedForward(weights, tokens, `${block}.mlp_norm`, `${block}.mlp`);
    }
    return rmsNorm(tokens, weights('norm'));
  }

  /** The mean of each sequence's tokens, [S, dim]. */
  embed(signal: Tensor): Tensor {
    return mean(this.encode(signal), { axes: [1] });
  }
}

/** The model that the paper compares with. */
export function moment(sizes: MomentSizes = MOMENT_BASE): Contender {
  const { dim, layers, feedForward: wide, patch, window } = sizes;
  const length = window / patch;
  const sequence = length * patch * dim + layers * blockMultiplyAdds(length, dim, wide);
  return {
    name: 'moment',
    parameters: countOf((init) => MomentEncoder.weights(init, sizes)),
    work: ([channels, samples]) => {
      const sequences = channels * Math.ceil(samples / window);
      return { tokens: sequences * length, sequences, multiplyAdds: sequences * sequence };
    },
    input: (_, sequences) => [sequences, 1, window],
    build: (engine) => {
      const { state, arenas } = randomState(engine, (init) => MomentEncoder.weights(init, sizes));
      const encoder = new MomentEncoder(sizes, state);
      return { arenas, embed: (signal) => encoder.embed(signal) };
    },
  };
}
