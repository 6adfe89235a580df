import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { COMPACTOR_HEADS, PAD_MULTIPLE } from '../../model/config.ts';
import type { SpotrConfig } from '../../model/index.ts';
import type { StepRunner, StepSetup } from '../contract.ts';
import { settle } from '../peer-environment.ts';
import { adamwStep } from './adamw-case.ts';
import { finish, upload } from './jax.ts';
import {
  adamw,
  attention,
  clipFactor,
  gelu,
  layerNorm,
  linear,
  pooledAttention,
  rmsNorm,
  stem,
  zscorePad,
} from './jax-layers.ts';
import { trainable } from './spotr-weights.ts';

type Array = np.Array;
type Tensors = Record<string, Array>;
/** A new reference to a weight. */
type Weights = (name: string) => Array;

/** Forward, backward, clipping and AdamW in one compiled function, as its users write a training step. */
export async function openSpotr(setup: StepSetup): Promise<StepRunner> {
  const { config, batches, clip } = setup;
  let values = trainable(setup.weights, upload);
  let means = tree.map((x: Array) => np.zerosLike(x.ref), values) as Tensors;
  let squares = tree.map((x: Array) => np.zerosLike(x.ref), values) as Tensors;
  const learn = valueAndGrad((weights: Tensors, signal: Array) => {
    const loss = lossOf((name) => (weights[name] as Array).ref, signal, config);
    tree.dispose(weights);
    return loss;
  });
  const step = jit((w: Tensors, m: Tensors, v: Tensors, signal: Array, hyper: Tensors) => {
    const [loss, gradients] = learn(tree.ref(w), signal) as [Array, Tensors];
    const all = Object.values(gradients).map((g) => np.square(g.ref).sum());
    const factor = clipFactor(
      all.reduce((sum, one) => sum.add(one)),
      clip,
    );
    const next: [Tensors, Tensors, Tensors] = [{}, {}, {}];
    for (const name of Object.keys(w)) {
      const own = [w, gradients, m, v].map((tensors) => tensors[name]) as [Array, Array, Array, Array];
      const rates = tree.ref(hyper) as Record<'rate' | 'root' | 'decay', Array>;
      for (const [index, tensor] of adamw(own, factor.ref, rates).entries()) {
        (next[index] as Tensors)[name] = tensor;
      }
    }
    factor.dispose();
    tree.dispose(hyper);
    return [loss, ...next] as [Array, Tensors, Tensors, Tensors];
  });

  let done = 0;
  const losses: Array[] = [];
  return {
    run: async (times) => {
      for (let time = 0; time < times; time++) {
        const batch = batches[done++ % batches.length];
        if (!batch) throw new Error('spotr-jax: there are no batches');
        const hyper = tree.map((x: number) => np.array(x), {
          ...adamwStep(setup, done),
        }) as Tensors;
        const [loss, ...next] = step(values, means, squares, upload(batch), hyper);
        [values, means, squares] = next;
        // Sends the whole step to the device.
        loss.ref.gpuBufferSync();
        losses.push(loss);
      }
      await finish();
    },
    losses: async () => {
      const read = await settle(Promise.all(losses.splice(0).map((loss) => loss.data())));
      return read.map((data) => Number(data[0]));
    },
    dispose: () => {
      tree.dispose([values, means, squares, losses.splice(0)]);
      step.dispose();
    },
  };
}

/** Mean squared error between a window and what is rendered from its one token. */
function lossOf(weights: Weights, signal: Array, config: SpotrConfig): Array {
  const target = zscorePad(signal, PAD_MULTIPLE, 1e-6);
  const [, channels = 1, samples = 1] = target.shape;
  const embedded = patches(weights, target.ref, config);
  const tokens = aggregate(weights, compact(weights, embedded), config);
  const cls = tokens.slice([], [0, 1]);
  const rendered = render(weights, cls, channels, samples / config.patch, config);
  return np.square(rendered.sub(target)).mean();
}

/** [B, C, L] to [B, C, N, D]. */
function patches(weights: Weights, target: Array, { patch, encoderDim }: SpotrConfig): Array {
  const own = (name: string) => weights(`encoder.${name}`);
  const hidden = stem(target, own('conv.0.weight'), own('conv.1.weight'), own('conv.1.bias'));
  const [batch = 1, features = 1, channels = 1, samples = 1] = hidden.shape;
  const times = samples / patch;
  // A convolution with a stride of its kernel is a product of rows, and much faster as one in this library.
  const rows = hidden
    .reshape([batch, features, channels, times, patch])
    .transpose([0, 2, 3, 1, 4])
    .reshape([batch, channels, times, features * patch]);
  const product = linear(rows, own('conv.3.weight').reshape([encoderDim, features * patch]));
  const normed = gelu(layerNorm(product, own('conv.4.weight'), own('conv.4.bias')));
  return normed.add(own('pos_embed').slice([], [0, channels], [0, times]));
}

