/** How far apart windows of few recordings begin. */
import { MODEL_RATE, type Recording } from '../../data/index.ts';

/** Windows that a run of some thousand steps does not see so often that it learns them by heart. */
const ENOUGH_WINDOWS = 32_768;
/** Of a window: closer together they are nearly the same. */
const MIN_STEP = 1 / 8;

/**
 * Seconds from one window's start to the next: a window's length where recordings give 32,768 windows without overlap, else as
 * much less as it takes to have so many, down to an eighth. Undefined for the window's length.
 */
export function denseStride(recordings: readonly Recording[], window: number): number | undefined {
  const seconds = recordings.reduce((sum, { channels }) => {
    const lengths = channels.map(({ length, rate }) => length / rate).filter(Number.isFinite);
    return sum + Math.max(0, ...lengths);
  }, 0);
  const stride = Math.max(window * MIN_STEP, seconds / ENOUGH_WINDOWS);
  if (stride >= window) return undefined;
  return Math.min(window, Math.ceil(stride * MODEL_RATE) / MODEL_RATE);
}
