import { paddedLength, SIZES, type SpotrConfig } from '../../model/config.ts';
import { Encoder } from '../../model/encoder.ts';
import { type Contender, countOf, randomState } from './contender.ts';
import { aggregatorMultiplyAdds, embeddingMultiplyAdds, poolingMultiplyAdds } from './work.ts';

/** SPOTR's encoder as it is: 1 + C + N tokens. */
export function spotr(config: SpotrConfig = SIZES.base): Contender {
  return {
    name: 'spotr',
    parameters: countOf((init) => Encoder.weights(init, config)),
    work: (window) => {
      const [channels, samples] = window;
      const tokens = 1 + channels + paddedLength(samples, config).patches;
      return {
        tokens,
        sequences: 1,
        multiplyAdds:
          embeddingMultiplyAdds(window, config) +
          poolingMultiplyAdds(window, config) +
          aggregatorMultiplyAdds(tokens, config),
      };
    },
    input: ([channels, samples]) => [1, channels, samples],
    build: (engine) => {
      const { state, arenas } = randomState(engine, (init) => Encoder.weights(init, config));
      const encoder = new Encoder(config, state);
      return { arenas, embed: (signal) => encoder.embed(signal) };
    },
  };
}
