import { concat, reshape, type Tensor } from '../engine/index.ts';
import { STCompactor } from './compactor.ts';
import { type Computation, isPooling, type SpotrConfig } from './config.ts';
import type { ModuleState, Packed } from './state.ts';
import type { Initialization } from './weights.ts';

/** In the compactor's place: the same stem, patches and positions, and no pooling. */
export class FlattenedPatches {
  readonly #patches: STCompactor;

  constructor(config: SpotrConfig, state: ModuleState, computation: Computation = {}) {
    this.#patches = new STCompactor(config, state, computation);
  }

  static weights(init: Initialization, config: SpotrConfig): Packed[] {
    return STCompactor.weights(init, config).filter(({ key }) => !isPooling(key));
  }

  /** [B, C, L] z-scored signal to [B, 1 + C N, D]: class token, then the patches of a channel next to each other. */
  forward(signal: Tensor): Tensor {
    const placed = this.#patches.place(this.#patches.patches(signal));
    const [batch = 1, channels = 1, times = 1, dim = 1] = placed.shape;
    return concat([this.#patches.classToken(placed), reshape(placed, [batch, channels * times, dim])], 1);
  }
}
