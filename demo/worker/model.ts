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
  Pretrainer as Trainer,
} from '../../model/index.ts';
import { type ReadOut, readOutOf } from '../../workflows/encode.ts';
import { headsFor } from '../../workflows/pretraining/auxiliary.ts';
import type { Recipe } from '../../workflows/pretraining/recipes.ts';
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
  readonly #tokens: Step;
  readonly #forward: Step;
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
    const auxiliary = taught && headsFor(taught.recipe.auxiliary, taught.data);
    // As the command does by default, so that the same seed gives the same numbers.
    this.trainer = Trainer.create(engine, {
      config,
      conditioning,
      seed,
      steps,
      learningRate,
      schedule: 'warmup-cosine',
      weightDecay: 0.1,
      clip: 1,
      accumulation: 1,
      ...(taught && { positionInit: taught.recipe.positionInit, weightInit: taught.recipe.weightInit }),
      ...(auxiliary && { auxiliary }),
    });
    const { model } = this.trainer;
    this.#tokens = engine.step('embed', (signal) => engine.noGrad(() => [model.encode(signal)]));
    this.#forward = engine.step('reconstruct', (signal) =>
      engine.noGrad(() => {
        const { target, reconstruction } = model.forward(signal);
        return [target, reconstruction];
      }),
    );
  }

  /** `taught` is not given where the model is only looked into. */
  static fresh(engine: Engine, settings: TrainSettings, taught?: Taught): Model {
    const { size } = settings;
    return new Model(engine, settings, { config: SIZES[size], size }, taught);
  }

  /** @throws ModelError where the weights do not fit the model that their shapes tell. */
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
      const { values, tokens } = await this.#encode(data, [batch.length, channels, samples]);
      const size = tokens * encoderDim;
      for (let i = 0; i < batch.length; i++) {
        const found = readOutOf(values.subarray(i * size, (i + 1) * size), encoderDim);
        token.set(found.token, (first + i) * encoderDim);
        others.set(found.others, (first + i) * encoderDim);
      }
    }
    return { token, others };
  }

  async #encode(data: Float32Array<ArrayBuffer>, shape: readonly [number, number, number]) {
    const [values] = await this.#tokens.read({ data, shape });
    if (!values) throw new ModelError('The step "embed" gave no result.');
    return { values, tokens: values.length / (shape[0] * this.config.encoderDim) };
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
    const [target, rebuilt] = await this.#forward.read({ data, shape: [1, channels, samples] });
    if (!target || !rebuilt) throw new ModelError('The step "reconstruct" gave no result.');
    const original = unpadded(target, channels, samples);
    const back = unpadded(rebuilt, channels, samples);
    let [error, power] = [0, 0];
    for (const [i, value] of original.entries()) {
      error += (value - (back[i] as number)) ** 2;
      power += value ** 2;
    }
    return { title, channels: labels, seconds: samples / 200, original, back, error: error / power };
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
    const back = unpadded(drawn, channels, samples);
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
    return (await this.#encode(await readWindows(own, window, 1), [1, channels, samples])).values;
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
    this.#forward.dispose();
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

/** [channels, length] without the zeros that fill each channel up to whole seconds. */
function unpadded(values: Float32Array, channels: number, samples: number): Float32Array {
  const length = values.length / channels;
  const out = new Float32Array(channels * samples);
  for (let channel = 0; channel < channels; channel++)
    out.set(values.subarray(channel * length, channel * length + samples), channel * samples);
  return out;
}
