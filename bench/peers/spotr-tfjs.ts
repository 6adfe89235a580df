import * as tf from '@tensorflow/tfjs-core';
import { COMPACTOR_HEADS, PAD_MULTIPLE } from '../../model/config.ts';
import type { SpotrConfig } from '../../model/index.ts';
import type { StepRunner, StepSetup, Values } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { adamwStep } from './adamw-case.ts';
import { permuted } from './layout.ts';
import { trainable } from './spotr-weights.ts';
import { finish, upload } from './tfjs.ts';
import {
  adamw,
  attention,
  clipFactor,
  gelu,
  layerNorm,
  linear,
  pooledAttention,
  rmsNorm,
  silu,
  stem,
  zscorePad,
} from './tfjs-layers.ts';

type Tensor = tf.Tensor;
type Weights = (name: string) => Tensor;

/** Gradients by `tf.variableGrads`, then clipping and AdamW (which the library lacks) on each variable. */
export async function openSpotr(setup: StepSetup): Promise<StepRunner> {
  const { config, batches, clip } = setup;
  const initial = trainable(channelsLast(setup.weights, config), upload);
  const variables = Object.fromEntries(
    Object.entries(initial).map(([name, tensor]) => [
      name,
      tf.variable(tensor, true, `spotr/${name}/${opened}`),
    ]),
  );
  opened++;
  tf.dispose(initial);
  const zeros = () => Object.values(variables).map((variable) => tf.variable(tf.zerosLike(variable), false));
  const [means, squares] = [zeros(), zeros()];
  const list = Object.values(variables);
  const weights: Weights = (name) => variables[name] as Tensor;

  let done = 0;
  const losses: tf.Scalar[] = [];
  const learn = (signal: Tensor) => {
    const { value, grads } = tf.variableGrads(() => lossOf(weights, signal, config), list);
    // Weights that one key makes idle have no gradient, and only decay.
    const gradients = list.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
    // Not tf.addN: it binds more buffers at once than a device has.
    const norms = gradients.map((gradient) => tf.sum(tf.square(gradient)));
    const factor = clipFactor(tf.sum(tf.stack(norms)), clip);
    const hyper = adamwStep(setup, done);
    for (const [index, variable] of list.entries()) {
      const [m, v] = [means[index] as tf.Variable, squares[index] as tf.Variable];
      const next = adamw([variable, gradients[index] as Tensor, m, v], factor, hyper);
      for (const [which, target] of [variable, m, v].entries()) target.assign(next[which] as Tensor);
    }
    return value;
  };
  return {
    run: async (times) => {
      for (let time = 0; time < times; time++) {
        const batch = batches[done++ % batches.length];
        if (!batch) throw new Error('spotr-tfjs: there are no batches');
        losses.push(tf.tidy(() => learn(upload(batch))));
      }
      await finish();
    },
    losses: async () => {
      const all = losses.splice(0);
      const read = await settle(Promise.all(all.map((loss) => loss.data())));
      tf.dispose(all);
      return read.map((data) => Number(data[0]));
    },
    dispose: () => tf.dispose([...list, ...means, ...squares, ...losses.splice(0)]),
  };
}

/** Names of variables are global. */
let opened = 0;

/** Convolutions here are over channel-last grids: their weights are turned once. */
function channelsLast(
  weights: StepSetup['weights'],
  { encoderDim, patch }: SpotrConfig,
): StepSetup['weights'] {
  const turn = (
    name: string,
    axes: readonly number[],
    as: readonly number[],
  ): [string, Values & { data: Float32Array }] => {
    const found = weights.get(name);
    if (!found) throw new Error(`spotr-tfjs: the weights lack ${name}`);
    const [{ data } = found] = permuted(found.shape, axes).to(found);
    return [name, { data: data as Float32Array, shape: as }];
  };
  const features = weights.get('encoder.conv.0.weight')?.shape ?? [];
  return new Map([
    ...weights,
    turn('encoder.conv.0.weight', [2, 3, 1, 0], [1, features[3] ?? 1, 1, features[0] ?? 1]),
    turn('encoder.conv.3.weight', [0, 2, 3, 1], [encoderDim, patch * (features[0] ?? 1)]),
  ]);
}

/** Mean squared error between a window and what is rendered from its one token. */
function lossOf(weights: Weights, signal: Tensor, config: SpotrConfig): tf.Scalar {
  const target = zscorePad(signal, PAD_MULTIPLE, 1e-6);
  const [batch = 1, channels = 1, samples = 1] = target.shape;
  const embedded = patches(weights, target, config);
  const tokens = aggregate(weights, compact(weights, embedded), config);
  const cls = tf.slice(tokens, [0, 0, 0], [batch, 1, config.encoderDim]);
  const rendered = render(weights, cls, channels, samples / config.patch, config);
  return tf.mean(tf.squaredDifference(rendered, target));
}

