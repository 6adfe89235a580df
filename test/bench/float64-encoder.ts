import type { MomentSizes } from '../../bench/headline/moment.ts';
import concat from '../reference/concat.ts';
import layerNorm from '../reference/layer-norm.ts';
import linear from '../reference/linear.ts';
import rmsNorm from '../reference/rms-norm.ts';
import selfAttention from '../reference/self-attention.ts';
import stem from '../reference/stem.ts';
import swiglu from '../reference/swiglu.ts';
import zscore from '../reference/zscore.ts';
import { at, type NdArray, zeros } from '../support/ndarray.ts';

/** A weight by its key, in float64. */
export type Weight = (key: string) => NdArray;

const EPS = 1e-6;
const under = ({ data }: NdArray, shape: readonly number[]): NdArray => ({ shape, data });

function product(x: NdArray, weight: NdArray, residual?: NdArray): NdArray {
  const inputs = residual ? [x, weight, residual] : [x, weight];
  return linear.forward(inputs, { bias: false, residual: residual !== undefined });
}

/** One pre-norm layer: attention, then the gated feed-forward layer. */
function block(
  weight: Weight,
  tokens: NdArray,
  {
    attention,
    attentionNorm,
    mlp,
    mlpNorm,
  }: Readonly<Record<'attention' | 'attentionNorm' | 'mlp' | 'mlpNorm', string>>,
  heads: number,
): NdArray {
  const normed = rmsNorm.forward([tokens, weight(attentionNorm)], { eps: EPS });
  const attended = selfAttention.forward([product(normed, weight(`${attention}.wqkv`))], { heads });
  const between = product(attended, weight(`${attention}.wo.weight`), tokens);
  const again = rmsNorm.forward([between, weight(mlpNorm)], { eps: EPS });
  const gated = swiglu.forward([product(again, weight(`${mlp}.gate_up`))], null);
  return product(gated, weight(`${mlp}.down_proj.weight`), between);
}

/** SPOTR's blocks over the class token and all patches of one signal [1, C, T]; the class token, [1, 1, D]. */
export function flattenedEmbedding(
  weight: Weight,
  signal: NdArray,
  { patch, layers, heads }: { patch: number; layers: number; heads: number },
): NdArray {
  const normalised = zscore.forward([signal], { multiple: 200, eps: EPS });
  const features = stem.forward(
    [normalised, ...['conv.0.weight', 'conv.1.weight', 'conv.1.bias'].map(weight)],
    { patch, eps: EPS },
  );
  const patches = layerNorm.forward(
    [product(features, weight('conv.3.weight')), weight('conv.4.weight'), weight('conv.4.bias')],
    { eps: EPS, activation: 'gelu' },
  );
  const [, channels, times, dim] = patches.shape as [number, number, number, number];
  const table = weight('pos_embed');
  const columns = table.shape[2] as number;
  const placed = zeros([1, channels * times, dim]);
  for (let i = 0; i < placed.data.length; i++) {
    const [channel, time, d] = [Math.floor(i / dim / times), Math.floor(i / dim) % times, i % dim];
    placed.data[i] = at(patches, i) + at(table, (channel * columns + time) * dim + d);
  }
  let tokens = concat.forward([weight('cls_token'), placed], { axis: 1 });
  for (let layer = 0; layer < layers; layer++) {
    const name = `block.${layer}`;
    const parts = {
      attention: `${name}.self_attn`,
      attentionNorm: `${name}.input_norm.weight`,
      mlp: `${name}.mlp`,
      mlpNorm: `${name}.post_attention_layernorm.weight`,
    };
    tokens = block(weight, tokens, parts, heads);
  }
  return { shape: [1, 1, dim], data: tokens.data.slice(0, dim) };
}

/** Mean of the tokens that MOMENT's blocks make of each sequence [S, 1, window]; [S, dim]. */
export function momentEmbedding(weight: Weight, signal: NdArray, sizes: MomentSizes): NdArray {
  const { dim, patch, window, layers, heads } = sizes;
  const sequences = signal.shape[0] as number;
  const length = window / patch;
  const normalised = zscore.forward([signal], { multiple: window, eps: EPS });
  const embedded = product(under(normalised, [sequences, length, patch]), weight('patch_embedding.weight'));
  let tokens = zeros(embedded.shape);
  for (let i = 0; i < tokens.data.length; i++) {
    tokens.data[i] = at(embedded, i) + at(weight('positions'), i % (length * dim));
  }
  for (let layer = 0; layer < layers; layer++) {
    const name = `block.${layer}`;
    const parts = {
      attention: `${name}.attention`,
      attentionNorm: `${name}.attention_norm`,
      mlp: `${name}.mlp`,
      mlpNorm: `${name}.mlp_norm`,
    };
    tokens = block(weight, tokens, parts, heads);
  }
  const last = rmsNorm.forward([tokens, weight('norm')], { eps: EPS });
  const pooled = zeros([sequences, dim]);
  for (let i = 0; i < last.data.length; i++) {
    const place = Math.floor(i / (length * dim)) * dim + (i % dim);
    pooled.data[place] = at(pooled, place) + at(last, i) / length;
  }
  return pooled;
}
