import { defineKernel } from '../gpu/kernel.ts';
import { unread } from '../gpu/recorder.ts';
import { LINEAR_WORKGROUP, linearGrid } from '../kernels/grid.ts';
import { sumAxes } from '../kernels/reduce.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';

const UNIFORMS = {
  rows: 'u32',
  samples: 'u32',
  patch_size: 'u32',
  features: 'u32',
  taps: 'u32',
  tap_blocks: 'u32',
  lead: 'u32',
  shift: 'u32',
  tiles: 'u32',
  chunk: 'u32',
  eps: 'f32',
} as const;

const small = (entry: string, reads: number) =>
  defineKernel({
    name: `stem_${entry}`,
    shader: 'patch_convolution/taps',
    entry,
    reads,
    writes: 1,
    uniforms: UNIFORMS,
  });
const PAD_TAPS = small('pad_taps', 1);
const SIGNAL_GRADIENT = small('signal_gradient', 2);

/** The kernels for patches of whole blocks of four samples, and for any. */
function kernels(entry: string, reads: number, writes: number) {
  const kernel = (access: 'aligned' | 'ragged') =>
    defineKernel({
      name: `stem_${entry}_${access}`,
      shader: 'patch_convolution/stem',
      picks: [`lib/patch_convolution_${access}`],
      entry,
      reads,
      writes,
      uniforms: UNIFORMS,
      // The output's gradient; and what is written in the layout of the output.
      elements: { stored: [4], result: [5] },
    });
  return { aligned: kernel('aligned'), ragged: kernel('ragged') };
}

const FORWARD = kernels('forward', 5, 1);
const HIDDEN_GRADIENT = kernels('hidden_gradient', 5, 3);
const WEIGHT_GRADIENT = kernels('weight_gradient', 2, 1);

/** Blocks of four samples that one invocation sums towards the gradient of the weight. */
const CHUNK = 128;
/** Blocks of four taps that it takes; see `WIDE` in patch_convolution/stem.wgsl. */
const TAP_BLOCKS = { aligned: 7, ragged: 4 } as const;
/** Samples that one invocation of the convolution takes. */
const TILE = 16;

/** Sizes of one stem, as its kernels want them. */
export function stemGeometry(signal: Tensor, weight: Tensor, patch: number, eps: number) {
  const [batch, channels, samples] = signal.shape as readonly [number, number, number];
  const [features, , , taps] = weight.shape as readonly [number, number, number, number];
  const half = (taps - 1) / 2;
  const lead = Math.ceil(half / 4);
  const shift = 4 * lead - half;
  return {
    rows: batch * channels,
    samples,
    patch_size: patch,
    features,
    taps,
    tap_blocks: Math.ceil((shift + taps) / 4),
    lead,
    shift,
    tiles: Math.ceil(samples / TILE),
    chunk: CHUNK,
    eps,
  };
}

export type StemGeometry = ReturnType<typeof stemGeometry>;

const access = ({ patch_size }: StemGeometry) => (patch_size % 4 === 0 ? 'aligned' : 'ragged');

function launch(tensor: Tensor, geometry: StemGeometry, count: number) {
  return { uniforms: geometry, workgroups: linearGrid(tensor.recorder, count, LINEAR_WORKGROUP) };
}

/** The taps of `weight` with zeros around them, [features, 4 tap_blocks]. */
export function padTaps(weight: Tensor, geometry: StemGeometry): Tensor {
  const { features, tap_blocks } = geometry;
  const spec = { shape: [features, 4 * tap_blocks], dtype: 'f32' } as const;
  const taps = emptyTensor(weight.recorder, spec, 'taps of the stem');
  weight.recorder.dispatch(PAD_TAPS, {
    reads: [weight],
    writes: [taps],
    ...launch(weight, geometry, taps.size),
  });
  return taps;
}

export interface StemInputs {
  readonly signal: Tensor;
  readonly taps: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

export function runStem(inputs: StemInputs, geometry: StemGeometry, out: Tensor): void {
  const { signal, taps, gamma, beta } = inputs;
  signal.recorder.dispatch(FORWARD[access(geometry)], {
    // The slot of the gradient; forward does not read it.
    reads: [signal, taps, gamma, beta, unread(signal, out.dtype)],
    writes: [out],
    ...launch(signal, geometry, geometry.rows * geometry.tiles),
  });
}

/**
 * Gradient by the convolution's output, in the layout of the stem's output, which the gradients by weight and signal
 * need. f32, whatever the output is stored as: where the signal is silent the norm multiplies gradients by a thousand.
 * Those by gamma and beta are summed into `dGamma` and `dBeta` on the way, where given.
 */
export function runHiddenGradient(
  inputs: StemInputs,
  geometry: StemGeometry,
  grad: Tensor,
  dGamma: Tensor | null,
  dBeta: Tensor | null,
): Tensor {
  const { signal, taps, gamma, beta } = inputs;
  const { recorder } = signal;
  const count = geometry.rows * geometry.tiles;
  const spec = { shape: [count, geometry.features], dtype: 'f32' } as const;
  const [byGamma, byBeta] = [emptyTensor(recorder, spec, 'by gamma'), emptyTensor(recorder, spec, 'by beta')];
  const hidden = emptyTensor(recorder, { shape: grad.shape, dtype: 'f32' }, 'gradient of the convolution');
  recorder.dispatch(HIDDEN_GRADIENT[access(geometry)], {
    reads: [signal, taps, gamma, beta, grad],
    writes: [hidden, byGamma, byBeta],
    ...launch(signal, geometry, count),
  });
  if (dGamma) sumAxes(byGamma, [0], 1, dGamma);
  if (dBeta) sumAxes(byBeta, [0], 1, dBeta);
  return hidden;
}

export function runStemWeightGradient(
  signal: Tensor,
  hidden: Tensor,
  geometry: StemGeometry,
  out: Tensor,
): void {
  const { rows, samples, features, taps, tap_blocks } = geometry;
  const chunks = Math.ceil((rows * Math.ceil(samples / 4)) / CHUNK);
  const spec = { shape: [chunks, features * taps], dtype: 'f32' } as const;
  const partial = chunks === 1 ? out : emptyTensor(signal.recorder, spec, 'by taps');
  const kind = access(geometry);
  signal.recorder.dispatch(WEIGHT_GRADIENT[kind], {
    reads: [signal, hidden],
    writes: [partial],
    constants: { WIDE: Number(kind === 'aligned') },
    ...launch(signal, geometry, chunks * (features / 4) * Math.ceil(tap_blocks / TAP_BLOCKS[kind])),
  });
  if (chunks > 1) sumAxes(partial, [0], 1, out);
}

export function runSignalGradient(weight: Tensor, hidden: Tensor, geometry: StemGeometry, out: Tensor): void {
  out.recorder.dispatch(SIGNAL_GRADIENT, {
    reads: [weight, hidden],
    writes: [out],
    ...launch(out, geometry, out.size),
  });
}
