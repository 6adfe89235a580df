import {
  checkLabels,
  concat,
  crossAttention,
  crossEntropy,
  gelu,
  layerNorm,
  linear,
  registeredOps,
  rmsNorm,
  silu,
  stem,
  type Tensor,
  zscorePad,
} from '../../engine/index.ts';
import { LatentAggregator } from '../../model/aggregator.ts';
import { attention, attentionWeights, gatedMlp, mlpWeights } from '../../model/block.ts';
import { classify, headWeights } from '../../model/classifier.ts';
import { STCompactor } from '../../model/compactor.ts';
import { COMPACTOR_HEADS, type Conditioning, type SpotrConfig } from '../../model/config.ts';
import { LatentRenderer, renderBlock, renderBlockWeights } from '../../model/renderer.ts';
import { single } from '../../model/state.ts';
import { truthOf } from './golden-file.ts';
import { FEATURES_LAST, type Layout } from './layout.ts';
import { anyInit, type ModuleCase, type Outputs } from './module-case.ts';

type Run = (golden: ModuleCase) => Outputs;

/** How each kind of module runs here: by the model's own classes and functions, or the engine's where it is an op. */
const KINDS: Readonly<Record<string, (golden: ModuleCase) => Readonly<Record<string, Run>>>> = {
  zscore_pad: () => ({ '': zscore }),
  conv_stem: () => ({ '': convStem }),
  layernorm2d: () => ({ '': layerNorm2d }),
  rmsnorm: () => ({ '': rms }),
  gelu_tanh: () => ({ '': (golden) => ({ y: gelu(golden.input('x')) }) }),
  silu: () => ({ '': (golden) => ({ y: silu(golden.input('x')) }) }),
  mlp: () => ({ '': mlp }),
  attention_self: () => ({ '': selfAttention }),
  attention_cross: () => ({ '': crossAttentionOf }),
  encoder_block: () => ({ '': encoderBlock }),
  decoder_block: (golden) => byConditioning(golden, 'x_kv', decoderBlock),
  compactor: () => ({ '': compactor }),
  decoder: (golden) => byConditioning(golden, 'tokens', decoder),
  classifier_head: () => ({ '': classifierHead }),
};

/** The name of the kind of a case: what its name begins with. Undefined for one that this suite does not know. */
export function kindOf(stem: string): string | undefined {
  const fits = (kind: string) => stem === kind || stem.startsWith(`${kind}_`);
  return [...Object.keys(KINDS), OPTIMIZER].filter(fits).sort((a, b) => b.length - a.length)[0];
}

/** The optimiser is a case of its own: it has steps in place of a loss. */
export const OPTIMIZER = 'adamw_clip';

/** Every way in which the model can run a kind of module. */
export function runsOf(kind: string, golden: ModuleCase): [label: string, run: Run][] {
  const runs = KINDS[kind];
  if (!runs) throw new Error(`There is no way to run a module of the kind ${kind}.`);
  return Object.entries(runs(golden));
}

/** With one token the renderer has a short cut; the general way must give the same. */
function byConditioning(
  golden: ModuleCase,
  memory: string,
  run: (golden: ModuleCase, conditioning: Conditioning) => Outputs,
): Record<string, Run> {
  const tokens: Run = (again) => run(again, 'tokens');
  const isOne = truthOf(golden.file, `in.${memory}`).shape[1] === 1;
  return isOne ? { cls: (again) => run(again, 'cls'), tokens } : { tokens };
}

function zscore(golden: ModuleCase): Outputs {
  const requiresGrad = registeredOps().get('zscorePad')?.spec.backward !== 'nondifferentiable';
  const options = { multiple: golden.count('pad_multiple'), eps: golden.count('eps') };
  return { y: zscorePad(golden.input('x', { requiresGrad }), options) };
}

function convStem(golden: ModuleCase): Outputs {
  const { shape } = truthOf(golden.file, 'in.x');
  const [batch = 1, , channels = 1, length = 1] = shape;
  const [dim, patch] = [golden.count('encoder_dim'), golden.count('patch_size')];
  const config = configOf({ encoderDim: dim, patch });
  const { state, get } = golden.state(golden.present(STCompactor.weights(anyInit, config)));
  const signal = golden.input('x', { shape: [batch, channels, length] });
  const y = new STCompactor(config, state).patches(signal);
  const features = stem(signal, get('conv.0.weight'), get('conv.1.weight'), get('conv.1.bias'), { patch });
  const embedded = linear(features, get('conv.3.weight'));
  const stages = {
    stage2: { tensor: features, layout: stemLayout(truthOf(golden.file, 'in.x').shape, patch, features) },
    stage3: { tensor: embedded, layout: FEATURES_LAST },
    stage4: { tensor: layerNorm(embedded, get('conv.4.weight'), get('conv.4.bias')), layout: FEATURES_LAST },
  };
  const given = Object.entries(stages).filter(([name]) => golden.file.tensors.has(`out.${name}`));
  return { ...Object.fromEntries(given), y: { tensor: y, layout: FEATURES_LAST } };
}

