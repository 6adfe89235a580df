import { type Engine, linear, Random, reshape, type Tensor } from '../engine/index.ts';
import type { Spotr } from './spotr.ts';
import { ModuleState, single } from './state.ts';
import { Initialization } from './weights.ts';

/** A linear head on `h_cls`: logits = h_cls W^T + b, no norm in between. */
export class SpotrClassifier {
  readonly head: ModuleState;
  readonly #spotr: Spotr;
  readonly #classes: number;

  constructor(engine: Engine, spotr: Spotr, { classes, seed }: { classes: number; seed: number }) {
    const init = new Initialization(new Random(seed));
    const dim = spotr.config.encoderDim;
    const packed = [
      single(init.weight('classification_head.weight', [classes, dim])),
      single(init.bias('classification_head.bias', classes, dim)),
    ];
    this.head = new ModuleState('', packed, engine.parameters(ModuleState.specs('', packed)));
    this.#spotr = spotr;
    this.#classes = classes;
  }

  /** Signals [B, C, T] to logits [B, classes]. */
  forward(signal: Tensor): Tensor {
    const weights = (key: string) => this.head.get(key);
    const logits = linear(this.#spotr.embed(signal), weights('classification_head.weight'), {
      bias: weights('classification_head.bias'),
    });
    return reshape(logits, [signal.shape[0] ?? 1, this.#classes]);
  }
}
