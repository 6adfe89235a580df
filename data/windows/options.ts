import type { Mains } from '../preprocess/notch.ts';

/** How recordings are cut into windows. */
export interface WindowOptions {
  /** Seconds in a window. */
  seconds: number;
  /** Seconds from the start of a window to that of the next. Default: `seconds`. */
  stride?: number;
  /** Mains frequency to remove. */
  mains: Mains;
  /** Labels of the channels to use, in this order. Default: all signals of the main rate. */
  channels?: readonly string[];
  /** Memory that windows may take; those beyond it are read from their files when they are asked for. Default 2 GiB. */
  maximumBytes?: number;
}
