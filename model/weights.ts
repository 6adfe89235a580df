import { constantInit, kaimingUniform, normalInit, type Random, type Shape } from '../engine/index.ts';
import { ModelError } from './errors.ts';
import type { StateTensor } from './state.ts';

/** Position tables: the authors' zeros, or normal, of deviation 0.3 in the encoder and 1 in the renderer. */
export const POSITION_INITS = ['zeros', 'normal'] as const;
export type PositionInit = (typeof POSITION_INITS)[number];

/**
 * All else: the authors', or weights of linear and convolution layers sqrt(3) times as wide, which keeps the variance of
 * what goes through them, with a class token of deviation 1 and a mask token of 0.02.
 */
export const WEIGHT_INITS = ['paper', 'wide'] as const;
export type WeightInit = (typeof WEIGHT_INITS)[number];

/** How the weights of a fresh model are drawn; the authors' where nothing is said. */
export interface InitialWeights {
  readonly positionInit?: PositionInit;
  readonly weightInit?: WeightInit;
}

const POSITIONS = {
  zeros: { encoder: 0, renderer: 0 },
  normal: { encoder: 0.3, renderer: 1 },
} as const satisfies Record<PositionInit, unknown>;

const WEIGHTS = {
  paper: { gain: 1, classToken: 0, maskToken: 1 },
  wide: { gain: Math.sqrt(3), classToken: 1, maskToken: 0.02 },
} as const satisfies Record<WeightInit, unknown>;

/** Initial values by name and shape, each tensor from the stream of its own name: by default the authors' (PyTorch's). */
export class Initialization {
  readonly #random: Random;
  readonly #positions: (typeof POSITIONS)[PositionInit];
  readonly #weights: (typeof WEIGHTS)[WeightInit];

  /** @throws ModelError for names that there are not. */
  constructor(random: Random, { positionInit = 'zeros', weightInit = 'paper' }: InitialWeights = {}) {
    this.#random = random;
    this.#positions = POSITIONS[oneOf(POSITION_INITS, positionInit, 'positionInit')];
    this.#weights = WEIGHTS[oneOf(WEIGHT_INITS, weightInit, 'weightInit')];
  }

  /** [out, in, ...] weight of a linear or convolution layer: U(+-1/sqrt(fan in)), times the gain. */
  weight(name: string, shape: Shape): StateTensor {
    const fanIn = shape.slice(1).reduce((product, extent) => product * extent, 1);
    const init = kaimingUniform(this.#random, fanIn);
    const { gain } = this.#weights;
    if (gain === 1) return { name, shape, init };
    return {
      name,
      shape,
      init: (values, name) => {
        init(values, name);
        for (let i = 0; i < values.length; i++) values[i] = gain * (values[i] as number);
      },
    };
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

  positions(name: string, shape: Shape, part: 'encoder' | 'renderer'): StateTensor {
    return this.normal(name, shape, this.#positions[part]);
  }

  classToken(name: string, shape: Shape): StateTensor {
    return this.normal(name, shape, this.#weights.classToken);
  }

  maskToken(name: string, shape: Shape): StateTensor {
    return this.normal(name, shape, this.#weights.maskToken);
  }

  /** N(0, deviation^2). */
  normal(name: string, shape: Shape, deviation = 1): StateTensor {
    if (deviation === 0) return this.zeros(name, shape);
    return { name, shape, init: normalInit(this.#random, { deviation }) };
  }
}

function oneOf<T extends string>(names: readonly T[], name: T, option: string): T {
  if (names.includes(name)) return name;
  throw new ModelError(`${option} is "${name}"; it must be one of ${names.join(', ')}.`);
}
