import { checkOptions, ShapeError } from '../errors.ts';
import { type Shape, showShape, sizeOf } from '../shape.ts';
import { requireTensor, type Tensor } from '../tensor.ts';
import { linear } from './linear.ts';
import { reshape } from './reshape.ts';

// Signals are [B, C, L] and patches [B, C, N, P]: the same values in the same order, so that cutting a signal into
// patches and joining them again are views, and convolutions of stride P are matmuls.

/** A signal [B, C, L] as patches [B, C, L / patch, patch]; no copy. */
export function patchSignal(signal: Tensor, patch: number): Tensor {
  requireTensor('patchSignal', 'the signal', signal);
  const [batch, channels, samples] = signal.shape;
  if (signal.rank !== 3 || !batch || !channels || !samples) {
    throw new ShapeError(
      `patchSignal: signal ${showShape(signal.shape)}; it must be [batch, channels, samples].`,
    );
  }
  if (!Number.isSafeInteger(patch) || patch < 1 || samples % patch !== 0) {
    throw new ShapeError(
      `patchSignal: ${samples} samples do not divide into patches of ${patch}; pad the signal, or take a patch that divides it.`,
    );
  }
  return reshape(signal, [batch, channels, samples / patch, patch]);
}

/** A weight [D, ..] as the matrix [D, K]. */
function asMatrix(op: string, weight: Tensor, columns: number): Tensor {
  requireTensor(op, 'the weight', weight);
  const [rows] = weight.shape;
  if (weight.rank < 2 || !rows || sizeOf(weight.shape.slice(1)) !== columns) {
    throw new ShapeError(
      `${op}: weight ${showShape(weight.shape)}; it must be [out, ..] with ${columns} values for each output.`,
    );
  }
  const shape: Shape = [rows, columns];
  return weight.rank === 2 ? weight : reshape(weight, shape);
}

/**
 * Convolution whose stride is its kernel: `rows` [B, C, N, K] hold what one patch is made of (the samples of
 * `patchSignal`, or all features of them as `stem` lays them out), `weight` is [D, ..] with K values an output in the
 * same order; `bias` is [D]. The result is [B, C, N, D].
 */
export function patchConvolution(rows: Tensor, weight: Tensor, options: { bias?: Tensor } = {}): Tensor {
  requireTensor('patchConvolution', 'rows', rows);
  if (rows.rank !== 4) {
    throw new ShapeError(
      `patchConvolution: rows ${showShape(rows.shape)}; they must be [batch, channels, patches, values of a patch].`,
    );
  }
  return linear(rows, asMatrix('patchConvolution', weight, rows.shape[3] as number), options);
}

/**
 * The adjoint of `patchConvolution`, plus a bias: each token becomes the samples of its patch, straight in signal
 * layout. `tokens` [B, C N, d] with the patches of a channel next to each other, `weight` [P, d], `bias` [P] or null; the
 * result is [B, C, N P].
 */
export function transposedReconstruction(
  tokens: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: { channels: number },
): Tensor {
  checkOptions('transposedReconstruction', options, ['channels']);
  const { channels } = options;
  requireTensor('transposedReconstruction', 'tokens', tokens);
  const [batch, count] = tokens.shape;
  if (tokens.rank !== 3 || !batch || !count) {
    throw new ShapeError(
      `transposedReconstruction: tokens ${showShape(tokens.shape)}; they must be [batch, tokens, values of a token].`,
    );
  }
  if (!Number.isSafeInteger(channels) || channels < 1 || count % channels !== 0) {
    throw new ShapeError(
      `transposedReconstruction: ${count} tokens do not divide among ${channels} channels; there must be as many patches for each.`,
    );
  }
  const matrix = asMatrix('transposedReconstruction', weight, tokens.shape[2] as number);
  const patches = linear(tokens, matrix, bias ? { bias } : {});
  return reshape(patches, [batch, channels, (count / channels) * (matrix.shape[0] as number)]);
}
