import { paddedLength, SIZES, type SpotrConfig } from '../../model/config.ts';
import { Encoder } from '../../model/encoder.ts';
import { type Contender, countOf, randomState } from './contender.ts';
import { aggregatorMultiplyAdds, embeddingMultiplyAdds } from './work.ts';

/** What the compactor is measured against: the same stem, positions and blocks over all C x N patches. */
export function flattened(config: SpotrConfig = SIZES.base): Contender {
  return {
    name: 'flattened',
    parameters: countOf((init) => Encoder.weights(init, config, 'none')),
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
      const { state, arenas } = randomState(engine, (init) => Encoder.weights(init, config, 'none'));
      const encoder = new Encoder(config, state, { compaction: 'none' });
      return { arenas, embed: (signal) => encoder.embed(signal) };
    },
  };
}
