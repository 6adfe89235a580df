import { backward, type Engine, mse, zscorePad } from '../../engine/index.ts';
import {
  type Conditioning,
  type NamedTensors,
  type Precision,
  Spotr,
  type SpotrConfig,
} from '../../model/index.ts';
import { countOf, type GoldenFile, type Truth } from './golden-file.ts';
import { expandCorner } from './layout.ts';
import { readGradients } from './module-case.ts';

/** A weight as a case gives it. */
export interface GivenWeight {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array;
}

type HostTensors = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** The reference's variants in this project's words. */
const VARIANTS: Readonly<Record<string, Conditioning>> = { reference: 'tokens', paper: 'cls' };

export function conditioningOf(variant: string): Conditioning {
  const conditioning = VARIANTS[variant];
  if (conditioning) return conditioning;
  throw new Error(`There is a variant "${variant}"; known are ${Object.keys(VARIANTS).join(', ')}.`);
}

export function configOf(file: GoldenFile): SpotrConfig {
  return {
    encoderDim: countOf(file, 'encoder_dim'),
    decoderDim: countOf(file, 'decoder_dim'),
    encoderLayers: countOf(file, 'encoder_layers'),
    decoderLayers: countOf(file, 'decoder_layers'),
    heads: countOf(file, 'num_heads'),
    patch: countOf(file, 'patch_size'),
  };
}

/** A model with the weights `encoder.<name>`, `decoder.<name>`, of which position tables may be a corner. */
export function modelWith(
  engine: Engine,
  config: SpotrConfig,
  conditioning: Conditioning,
  weights: ReadonlyMap<string, GivenWeight>,
  precision: Precision = 'f32',
): Spotr {
  const model = new Spotr(engine, { config, conditioning, seed: 1, precision });
  for (const [module, tensors] of Object.entries(stateOf(weights))) {
    const state = model[module as 'encoder' | 'decoder'];
    state.load(engine, wholeTables(tensors, state.shapes));
  }
  return model;
}

/** The two modules' tensors, by the names that each has for itself. */
export function stateOf(weights: ReadonlyMap<string, GivenWeight>): {
  encoder: HostTensors;
  decoder: HostTensors;
} {
  const pick = (prefix: string): HostTensors =>
    new Map(
      [...weights]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { shape, data }]) => [
          name.slice(prefix.length),
          { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) },
        ]),
    );
  return { encoder: pick('encoder.'), decoder: pick('decoder.') };
}

/** Position tables of which only the corner was stored, filled up with zeros. */
export function wholeTables(
  tensors: NamedTensors,
  shapes: ReadonlyMap<string, readonly number[]>,
): HostTensors {
  return new Map(
    [...tensors].map(([name, { shape, data }]) => {
      const whole = shapes.get(name);
      const isCorner = name === 'pos_embed' && whole !== undefined && whole.join() !== shape.join();
      return [name, isCorner ? { shape: whole, data: expandCorner(data, shape, whole) } : { shape, data }];
    }),
  );
}

export interface ModelResult {
  readonly target: Float32Array;
  readonly tokens: Float32Array;
  readonly reconstruction: Float32Array;
  readonly loss: number;
  /** By the names of both modules together; no entry for what takes no part. */
  readonly gradients: HostTensors;
  /** Of the loss by the tokens, which takes another pass of the renderer: made when it is asked for. */
  tokenGradient(): Promise<Float32Array>;
}

/** What the loss is multiplied by before its gradients are taken: small ones would be nothing as f16. */
const LOSS_SCALE: Readonly<Record<Precision, number>> = { f32: 1, f16: 2 ** 14 };

const unscaled = (gradient: Float32Array, scale: number) => gradient.map((value) => value / scale);

/** Forward, loss and every gradient, recorded and replayed as training does it. */
export async function runModel(engine: Engine, model: Spotr, x: Truth): Promise<ModelResult> {
  const scale = LOSS_SCALE[model.precision];
  const seed = engine.tensor([scale], []);
  const step = engine.step('reference values', (signal) => {
    model.arenas.clearGrads();
    const { target, tokens, reconstruction, loss } = model.forward(signal);
    backward(loss, { seed });
    return [target, tokens, reconstruction, loss];
  });
  const results = await step.run({ data: Float32Array.from(x.data), shape: x.shape });
  const values = await Promise.all(results.map((tensor) => engine.read(tensor)));
  const [target, tokens, reconstruction, loss] = values as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const tokenShape = results[1]?.shape ?? [];
  step.dispose();
  seed.dispose();
  const gradients: HostTensors = new Map();
  for (const module of ['encoder', 'decoder'] as const)
    for (const [name, tensor] of await readGradients(engine, model[module]))
      gradients.set(`${module}.${name}`, { ...tensor, data: unscaled(tensor.data, scale) });
  const tokenGradient = () => gradientByTokens(engine, model, x, { data: tokens, shape: tokenShape });
  return { target, tokens, reconstruction, loss: loss[0] ?? Number.NaN, gradients, tokenGradient };
}

/** The renderer and the loss again, from the tokens on: gradients stop at leaves only. */
async function gradientByTokens(
  engine: Engine,
  model: Spotr,
  x: Truth,
  tokens: { data: Float32Array; shape: readonly number[] },
): Promise<Float32Array> {
  using _scope = engine.scope();
  const target = zscorePad(engine.tensor(Float32Array.from(x.data), x.shape));
  const { precision } = model;
  const leaf = engine.tensor(tokens.data, tokens.shape, { requiresGrad: true, dtype: precision });
  const [, channels = 1, length = 1] = target.shape;
  const rendered = model.render(leaf, channels, length / model.config.patch);
  const scale = LOSS_SCALE[precision];
  const gradient = backward(mse(rendered, target), { seed: engine.tensor([scale], []) }).get(leaf);
  if (!gradient) throw new Error('The loss does not depend on the tokens.');
  return unscaled(await engine.read(gradient), scale);
}