/** The stem gives patches of [feature][sample]; the reference has whole channels for each feature. */
function stemLayout([batch = 1, , channels = 1]: readonly number[], patch: number, features: Tensor): Layout {
  const [, , patches = 1, width = 1] = features.shape;
  return { view: [batch, width / patch, channels, patches, patch], order: [0, 2, 3, 1, 4] };
}

function layerNorm2d(golden: ModuleCase): Outputs {
  const axis = golden.count('axis');
  const { shape } = truthOf(golden.file, 'in.x');
  const layout = { order: [...shape.keys()].filter((other) => other !== axis).concat(axis) };
  const x = golden.input('x', { layout });
  const dim = [shape[axis] ?? 1];
  const get = golden.weights([single(anyInit.zeros('weight', dim)), single(anyInit.zeros('bias', dim))]);
  return { y: { tensor: layerNorm(x, get('weight'), get('bias'), { eps: golden.count('eps') }), layout } };
}

function rms(golden: ModuleCase): Outputs {
  const x = golden.input('x');
  const get = golden.weights([single(anyInit.ones('weight', x.shape.at(-1) ?? 1))]);
  return { y: rmsNorm(x, get('weight'), { eps: golden.count('eps') }) };
}

function mlp(golden: ModuleCase): Outputs {
  const get = golden.weights(mlpWeights(anyInit, 'mlp', golden.count('dim')), 'mlp.');
  return { y: gatedMlp(get, golden.input('x'), 'mlp') };
}

function selfAttention(golden: ModuleCase): Outputs {
  const get = golden.weights(attentionWeights(anyInit, 'self', golden.count('dim')), 'self.');
  return { y: attention(get, golden.input('x'), 'self', golden.count('n_heads')) };
}

/** Keys and values of different inputs, which no part of the model has; the op takes them all the same. */
function crossAttentionOf(golden: ModuleCase): Outputs {
  const dim = golden.count('dim');
  const names = ['wq', 'wk', 'wv', 'wo'].map((name) => `${name}.weight`);
  const get = golden.weights(names.map((name) => single(anyInit.weight(name, [dim, dim]))));
  const keys = linear(golden.input('x_k'), get('wk.weight'));
  const values = linear(golden.input('x_v'), get('wv.weight'));
  const queries = linear(golden.input('x_q'), get('wq.weight'));
  const attended = crossAttention(queries, concat([keys, values], 2), golden.count('n_heads'));
  return { y: linear(attended, get('wo.weight')) };
}

function encoderBlock(golden: ModuleCase): Outputs {
  const config = configOf({
    encoderDim: golden.count('dim'),
    heads: golden.count('n_heads'),
    encoderLayers: 1,
  });
  const { state } = golden.state(LatentAggregator.weights(anyInit, config), 'block.0.');
  return { y: new LatentAggregator(config, state).forward(golden.input('x')) };
}

function decoderBlock(golden: ModuleCase, conditioning: Conditioning): Outputs {
  const get = golden.weights(
    renderBlockWeights(anyInit, 'block', golden.count('dim'), conditioning),
    'block.',
  );
  const [queries, memory] = [golden.input('x_q'), golden.input('x_kv')];
  return { y: renderBlock(get, queries, memory, 'block', golden.count('n_heads'), conditioning) };
}

function compactor(golden: ModuleCase): Outputs {
  const heads = golden.count('n_heads');
  if (heads !== COMPACTOR_HEADS)
    throw new Error(`A compactor with ${heads} heads; it always has ${COMPACTOR_HEADS}.`);
  const config = configOf({ encoderDim: golden.count('dim') });
  const { state } = golden.state(golden.present(STCompactor.weights(anyInit, config)));
  const module = new STCompactor(config, state);
  return { seq: module.compact(module.place(golden.input('embedding', { layout: FEATURES_LAST }))) };
}

function decoder(golden: ModuleCase, conditioning: Conditioning): Outputs {
  const config = configOf({
    encoderDim: golden.count('encoder_dim'),
    decoderDim: golden.count('decoder_dim'),
    decoderLayers: golden.count('n_layers'),
    heads: golden.count('n_heads'),
    patch: golden.count('patch_size'),
  });
  const { state } = golden.state(LatentRenderer.weights(anyInit, config, conditioning));
  const renderer = new LatentRenderer(config, conditioning, state);
  return { x_pred: renderer.forward(golden.input('tokens'), golden.count('C'), golden.count('N')) };
}

function classifierHead(golden: ModuleCase): Outputs {
  const h = golden.input('h');
  const [classes = 1] = truthOf(golden.file, 'w.classification_head.bias').shape;
  const labels = checkLabels(golden.file.config.labels as number[], classes);
  const logits = classify(golden.weights(headWeights(anyInit, classes, h.shape.at(-1) ?? 1)), h);
  return { logits, ce: crossEntropy(logits, golden.engine.tensor(labels, [labels.length])) };
}

/** A config of which only the sizes at hand matter. */
function configOf(sizes: Partial<SpotrConfig>): SpotrConfig {
  const rest = { encoderDim: 8, decoderDim: 8, encoderLayers: 1, decoderLayers: 1, heads: 1, patch: 100 };
  return { ...rest, ...sizes };
}
