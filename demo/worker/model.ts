/** One model on the device: trained, looked into and loaded from files through the same trainer. */
import {
  type ChannelContract,
  type RecordingWindows,
  readWindows,
  secondsInWords,
  trainedSeconds,
} from '../../data/index.ts';
import type { Engine, Step } from '../../engine/index.ts';
import {
  type Conditioning,
  ModelError,
  type Pretrainer,
  SIZES,
  type SpotrConfig,
  type SpotrSize,
} from '../../model/index.ts';
import { type ReadOut, TokenEncoder } from '../../workflows/encode.ts';
import { OPTIMIZER_DEFAULTS, type Recipe } from '../../workflows/pretraining/recipes.ts';
import { createTrainer } from '../../workflows/pretraining/trainer.ts';
import { normalizedErrorOf, Reconstructor, squaresByChannel, unpadded } from '../../workflows/reconstruct.ts';
import type { ModelFacts, Shown, TrainSettings } from '../messages.ts';
import type { Loaded } from './weights.ts';

/** Windows at a time. */
const BATCH = 8;

/** How a model is to be trained, and what its signals say of themselves. */
export interface Taught {
  readonly recipe: Recipe;
  readonly data: Readonly<Record<string, unknown>>;
}

export class Model {
  readonly engine: Engine;
  readonly trainer: Pretrainer;
  readonly settings: TrainSettings;
  readonly config: SpotrConfig;
  readonly size: SpotrSize | 'other';
  #lacksRenderer = false;
  /** Of the weights that it was loaded from. */
  #loadedWindow: string | undefined;
  /** What it was trained on here, or else in the file that it was loaded from. */
  contract: ChannelContract | undefined;
  readonly #tokens: TokenEncoder;
  readonly #reconstructor: Reconstructor;
  readonly #renders = new Map<string, Step>();

