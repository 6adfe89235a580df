import { cast, type Engine, linear, Random, reshape, type Tensor } from '../engine/index.ts';
import type { Weights } from './block.ts';
import type { Spotr } from './spotr.ts';
import { ModuleState, type Packed, single } from './state.ts';
import { Initialization } from './weights.ts';

/** A linear head on `h_cls`: logits = h_cls W^T + b, no norm in between. */
export class SpotrClassifier {
  readonly head: ModuleState;
  readonly #spotr: Spotr;
  readonly #classes: number;

  constructor(engine: Engine, spotr: Spotr, { classes, seed }: { classes: number; seed: number }) {
    const packed = headWeights(new Initialization(new Random(seed)), classes, spotr.config.encoderDim);
    this.head = new ModuleState('', packed, engine.parameters(ModuleState.specs('', packed)));
    this.#spotr = spotr;
    this.#classes = classes;
  }

  /** Signals [B, C, T] to logits [B, classes]. */
  forward(signal: Tensor): Tensor {
    const cls = cast(this.#spotr.embed(signal), 'f32');
    const logits = classify((key) => this.head.get(key), cls);
    return reshape(logits, [signal.shape[0] ?? 1, this.#classes]);
  }
}

/** Weights of a head for `classes` classes on tokens of width `dim`. */
export function headWeights(init: Initialization, classes: number, dim: number): Packed[] {
  return [
    single(init.weight('classification_head.weight', [classes, dim])),
    single(init.bias('classification_head.bias', classes, dim)),
  ];
}

/** [.., D] to [.., classes]. */
export function classify(weights: Weights, h: Tensor): Tensor {
  return linear(h, weights('classification_head.weight'), { bias: weights('classification_head.bias') });
}
