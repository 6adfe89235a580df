/**
 * Heads that are trained beside the renderer and are no part of the model: each predicts something of the window from
 * `h_cls` alone, linearly, and its squared error is added to the reconstruction's. An extension of ours, not the paper's.
 */
import {
  add,
  cast,
  type Engine,
  type HostTensor,
  linear,
  mse,
  type ParameterArenas,
  Random,
  reshape,
  scale,
  slice,
  type Tensor,
} from '../engine/index.ts';
import { paddedLength, type SpotrConfig } from './config.ts';
import { clsOf } from './encoder.ts';
import { ModelError } from './errors.ts';
import { ModuleState, type NamedTensors, type Packed, single } from './state.ts';
import { Initialization } from './weights.ts';

export interface AuxiliaryHead {
  readonly name: string;
  /** Of its squared error; the reconstruction's has 1. */
  readonly weight: number;
  /** Values that it predicts of each channel, which come with the batch; of `waveform` it is the padded window itself. */
  readonly predicts: number | 'waveform';
}

export interface AuxiliaryOptions {
  readonly heads: readonly AuxiliaryHead[];
  /** Of the largest batches that will come. */
  readonly channels: number;
  readonly samples: number;
}

/** As much of a batch as the heads need. */
interface TargetBatch {
  readonly shape: readonly [batch: number, channels: number, samples: number];
  readonly targets?: Readonly<Record<string, Float32Array>>;
}

/** What the encoder and the renderer made of a batch. */
interface Made {
  readonly target: Tensor;
  readonly tokens: Tensor;
}

export const HEADS_PREFIX = 'heads.';

/**
 * One head for batches of every shape: a row for each value of each channel index, as the position table has a row for each
 * channel index, so that signals of few channels train the first rows of those of many and nothing depends on which shapes
 * there are. A batch uses the rows of its own channels, and of the waveform those of its own samples.
 */
export class AuxiliaryHeads {
  readonly arenas: ParameterArenas;
  readonly state: ModuleState;
  readonly names: readonly string[];
  readonly #heads: readonly AuxiliaryHead[];
  readonly #channels: number;
  readonly #samples: number;

  /** @throws ModelError for heads that cannot be. */
  constructor(engine: Engine, config: SpotrConfig, options: AuxiliaryOptions, seed: number) {
    const { heads, channels, samples } = options;
    for (const [name, value] of Object.entries({ channels, samples }))
      if (!Number.isInteger(value) || value < 1)
        throw new ModelError(`${name} of the auxiliary heads is ${value}; it must be a positive integer.`);
    this.names = heads.map(({ name }) => name);
    this.#heads = heads;
    this.#channels = channels;
    this.#samples = samples;
    const init = new Initialization(new Random(seed));
    const packed = heads.flatMap((head) =>
      weightsOf(init, head, this.#width(head, config), channels, config),
    );
    // f32 whatever the model's precision: they are small, and their rows are a part of a parameter.
    this.arenas = engine.parameters(ModuleState.specs(HEADS_PREFIX, packed));
    this.state = new ModuleState(HEADS_PREFIX, packed, this.arenas);
  }

  #width({ name, predicts, weight }: AuxiliaryHead, config: SpotrConfig): number {
    if (this.names.filter((other) => other === name).length > 1)
      throw new ModelError(`There are two auxiliary heads "${name}"; give each once.`);
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new ModelError(`The weight of the auxiliary head "${name}" is ${weight}; it must be above 0.`);
    if (predicts === 'waveform') return paddedLength(this.#samples, config).length;
    if (Number.isInteger(predicts) && predicts >= 1) return predicts;
    throw new ModelError(
      `The auxiliary head "${name}" predicts ${predicts} values a channel; it must be a positive integer.`,
    );
  }

  /**
   * What a batch brings for the heads, as a step takes it.
   * @throws ModelError where something is missing, and where the batch is larger than the heads were made for.
   */
  targetsOf({ shape, targets = {} }: TargetBatch): HostTensor[] {
    const [batch, channels, samples] = shape;
    for (const [what, found, most] of [
      ['channels', channels, this.#channels],
      ['samples', samples, this.#samples],
    ] as const)
      if (found > most)
        throw new ModelError(
          `A batch has ${found} ${what}; the auxiliary heads were made for ${most} at most.`,
        );
    return this.#heads.flatMap(({ name, predicts }) => {
      if (predicts === 'waveform') return [];
      const data = targets[name];
      const wanted = batch * channels * predicts;
      if (data?.length !== wanted)
        throw new ModelError(
          `A batch has ${data ? `${data.length} values` : 'nothing'} for the auxiliary head "${name}" to predict; it must be ${wanted}, ${predicts} of each of ${channels} channels of ${batch} windows.`,
        );
      return [{ data, shape: [batch, channels * predicts] }];
    });
  }

  /** Mean squared error of each head, an f32 scalar each; `given`: the tensors of `targetsOf`. */
  losses({ target, tokens }: Made, given: readonly Tensor[]): Tensor[] {
    const [batch = 1, channels = 1, length = 1] = target.shape;
    const token = cast(clsOf(tokens), 'f32');
    const h = reshape(token, [batch, token.size / batch]);
    const rest = [...given];
    return this.#heads.map(({ name, predicts }) => {
      const width = predicts === 'waveform' ? length : predicts;
      const truth = predicts === 'waveform' ? reshape(target, [batch, channels * length]) : rest.shift();
      const weight = this.#rows(`${name}.weight`, channels, width);
      const bias = this.#rows(`${name}.bias`, channels, width);
      return mse(linear(h, weight, { bias }), truth as Tensor);
    });
  }

  /** The reconstruction's loss and those of the heads, each with its weight: what is minimised. */
  total(loss: Tensor, losses: readonly Tensor[]): Tensor {
    return losses.reduce((sum, own, i) => {
      const { weight } = this.#heads[i] as AuxiliaryHead;
      return add(sum, weight === 1 ? own : scale(own, weight));
    }, loss);
  }

  /** The first `channels` by `width` rows of a parameter [channels, width, ...], as [rows, ...]. */
  #rows(key: string, channels: number, width: number): Tensor {
    const whole = this.state.get(key);
    const [most = 1, widest = 1, ...inner] = whole.shape;
    const own =
      channels === most && width === widest
        ? whole
        : slice(whole, [
            [0, channels],
            [0, width],
          ]);
    return reshape(own, [channels * width, ...inner]);
  }

  /** The heads among an optimiser's tensors. @throws ModelError where they do not fit. */
  in(optimizer: NamedTensors): NamedTensors {
    const own = headsIn(optimizer);
    this.state.check(own);
    return own;
  }
}

/** Names without `heads.`; empty where a state is of a run without heads. */
export function headsIn(optimizer: NamedTensors): NamedTensors {
  return new Map(
    [...optimizer].flatMap(([name, tensor]) =>
      name.startsWith(HEADS_PREFIX) ? [[name.slice(HEADS_PREFIX.length), tensor] as const] : [],
    ),
  );
}

function weightsOf(
  init: Initialization,
  { name }: AuxiliaryHead,
  width: number,
  channels: number,
  { encoderDim }: SpotrConfig,
): Packed[] {
  const weight = init.weight(`${name}.weight`, [channels * width, encoderDim]);
  const bias = init.bias(`${name}.bias`, channels * width, encoderDim);
  return [
    single({ ...weight, shape: [channels, width, encoderDim] }),
    single({ ...bias, shape: [channels, width] }),
  ];
}
