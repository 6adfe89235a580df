/**
 * One class a failure. Every message names the operation, the value that was met, what was expected and the
 * likely fix, so that `error.message` alone is enough to act on.
 */
export class EngineError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Shapes that do not fit an operation. */
export class ShapeError extends EngineError {}

/** An element type that an operation does not take. */
export class DTypeError extends EngineError {}

/** No usable WebGPU adapter, or one that lacks what the engine needs. */
export class AdapterError extends EngineError {}

/** The device went away (driver reset, tab in the background, `destroy()`). */
export class DeviceLostError extends EngineError {}

/** A buffer larger than the device allows, or memory that the device could not give. */
export class OutOfMemoryError extends EngineError {}

/** A kernel that does not compile, or is dispatched with bindings that it does not declare. */
export class KernelError extends EngineError {}

/** A tensor used after its memory was given back, or outside the step that it belongs to. */
export class LifetimeError extends EngineError {}

/** Differentiation asked of something that has no gradient. */
export class GradientError extends EngineError {}

/** A value that is not what was asked for, in words for a message: "the number 3", "a list", "missing (undefined)". */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing (undefined)';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  if (typeof value === 'function') return 'a function';
  return `the ${typeof value} ${String(value)}`;
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
