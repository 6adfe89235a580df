import { describeValue } from '../base/describe-value.ts';
import { SpotrError } from '../base/errors.ts';
/**
 * One class a failure. Every message names the operation, the value that was met, what was expected and the
 * likely fix, so that `error.message` alone is enough to act on.
 */
export class EngineError extends SpotrError {
  override readonly name: string = 'EngineError';
  readonly code: string = 'engine';
}

/** Shapes that do not fit an operation. */
export class ShapeError extends EngineError {
  override readonly name = 'ShapeError';
  override readonly code = 'shape';
}

/** An element type that an operation does not take. */
export class DTypeError extends EngineError {
  override readonly name = 'DTypeError';
  override readonly code = 'dtype';
}

/** No usable WebGPU adapter, or one that lacks what the engine needs. */
export class AdapterError extends EngineError {
  override readonly name: string = 'AdapterError';
  override readonly code: string = 'adapter';
}

/** f16 on an adapter that cannot store it. */
export class HalfError extends AdapterError {
  override readonly name = 'HalfError';
  override readonly code = 'f16';
}

/** A tuning kept on this machine that cannot be read. */
export class TuningError extends EngineError {
  override readonly name = 'TuningError';
  override readonly code = 'tuning';
}

/** The device went away (driver reset, tab in the background, `destroy()`). */
export class DeviceLostError extends EngineError {
  override readonly name = 'DeviceLostError';
  override readonly code = 'device-lost';
}

/** A buffer larger than the device allows, or memory that the device could not give. */
export class OutOfMemoryError extends EngineError {
  override readonly name = 'OutOfMemoryError';
  override readonly code = 'out-of-memory';
}

/** A kernel that does not compile, or is dispatched with bindings that it does not declare. */
export class KernelError extends EngineError {
  override readonly name = 'KernelError';
  override readonly code = 'kernel';
}

/** A tensor used after its memory was given back, or outside the step that it belongs to. */
export class LifetimeError extends EngineError {
  override readonly name = 'LifetimeError';
  override readonly code = 'lifetime';
}

/** Differentiation asked of something that has no gradient. */
export class GradientError extends EngineError {
  override readonly name = 'GradientError';
  override readonly code = 'gradient';
}

/**
 * Refuses what is no object of named options, and names that there are not: both would be passed over in silence.
 * @throws EngineError
 */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  const form = `pass { ${known.join(', ')} }, or nothing`;
  const isPlain = typeof options === 'object' && options !== null && !Array.isArray(options);
  if (!isPlain || ![Object.prototype, null].includes(Object.getPrototypeOf(options))) {
    throw new EngineError(`${what}: the options are ${describeValue(options)}; ${form}.`);
  }
  const stray = Object.keys(options).find((name) => !known.includes(name));
  if (stray !== undefined) throw new EngineError(`${what}: there is no option "${stray}"; ${form}.`);
}
