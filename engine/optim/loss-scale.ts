import { describeValue } from '../../base/describe-value.ts';
import { checkOptions, DTypeError, ShapeError } from '../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { Recorder } from '../gpu/recorder.ts';
import { arenaTensor } from '../parameters.ts';
import { emptyTensor, readTensor, requireOwn, requireTensor, Tensor } from '../tensor.ts';

const kernel = (entry: string, reads: number) =>
  defineKernel({
    name: `loss_scale_${entry}`,
    shader: 'optim/loss_scale',
    entry,
    reads,
    writes: 1,
    uniforms: { interval: 'f32', least: 'f32', most: 'f32' },
  });

const unscale = kernel('unscale', 2);
const adjust = kernel('adjust', 1);

export interface LossScaleOptions {
  /** A power of two; 8,192 by default. */
  readonly initial?: number;
  /** Updates in a row with finite gradients after which it doubles; 2,000 by default. */
  readonly interval?: number;
}

/** Below 1 it would only lose digits, and far above what f16 holds no gradient is. */
const BOUNDS = { least: 1, most: 2 ** 30 };

/**
 * Dynamic loss scaling (Micikevicius et al., 2018), for gradients that are stored as f16. It lives on the device, so
 * that no update waits for the host to see whether a gradient overflowed:
 *
 *   backward(loss, { seed: scale.seed });
 *   const { gradNorm } = optimizer.update(scale.unscale(hyperparameters));
 *   scale.adjust(gradNorm);
 *
 * A gradient that is not finite halves the scale; AdamW leaves weights and running means as they were.
 */
export class LossScale implements Disposable {
  /** The scale, a scalar: what the gradient of the loss by itself is taken to be. */
  readonly seed: Tensor;
  readonly #recorder: Recorder;
  /** Scale, and good updates since it changed: what `read` reads, for whoever reads more at the same moment. */
  readonly state: Tensor;
  readonly #uniforms: { readonly interval: number; readonly least: number; readonly most: number };

  constructor(recorder: Recorder, options: LossScaleOptions = {}) {
    if (!(recorder instanceof Recorder)) {
      throw new DTypeError(`LossScale: the recorder is ${describeValue(recorder)}; pass engine.recorder.`);
    }
    checkOptions('LossScale', options, ['initial', 'interval']);
    const { initial = 2 ** 13, interval = 2000 } = options;
    requirePowerOfTwo(initial);
    if (!(Number.isInteger(interval) && interval >= 1))
      throw new RangeError(`LossScale: interval is ${interval}; it must be a positive integer.`);
    this.#recorder = recorder;
    this.#uniforms = { interval, ...BOUNDS };
    this.state = arenaTensor(recorder, 2, 'the loss scale');
    this.seed = new Tensor(recorder, { shape: [], dtype: 'f32' }, this.state.storage.part(0, 4));
    this.write([initial, 0]);
  }

  /** AdamW's `hyperparameters` for gradients of the scaled loss. */
  unscale(hyperparameters: Tensor): Tensor {
    requireTensor('LossScale', 'hyperparameters', hyperparameters);
    requireOwn('LossScale', 'hyperparameters', hyperparameters, this.#recorder);
    const out = emptyTensor(this.#recorder, hyperparameters, 'hyperparameters of the scaled loss');
    this.#recorder.dispatch(unscale, {
      reads: [this.state, hyperparameters],
      writes: [out],
      uniforms: this.#uniforms,
      workgroups: [1],
    });
    return out;
  }

  /** Halves the scale where the norm is not finite; counts the update, and doubles it in time, where it is. */
  adjust(gradNorm: Tensor): void {
    requireTensor('LossScale', 'the norm of the gradients', gradNorm);
    requireOwn('LossScale', 'the norm of the gradients', gradNorm, this.#recorder);
    this.#recorder.dispatch(adjust, {
      reads: [gradNorm],
      writes: [this.state],
      uniforms: this.#uniforms,
      workgroups: [1],
    });
  }

  /** Scale and good updates since it changed, for a checkpoint. */
  read(): Promise<Float32Array> {
    return readTensor(this.state);
  }

  /** Continues from what `read` gave. */
  write(state: ArrayLike<number> & Iterable<number>): void {
    if (!Array.isArray(state) && !ArrayBuffer.isView(state)) {
      throw new ShapeError(
        `LossScale: its state is ${describeValue(state)}; it must be the scale and a count of updates.`,
      );
    }
    const [scale = Number.NaN, good = Number.NaN, ...rest] = state;
    if (rest.length > 0 || !(Number.isInteger(good) && good >= 0)) {
      throw new ShapeError(
        `LossScale: its state is [${[scale, good, ...rest]}]; it must be the scale and a count of updates.`,
      );
    }
    requirePowerOfTwo(scale);
    this.#recorder.upload(this.state.storage, Float32Array.of(scale, good));
  }

  /** Gives the memory back. */
  dispose(): void {
    this.#recorder.releaseArenas([this.state.storage]);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function requirePowerOfTwo(scale: number): void {
  const { least, most } = BOUNDS;
  if (typeof scale === 'number' && scale >= least && scale <= most && Number.isInteger(Math.log2(scale)))
    return;
  throw new RangeError(
    `LossScale: the scale is ${scale}; it must be a power of two from ${least} to ${most}.`,
  );
}
