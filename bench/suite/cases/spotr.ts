import {
  COMPACTOR_HEADS,
  PAD_MULTIPLE,
  POSITIONS,
  paddedLength,
  type SpotrConfig,
  STEM_FEATURES,
  STEM_KERNEL,
} from '../../../model/config.ts';

/** A window of a recording: channels and samples at 200 Hz. */
export interface Window {
  readonly channels: number;
  readonly samples: number;
}

/** One operation at one place of the model. */
export interface Draft {
  readonly family: string;
  readonly op: string;
  readonly attributes: unknown;
  readonly shapes: readonly (readonly number[])[];
  /** Where the model does this. */
  readonly place: string;
  /** Told apart in the name, where the shapes do not: heads, axes. */
  readonly mark?: string;
  /** Gradients that the model asks for; false for what touches only the signal. */
  readonly gradient: boolean;
  /** How often one forward pass of the encoder does this, and one of the whole model. */
  readonly uses: { readonly encoder: number; readonly model: number };
}

const EPS = 1e-6;
/** Of a downstream task, as in the paper's recipe. */
const CLASSIFIER_BATCH = 128;
const CLASSES = 6;
/** Copies of the class token: one a window of a training batch. */
const TOKEN_BATCH = 8;

const ONCE = { encoder: 1, model: 1 };
const NEVER = { encoder: 0, model: 0 };

interface Epilogue {
  readonly bias?: boolean;
  readonly residual?: boolean;
}

/** x W^T, rows and columns whatever the axes are called. */
export function matmul(
  place: string,
  [m, n, k]: readonly [number, number, number],
  { bias = false, residual = false }: Epilogue = {},
  uses: Draft['uses'] = ONCE,
): Draft {
  return {
    family: 'matmul',
    op: 'linear',
    attributes: { bias, residual },
    shapes: [[m, k], [n, k], ...(bias ? [[n]] : []), ...(residual ? [[m, n]] : [])],
    place,
    gradient: true,
    uses,
  };
}

function draft(
  family: string,
  op: string,
  place: string,
  shapes: Draft['shapes'],
  attributes: unknown = null,
  more: { mark?: string; gradient?: boolean; uses?: Draft['uses'] } = {},
): Draft {
  return { family, op, place, shapes, attributes, gradient: true, uses: ONCE, ...more };
}

/** Everything that SPOTR does to one window, forward order, without what repeats. */
export function spotrDrafts(config: SpotrConfig, { channels: C, samples }: Window): Draft[] {
  const { length, patches: N } = paddedLength(samples, config);
  const { encoderDim: D, decoderDim: d, encoderLayers, decoderLayers, heads, patch } = config;
  const renderer = (model: number) => ({ encoder: 0, model });
  const [tokens, masks] = [1 + C + N, C * N];
  return [
    draft(
      'zscorePad',
      'zscorePad',
      'signal',
      [[1, C, samples]],
      { multiple: PAD_MULTIPLE, eps: EPS },
      { gradient: false },
    ),
    draft(
      'stem',
      'stem',
      'stem',
      [[1, C, length], [STEM_FEATURES, 1, 1, STEM_KERNEL], [STEM_FEATURES], [STEM_FEATURES]],
      { patch, eps: EPS, stored: 'f32' },
    ),
    matmul('patch convolution', [C * N, D, STEM_FEATURES * patch]),
    draft('layerNorm', 'layerNorm', 'norm and GELU', [[C * N, D], [D], [D]], {
      eps: EPS,
      activation: 'gelu',
    }),
    draft(
      'copy',
      'slice',
      'positions',
      [[POSITIONS, POSITIONS, D]],
      {
        ranges: [
          [0, C],
          [0, N],
          [0, D],
        ],
      },
      { mark: `${C}x${N}x${D}` },
    ),
    // Its gradient is the seed: nothing to time.
    draft(
      'position',
      'add',
      'positions added',
      [
        [1, C, N, D],
        [1, C, N, D],
      ],
      null,
      { gradient: false },
    ),
    ...compactorDrafts(D, C, N),
    ...blockDrafts('aggregator', D, tokens, heads, { encoder: encoderLayers, model: encoderLayers }),
    matmul('encoder to renderer', [1, d, D], { bias: true }, renderer(1)),
    draft(
      'position',
      'add',
      'mask token',
      [
        [1, C, N, d],
        [1, 1, 1, d],
      ],
      null,
      { uses: renderer(1) },
    ),
    // Values and their projection.
    matmul('look, one key', [1, d, d], {}, renderer(2 * decoderLayers)),
    draft(
      'crossAttention',
      'crossAttention',
      'renderer, all tokens',
      [
        [1, masks, d],
        [1, tokens, 2 * d],
      ],
      { heads },
      { mark: `${heads} heads`, uses: NEVER },
    ),
    ...blockDrafts('renderer', d, masks, heads, { encoder: 0, model: decoderLayers }),
    matmul('patches of the signal', [masks, patch, d], { bias: true }, renderer(1)),
    draft(
      'mse',
      'mse',
      'loss',
      [
        [1, C, length],
        [1, C, length],
      ],
      null,
      { uses: renderer(1) },
    ),
    draft(
      'crossEntropy',
      'crossEntropy',
      'classifier',
      [[CLASSIFIER_BATCH, CLASSES], [CLASSIFIER_BATCH]],
      null,
      {
        uses: NEVER,
      },
    ),
    draft(
      'softCrossEntropy',
      'softCrossEntropy',
      'classifier, weighted classes',
      [
        [CLASSIFIER_BATCH, CLASSES],
        [CLASSIFIER_BATCH, CLASSES],
      ],
      null,
      { uses: NEVER },
    ),
  ];
}