/** [B, C, L] to [B, C, N, D]. */
function patches(weights: Weights, target: Tensor, { patch, encoderDim }: SpotrConfig): Tensor {
  const own = (name: string) => weights(`encoder.${name}`);
  const hidden = stem(target, own('conv.0.weight'), own('conv.1.weight'), own('conv.1.bias'));
  const [batch = 1, channels = 1, samples = 1, features = 1] = hidden.shape;
  const times = samples / patch;
  // A convolution with a stride of its kernel is a product of rows.
  const product = linear(
    tf.reshape(hidden, [batch, channels, times, patch * features]),
    own('conv.3.weight'),
  );
  const normed = gelu(layerNorm(product, own('conv.4.weight'), own('conv.4.bias')));
  return tf.add(normed, tf.slice(own('pos_embed'), [0, 0, 0, 0], [1, channels, times, encoderDim]));
}

/** [B, C, N, D] to [B, 1 + C + N, D]. */
function compact(weights: Weights, embedded: Tensor): Tensor {
  const [batch = 1, , , width = 1] = embedded.shape;
  const cls = tf.tile(weights('encoder.cls_token'), [batch, 1, 1]);
  const spatial = pool(weights, embedded, 'encoder.spatial_attn');
  const temporal = pool(weights, tf.transpose(embedded, [0, 2, 1, 3]), 'encoder.temporal_attn');
  return tf.concat([tf.reshape(cls, [batch, 1, width]), spatial, temporal], 1);
}

/** [B, S, T, D] to [B, S, D]: mean over T of x + ATT(x). */
function pool(weights: Weights, grid: Tensor, name: string): Tensor {
  const [batch = 1, count = 1, length = 1, width = 1] = grid.shape;
  const x = tf.reshape(grid, [batch * count, length, width]);
  const pooled = pooledAttention(...project(weights, x, name), COMPACTOR_HEADS);
  const attended = linear(pooled, weights(`${name}.wo.weight`));
  return tf.reshape(tf.add(tf.mean(x, 1), attended), [batch, count, width]);
}

function project(weights: Weights, x: Tensor, name: string): [Tensor, Tensor, Tensor] {
  const by = (which: string) => linear(x, weights(`${name}.${which}.weight`));
  return [by('wq'), by('wk'), by('wv')];
}

/** x + ATT(RMS(x)). */
function attend(weights: Weights, x: Tensor, norm: string, name: string, heads: number): Tensor {
  const attended = attention(...project(weights, rmsNorm(x, weights(`${norm}.weight`)), name), heads);
  return tf.add(x, linear(attended, weights(`${name}.wo.weight`)));
}

/** x + MLP(RMS(x)). */
function feedForward(weights: Weights, x: Tensor, norm: string, name: string): Tensor {
  const normed = rmsNorm(x, weights(`${norm}.weight`));
  const gate = silu(linear(normed, weights(`${name}.gate_proj.weight`)));
  const up = linear(normed, weights(`${name}.up_proj.weight`));
  return tf.add(x, linear(tf.mul(gate, up), weights(`${name}.down_proj.weight`)));
}

function aggregate(weights: Weights, tokens: Tensor, { encoderLayers, heads }: SpotrConfig): Tensor {
  let z = tokens;
  for (let layer = 0; layer < encoderLayers; layer++) {
    const block = `encoder.block.${layer}`;
    z = attend(weights, z, `${block}.input_norm`, `${block}.self_attn`, heads);
    z = feedForward(weights, z, `${block}.post_attention_layernorm`, `${block}.mlp`);
  }
  return z;
}

/** `h_cls` [B, 1, D] to [B, C, L]. */
function render(weights: Weights, cls: Tensor, channels: number, times: number, config: SpotrConfig): Tensor {
  const own = (name: string) => weights(`decoder.${name}`);
  const [batch = 1] = cls.shape;
  const { decoderDim: width, patch } = config;
  const memory = linear(cls, own('encoder_proj.weight'), own('encoder_proj.bias'));
  const places = tf.slice(own('pos_embed'), [0, 0, 0, 0], [1, channels, times, width]);
  let queries = tf.tile(tf.reshape(tf.add(places, own('mask_token')), [1, channels * times, width]), [
    batch,
    1,
    1,
  ]);
  for (let layer = 0; layer < config.decoderLayers; layer++) {
    const block = `decoder.block.${layer}`;
    // With one key the softmax is 1: every query sees the same vector.
    const seen = linear(memory, weights(`${block}.cross_attn.wv.weight`));
    queries = tf.add(queries, linear(seen, weights(`${block}.cross_attn.wo.weight`)));
    queries = attend(weights, queries, `${block}.norm_2`, `${block}.self_attn`, config.heads);
    queries = feedForward(weights, queries, `${block}.norm_3`, `${block}.mlp`);
  }
  const normed = rmsNorm(queries, own('norm.weight'));
  const rows = linear(normed, own('decoder_proj.weight'), own('decoder_proj.bias'));
  return tf.reshape(rows, [batch, channels, times * patch]);
}
