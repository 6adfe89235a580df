import type { Band } from '../preprocess/band-pass.ts';
import type { Detrend } from '../preprocess/detrend.ts';
import type { Mains } from '../preprocess/notch.ts';
import type { UnitPolicy } from './amplitude.ts';

/** How recordings are cut into windows. */
export interface WindowOptions {
  /** Seconds in a window. */
  seconds: number;
  /** Seconds from the start of a window to that of the next. Default: `seconds`. */
  stride?: number;
  /** Seconds of stored signal at which windows begin, instead of every stride: where labels are. */
  starts?: readonly number[];
  /** Mains frequency to remove with its harmonics; `auto` looks for it in each recording. */
  mains: Mains | 'auto';
  /** Butterworth filter, there and back. Default: none. */
  bandPass?: Band;
  /** What is taken from each window. Default: nothing (the model z-scores). */
  detrend?: Detrend;
  /** What to do where amplitudes say that a declared unit is wrong by thousands. Default: `correct`, with a note. */
  units?: UnitPolicy;
  /** Labels of the channels to use, in this order. Default: all signals of the main rate. */
  channels?: readonly string[];
  /** Memory that windows may take; those beyond it are read from their files when they are asked for. Default 2 GiB. */
  maximumBytes?: number;
}