function compactorDrafts(D: number, C: number, N: number): Draft[] {
  const attributes = (axis: string) => ({ heads: COMPACTOR_HEADS, axis });
  const grid = [1, C, N, 3 * D];
  return [
    // Once for each of the two axes.
    matmul('compactor qkv', [C * N, 3 * D, D], {}, { encoder: 2, model: 2 }),
    draft('attentionPool', 'attentionPool', 'pool over time', [grid], attributes('time'), { mark: 'time' }),
    draft('attentionPool', 'attentionPool', 'pool over channels', [grid], attributes('channel'), {
      mark: 'channels',
    }),
    draft(
      'reduce',
      'mean',
      'mean over time',
      [[1, C, N, D]],
      { axes: [2], keepDims: false },
      { mark: 'axis 2' },
    ),
    draft(
      'reduce',
      'mean',
      'mean over channels',
      [[1, C, N, D]],
      { axes: [1], keepDims: false },
      { mark: 'axis 1' },
    ),
    matmul('compactor out, channels', [C, D, D], { residual: true }),
    matmul('compactor out, times', [N, D, D], { residual: true }),
    draft('copy', 'broadcastTo', 'class token', [[1, 1, D]], { shape: [TOKEN_BATCH, 1, D] }),
    draft(
      'copy',
      'concat',
      'tokens joined',
      [
        [1, 1, D],
        [1, C, D],
        [1, N, D],
      ],
      { axis: 1 },
    ),
  ];
}

/** A pre-norm transformer block over `rows` tokens of one window. */
function blockDrafts(part: string, dim: number, rows: number, heads: number, uses: Draft['uses']): Draft[] {
  return [
    draft('rmsNorm', 'rmsNorm', part, [[rows, dim], [dim]], { eps: EPS }, { uses }),
    matmul(`${part} qkv`, [rows, 3 * dim, dim], {}, uses),
    draft(
      'selfAttention',
      'selfAttention',
      part,
      [[1, rows, 3 * dim]],
      { heads },
      { mark: `${heads} heads`, uses },
    ),
    matmul(`${part} out`, [rows, dim, dim], { residual: true }, uses),
    matmul(`${part} gate and up`, [rows, 8 * dim, dim], {}, uses),
    draft('swiglu', 'swiglu', part, [[rows, 8 * dim]], null, { uses }),
    matmul(`${part} down`, [rows, dim, 4 * dim], { residual: true }, uses),
  ];
}
