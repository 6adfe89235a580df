import { type Engine, type ParameterArenas, Random, slice, type Tensor, zscorePad } from '../engine/index.ts';
import { LatentAggregator } from './aggregator.ts';
import { STCompactor } from './compactor.ts';
import {
  type Compaction,
  type Computation,
  checkConfig,
  compactionOf,
  type Precision,
  type SpotrConfig,
} from './config.ts';
import { FlattenedPatches } from './flattened.ts';
import { ModuleState, type NamedTensors, type Packed, type StateTensor } from './state.ts';
import { Initialization } from './weights.ts';

export interface EncoderOptions extends Computation {
  /** Default `"spotr"`, the paper's. */
  readonly compaction?: Compaction;
}

/** The encoder: signals to tokens, of which the first stands for the window. */
export class Encoder {
  /** Numbers of a token. */
  readonly dim: number;
  readonly #compactor: STCompactor | FlattenedPatches;
  readonly #aggregator: LatentAggregator;

  constructor(
    config: SpotrConfig,
    state: ModuleState,
    { compaction = 'spotr', ...computation }: EncoderOptions = {},
  ) {
    this.dim = config.encoderDim;
    const Tokens = compaction === 'none' ? FlattenedPatches : STCompactor;
    this.#compactor = new Tokens(config, state, computation);
    this.#aggregator = new LatentAggregator(config, state, computation);
  }

  static weights(init: Initialization, config: SpotrConfig, compaction: Compaction = 'spotr'): Packed[] {
    const tokens = compaction === 'none' ? FlattenedPatches : STCompactor;
    return [...tokens.weights(init, config), ...LatentAggregator.weights(init, config)];
  }

  /** The authors' encoder carries a norm that its forward never uses: no gradient, no decay, stays as it is. */
  static unused(init: Initialization, config: SpotrConfig): StateTensor[] {
    return [init.ones('norm.weight', config.encoderDim)];
  }

  /**
   * Signals [B, C, T] in any unit, f32, to tokens [B, 1 + C + N, D] ([B, 1 + C N, D] where nothing is compacted),
   * stored in the encoder's precision.
   */
  encode(signal: Tensor): Tensor {
    return this.encodeNormalized(zscorePad(signal));
  }

  /** z-scored, padded signals [B, C, L] to tokens. */
  encodeNormalized(signal: Tensor): Tensor {
    return this.#aggregator.forward(this.#compactor.forward(signal));
  }

  /** `h_cls` [B, 1, D] of signals [B, C, T]: the one token that stands for the window. */
  embed(signal: Tensor): Tensor {
    return clsOf(this.encode(signal));
  }
}

/** The first of the tokens [B, M, D], as [B, 1, D]. */
export function clsOf(tokens: Tensor): Tensor {
  return slice(tokens, [null, [0, 1]]);
}

/** An encoder alone, with the weights of a checkpoint; `dispose` of the arenas gives its memory back. */
export interface LoadedEncoder {
  readonly encoder: Encoder;
  readonly state: ModuleState;
  readonly arenas: ParameterArenas;
}

/** Of an encoder that is not trained. */
export interface FrozenOptions {
  readonly precision?: Precision;
  readonly compaction?: Compaction;
}

/**
 * Makes an encoder from the authors' tensors (names without `encoder.`); one without any tensor of the compactor is
 * one of flattened patches. Throws ModelError on sizes that make no
 * model, and with a list of every missing, extra or misshaped tensor; AdapterError on f16 where the adapter has none.
 */
export function loadEncoder(
  engine: Engine,
  config: SpotrConfig,
  tensors: NamedTensors,
  { precision = 'f32' }: { precision?: Precision } = {},
): LoadedEncoder {
  // The weights are about to come: drawing sixty million random ones first would take longer than reading them.
  const compaction = compactionOf(tensors.keys());
  const frozen = frozenEncoder(engine, config, { precision, compaction }, null);
  try {
    frozen.state.load(engine, tensors);
  } catch (error) {
    frozen.arenas.dispose();
    throw error;
  }
  return frozen;
}

/** An encoder that has learned nothing, of the authors' initialization: what a trained one is to be compared with. */
export function randomEncoder(
  engine: Engine,
  config: SpotrConfig,
  seed: number,
  options: FrozenOptions = {},
): LoadedEncoder {
  return frozenEncoder(engine, config, options, seed);
}

/** Weights of a seed, or zeros. */
function frozenEncoder(
  engine: Engine,
  config: SpotrConfig,
  { precision = 'f32', compaction = 'spotr' }: FrozenOptions,
  seed: number | null,
): LoadedEncoder {
  checkConfig(config);
  const init = new Initialization(new Random(seed ?? 0));
  const packed = Encoder.weights(init, config, compaction);
  const drawn = ModuleState.specs('encoder.', packed, precision);
  const specs = seed === null ? drawn.map((spec) => ({ ...spec, init: null })) : drawn;
  const arenas = engine.parameters(specs, { frozen: true });
  const state = new ModuleState('encoder.', packed, arenas, Encoder.unused(init, config));
  return { encoder: new Encoder(config, state, { precision, compaction }), state, arenas };
}