  private constructor(
    engine: Engine,
    settings: TrainSettings,
    { config, size }: { readonly config: SpotrConfig; readonly size: Model['size'] },
    taught: Taught | undefined,
  ) {
    this.engine = engine;
    this.settings = settings;
    this.config = config;
    this.size = size;
    const { conditioning, learningRate, steps, seed } = settings;
    this.trainer = createTrainer(
      engine,
      {
        ...{ config, conditioning, seed, steps, learningRate, accumulation: 1, ...OPTIMIZER_DEFAULTS },
        ...(taught && { positionInit: taught.recipe.positionInit, weightInit: taught.recipe.weightInit }),
        auxiliary: taught?.recipe.auxiliary ?? [],
      },
      taught?.data ?? {},
    );
    const { model } = this.trainer;
    this.#tokens = new TokenEncoder(engine, {
      encode: (signal) => model.encode(signal),
      dim: config.encoderDim,
    });
    this.#reconstructor = new Reconstructor(engine, model);
  }

  /** `taught` is not given where the model is only looked into. */
  static fresh(engine: Engine, settings: TrainSettings, taught?: Taught): Model {
    const { size } = settings;
    return new Model(engine, settings, { config: SIZES[size], size }, taught);
  }

  /** @throws ModelError where the weights do not fit the model that their shapes show. */
  static loaded(engine: Engine, settings: TrainSettings, loaded: Loaded, taught?: Taught): Model {
    const { weights, step, window, contract } = loaded;
    const model = new Model(engine, settings, loaded, taught);
    const { trainer } = model;
    model.#lacksRenderer = !weights.decoder;
    model.#loadedWindow = window;
    model.contract = contract;
    try {
      if (weights.decoder) {
        const { encoder, decoder, optimizer } = weights;
        trainer.load({ encoder, decoder, ...(optimizer && { optimizer }), step });
      } else trainer.model.encoder.load(engine, weights.encoder);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  get loadedWindow(): string | undefined {
    return this.#loadedWindow;
  }

  get facts(): Omit<ModelFacts, 'id'> {
    const { encoderDim, encoderLayers, decoderDim, decoderLayers } = this.config;
    const description = `${this.size === 'other' ? 'of a size of its own' : this.size}: encoder ${encoderDim} wide with ${encoderLayers} layers, renderer ${decoderDim} with ${decoderLayers}`;
    return {
      description,
      parameters: this.trainer.parameterCount,
      step: this.trainer.step,
      lacksRenderer: this.#lacksRenderer,
      window: windowAsTrained(this.contract, this.#loadedWindow),
    };
  }

  get conditioning(): Conditioning {
    return this.settings.conditioning;
  }

  /** The one token of each of some windows of a recording, [windows, D]. */
  async embed(own: RecordingWindows, windows: readonly number[]): Promise<Float32Array> {
    return (await this.readOut(own, windows)).token;
  }

  /** The same, and the mean of the other tokens of each, [windows, D] too. */
  async readOut(own: RecordingWindows, windows: readonly number[]): Promise<ReadOut> {
    const [, channels, samples] = own.shape;
    const { encoderDim } = this.config;
    const token = new Float32Array(windows.length * encoderDim);
    const others = new Float32Array(windows.length * encoderDim);
    for (let first = 0; first < windows.length; first += BATCH) {
      const batch = windows.slice(first, first + BATCH);
      const data = new Float32Array(batch.length * channels * samples);
      for (const [i, window] of batch.entries()) data.set(await own.read(window), i * channels * samples);
      const found = await this.#tokens.encode(data, [batch.length, channels, samples]);
      for (const [i, own] of found.entries()) {
        token.set(own.token, (first + i) * encoderDim);
        others.set(own.others, (first + i) * encoderDim);
      }
    }
    return { token, others };
  }

  /** A window and what comes back of it. */
  async show(own: RecordingWindows, window: number, title: string): Promise<Shown> {
    const [, channels, samples] = own.shape;
    const data = await readWindows(own, window, 1);
    return this.reconstruct(data, [channels, samples], own.labels, title);
  }

  /** A signal [channels, samples] and what comes back of it. */
  async reconstruct(
    data: Float32Array<ArrayBuffer>,
    [channels, samples]: readonly [number, number],
    labels: readonly string[],
    title: string,
  ): Promise<Shown> {
    const [window] = await this.#reconstructor.reconstruct(data, [1, channels, samples]);
    if (!window) throw new ModelError('The window was not reconstructed.');
    const { original, reconstruction: back } = window;
    const error = normalizedErrorOf(squaresByChannel(window, channels));
    return { title, channels: labels, seconds: samples / 200, original, back, error };
  }

  /** What the renderer makes of tokens on the straight line from one window's to another's. */
  async between(
    a: { own: RecordingWindows; window: number },
    b: { own: RecordingWindows; window: number },
    part: number,
  ): Promise<Shown> {
    const [, channels, samples] = a.own.shape;
    const one = await this.#tokensOf(a.own, a.window);
    const other = await this.#tokensOf(b.own, b.window);
    // Conditioned on the one token, the first is all that the renderer sees, and windows of any shape can be mixed.
    const count = this.conditioning === 'cls' ? this.config.encoderDim : one.length;
    if (other.length < count || (this.conditioning === 'tokens' && other.length !== count))
      throw new ModelError(
        'A renderer that sees all tokens can only go between windows with as many channels; choose two such points, or train with the one token.',
      );
    const mixed = Float32Array.from(
      { length: count },
      (_, i) => (1 - part) * (one[i] as number) + part * (other[i] as number),
    );
    const patches = (200 * Math.ceil(samples / 200)) / this.config.patch;
    const [drawn] = await this.#renderer(channels, patches).read({
      data: mixed,
      shape: [1, count / this.config.encoderDim, this.config.encoderDim],
    });
    if (!drawn) throw new ModelError('The step "render" gave no result.');
    const back = unpadded(drawn, 0, [channels, drawn.length / channels], samples);
    return {
      title: `${Math.round(100 * part)} % of the way from A to B`,
      channels: a.own.labels,
      seconds: samples / 200,
      original: null,
      back,
      error: null,
    };
  }

  async #tokensOf(own: RecordingWindows, window: number): Promise<Float32Array> {
    const [, channels, samples] = own.shape;
    return this.#tokens.tokens(await readWindows(own, window, 1), [1, channels, samples]);
  }

  /** Channels and patches are no arguments of a step, so each pair has its own. */
  #renderer(channels: number, patches: number): Step {
    const key = `${channels} ${patches}`;
    const known = this.#renders.get(key);
    if (known) return known;
    const { model } = this.trainer;
    const step = this.engine.step('render', (tokens) =>
      this.engine.noGrad(() => [model.render(tokens, channels, patches)]),
    );
    this.#renders.set(key, step);
    return step;
  }

  /** Gives all memory on the device back. */
  dispose(): void {
    this.#tokens.dispose();
    this.#reconstructor.dispose();
    for (const step of this.#renders.values()) step.dispose();
    this.trainer.dispose();
  }
}

/** The windows that weights were trained on. `told`: what those without a contract say, which may be anything. */
export function windowAsTrained(contract: ChannelContract | undefined, told = ''): ModelFacts['window'] {
  const seconds = contract ? trainedSeconds(contract) : Number.parseFloat(told);
  if (!seconds) return null;
  const kinds = (contract?.kinds ?? []).map((kind) => (kind === 'unknown' ? undefined : kind));
  return { seconds, inWords: secondsInWords(seconds, kinds) };
}
