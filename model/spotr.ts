import { type Engine, mse, type ParameterArenas, Random, type Tensor, zscorePad } from '../engine/index.ts';
import {
  type Compaction,
  type Computation,
  type Conditioning,
  checkConfig,
  compactionOf,
  type Precision,
  type SpotrConfig,
} from './config.ts';
import { clsOf, Encoder } from './encoder.ts';
import { LatentRenderer } from './renderer.ts';
import { ModuleState, type NamedTensors } from './state.ts';
import { Initialization, type InitialWeights } from './weights.ts';

export interface SpotrOptions extends Computation, InitialWeights {
  readonly config: SpotrConfig;
  /** Default `"spotr"`, the paper's. */
  readonly compaction?: Compaction;
  /** Default `"cls"`, the paper's. */
  readonly conditioning?: Conditioning;
  /** Of the initial weights; `null` for zeros without gradients, into which weights are then loaded. */
  readonly seed: number | null;
}

/** What a forward pass gives; target and loss are f32, the rest is stored in the model's precision. */
export interface Rendering {
  /** z-scored, zero-padded signal [B, C, L]: what the renderer is to give back. */
  readonly target: Tensor;
  /** Encoder tokens [B, 1 + C + N, D], or [B, 1 + C N, D] where nothing is compacted; the first one is `h_cls`. */
  readonly tokens: Tensor;
  /** [B, C, L]. */
  readonly reconstruction: Tensor;
  /** Mean squared error over all samples, padding included. */
  readonly loss: Tensor;
}

/** SPOTR: encoder (compactor and aggregator) and renderer on one set of parameters. */
export class Spotr {
  readonly config: SpotrConfig;
  readonly compaction: Compaction;
  readonly conditioning: Conditioning;
  readonly precision: Precision;
  readonly arenas: ParameterArenas;
  readonly encoder: ModuleState;
  readonly decoder: ModuleState;
  readonly #encoder: Encoder;
  readonly #renderer: LatentRenderer;

  /** Throws ModelError on sizes that make no model, AdapterError on f16 where the adapter has none. */
  constructor(
    engine: Engine,
    { config, compaction = 'spotr', conditioning = 'cls', seed, ...options }: SpotrOptions,
  ) {
    checkConfig(config);
    this.config = config;
    this.compaction = compaction;
    this.conditioning = conditioning;
    this.precision = options.precision ?? 'f32';
    const init = new Initialization(new Random(seed ?? 0), options);
    const encoder = Encoder.weights(init, config, compaction);
    const decoder = LatentRenderer.weights(init, config, conditioning);
    const drawn = [
      ...ModuleState.specs('encoder.', encoder, this.precision),
      ...ModuleState.specs('decoder.', decoder, this.precision),
    ];
    const frozen = seed === null;
    this.arenas = engine.parameters(frozen ? drawn.map((spec) => ({ ...spec, init: null })) : drawn, {
      frozen,
    });
    this.encoder = new ModuleState('encoder.', encoder, this.arenas, Encoder.unused(init, config));
    this.decoder = new ModuleState('decoder.', decoder, this.arenas);
    this.#encoder = new Encoder(config, this.encoder, { ...options, compaction });
    this.#renderer = new LatentRenderer(config, conditioning, this.decoder, options);
  }

  /** Number of parameters, the unused norm included. */
  get parameterCount(): number {
    return this.encoder.count + this.decoder.count;
  }

  /** Signals [B, C, T] in any unit to tokens [B, 1 + C + N, D], or [B, 1 + C N, D] where nothing is compacted. */
  encode(signal: Tensor): Tensor {
    return this.#encoder.encode(signal);
  }

  /** `h_cls` [B, 1, D] of signals [B, C, T]: the one token that stands for the window. */
  embed(signal: Tensor): Tensor {
    return this.#encoder.embed(signal);
  }

  /** Tokens to signals [B, C, L]; `tokens` as `encode` gives them. */
  render(tokens: Tensor, channels: number, patches: number): Tensor {
    const memory = this.conditioning === 'cls' ? clsOf(tokens) : tokens;
    return this.#renderer.forward(memory, channels, patches);
  }

  /** Signals [B, C, T] through the one token and back. */
  forward(signal: Tensor): Rendering {
    const target = zscorePad(signal);
    const [, channels = 1, length = 1] = target.shape;
    const tokens = this.#encoder.encodeNormalized(target);
    const reconstruction = this.render(tokens, channels, length / this.config.patch);
    return { target, tokens, reconstruction, loss: mse(reconstruction, target) };
  }
}

/**
 * A trained model that is only used, from the authors' tensors of both parts (names without `encoder.` and `decoder.`).
 * Throws ModelError on sizes that make no model, and with a list of every missing, extra or misshaped tensor of a part;
 * AdapterError on f16 where the adapter has none.
 */
export function loadSpotr(
  engine: Engine,
  options: Omit<SpotrOptions, 'seed' | 'compaction'>,
  weights: { readonly encoder: NamedTensors; readonly decoder: NamedTensors },
): Spotr {
  const compaction = compactionOf(weights.encoder.keys());
  const model = new Spotr(engine, { ...options, compaction, seed: null });
  try {
    model.encoder.load(engine, weights.encoder);
    model.decoder.load(engine, weights.decoder);
  } catch (error) {
    model.arenas.dispose();
    throw error;
  }
  return model;
}
