import { constantInit, kaimingUniform, normalInit, type Random, type Shape } from '../engine/index.ts';
import type { StateTensor } from './state.ts';

/** The authors' default initialisation (PyTorch's), each tensor from the stream of its own name. */
export class Initialization {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** [out, in, ...] weight of a linear or convolution layer: U(+-1/sqrt(fan in)). */
  weight(name: string, shape: Shape): StateTensor {
    const fanIn = shape.slice(1).reduce((product, extent) => product * extent, 1);
    return { name, shape, init: kaimingUniform(this.#random, fanIn) };
  }

  /** Bias of a linear layer: U(+-1/sqrt(fan in)). */
  bias(name: string, size: number, fanIn: number): StateTensor {
    return { name, shape: [size], init: kaimingUniform(this.#random, fanIn) };
  }

  ones(name: string, size: number): StateTensor {
    return { name, shape: [size], init: constantInit(1) };
  }

  zeros(name: string, shape: Shape): StateTensor {
    return { name, shape, init: constantInit(0) };
  }

  /** N(0, 1). */
  normal(name: string, shape: Shape): StateTensor {
    return { name, shape, init: normalInit(this.#random) };
  }
}