/** [B, C, N, D] to [B, 1 + C + N, D]. */
function compact(weights: Weights, embedded: Array): Array {
  const [batch = 1, , , width = 1] = embedded.shape;
  const cls = np.broadcastTo(weights('encoder.cls_token'), [batch, 1, width]);
  const spatial = pool(weights, embedded.ref, 'encoder.spatial_attn');
  const temporal = pool(weights, embedded.transpose([0, 2, 1, 3]), 'encoder.temporal_attn');
  return np.concatenate([cls, spatial, temporal], 1);
}

/** [B, S, T, D] to [B, S, D]: mean over T of x + ATT(x). */
function pool(weights: Weights, grid: Array, name: string): Array {
  const [batch = 1, count = 1, length = 1, width = 1] = grid.shape;
  const x = grid.reshape([batch * count, length, width]);
  const [q, k, v] = project(weights, x.ref, name);
  const attended = linear(pooledAttention(q, k, v, COMPACTOR_HEADS), weights(`${name}.wo.weight`));
  return x.mean(1).add(attended).reshape([batch, count, width]);
}

function project(weights: Weights, x: Array, name: string): [Array, Array, Array] {
  return [
    linear(x.ref, weights(`${name}.wq.weight`)),
    linear(x.ref, weights(`${name}.wk.weight`)),
    linear(x, weights(`${name}.wv.weight`)),
  ];
}

/** x + ATT(RMS(x)). */
function attend(weights: Weights, x: Array, norm: string, name: string, heads: number): Array {
  const [q, k, v] = project(weights, rmsNorm(x.ref, weights(`${norm}.weight`)), name);
  return x.add(linear(attention(q, k, v, heads), weights(`${name}.wo.weight`)));
}

/** x + MLP(RMS(x)). */
function feedForward(weights: Weights, x: Array, norm: string, name: string): Array {
  const normed = rmsNorm(x.ref, weights(`${norm}.weight`));
  const gate = nn.silu(linear(normed.ref, weights(`${name}.gate_proj.weight`)));
  const up = linear(normed, weights(`${name}.up_proj.weight`));
  return x.add(linear(gate.mul(up), weights(`${name}.down_proj.weight`)));
}

function aggregate(weights: Weights, tokens: Array, { encoderLayers, heads }: SpotrConfig): Array {
  let z = tokens;
  for (let layer = 0; layer < encoderLayers; layer++) {
    const block = `encoder.block.${layer}`;
    z = attend(weights, z, `${block}.input_norm`, `${block}.self_attn`, heads);
    z = feedForward(weights, z, `${block}.post_attention_layernorm`, `${block}.mlp`);
  }
  return z;
}

/** `h_cls` [B, 1, D] to [B, C, L]. */
function render(weights: Weights, cls: Array, channels: number, times: number, config: SpotrConfig): Array {
  const own = (name: string) => weights(`decoder.${name}`);
  const [batch = 1] = cls.shape;
  const { decoderDim: width, patch } = config;
  const memory = linear(cls, own('encoder_proj.weight'), own('encoder_proj.bias'));
  const places = own('pos_embed').slice([], [0, channels], [0, times]).add(own('mask_token'));
  let queries = np.broadcastTo(places.reshape([1, channels * times, width]), [
    batch,
    channels * times,
    width,
  ]);
  for (let layer = 0; layer < config.decoderLayers; layer++) {
    const block = `decoder.block.${layer}`;
    // With one key the softmax is 1: every query sees the same vector.
    const seen = linear(memory.ref, weights(`${block}.cross_attn.wv.weight`));
    queries = queries.add(linear(seen, weights(`${block}.cross_attn.wo.weight`)));
    queries = attend(weights, queries, `${block}.norm_2`, `${block}.self_attn`, config.heads);
    queries = feedForward(weights, queries, `${block}.norm_3`, `${block}.mlp`);
  }
  memory.dispose();
  const normed = rmsNorm(queries, own('norm.weight'));
  const rows = linear(normed, own('decoder_proj.weight'), own('decoder_proj.bias'));
  return rows.reshape([batch, channels, times * patch]);
}
