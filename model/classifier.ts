import { cast, linear, reshape, type Tensor } from '../engine/index.ts';
import type { Weights } from './block.ts';
import type { Encoder } from './encoder.ts';
import { type ModuleState, type Packed, single } from './state.ts';
import type { Initialization } from './weights.ts';

/** A linear head on `h_cls`: logits = h_cls W^T + b, no norm in between. */
export class SpotrClassifier {
  readonly #encoder: Pick<Encoder, 'embed'>;
  readonly #head: ModuleState;
  readonly #classes: number;

  /** @param head of `headWeights`, for as many classes */
  constructor(encoder: Pick<Encoder, 'embed'>, head: ModuleState, classes: number) {
    this.#encoder = encoder;
    this.#head = head;
    this.#classes = classes;
  }

  /** Signals [B, C, T] to logits [B, classes], f32. */
  forward(signal: Tensor): Tensor {
    const cls = cast(this.#encoder.embed(signal), 'f32');
    const logits = classify((key) => this.#head.get(key), cls);
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
