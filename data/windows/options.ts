import type { ChannelContract } from '../contract/contract.ts';
import type { WindowSeconds } from '../contract/lengths.ts';
import type { Band } from '../preprocess/band-pass.ts';
import type { Detrend } from '../preprocess/detrend.ts';
import type { Mains } from '../preprocess/notch.ts';
import type { UnitPolicy } from './amplitude.ts';

export interface TrainedWeights {
  /** Channels take the places that they had in training, see `fitChannels`; where `channels` names them, their order stays. */
  contract: ChannelContract;
  /**
   * What to do with recordings of kinds that were not trained: use them all the same, pass each over, or end with an error, where
   * passing one over would change what is measured.
   */
  otherKinds: 'use' | 'pass-over' | 'refuse';
}

/** How recordings are cut into windows. */
export interface WindowOptions {
  /** In a window, by what the channels that are used hold. */
  seconds: WindowSeconds;
  /** Seconds from the start of a window to that of the next. Default: those in a window. */
  stride?: number;
  /** Seconds of stored signal at which windows begin, instead of every stride: where labels are. */
  starts?: readonly number[];
  /** Mains frequency to remove with its harmonics; `auto` looks for it in each recording. */
  mains: Mains | 'auto';
  /** Zero-phase Butterworth filter. Default: none. */
  bandPass?: Band;
  /** What is taken from each window. Default: nothing (the model z-scores). */
  detrend?: Detrend;
  /** What to do where amplitudes say that a declared unit is wrong by thousands. Default: `correct`, with a note. */
  units?: UnitPolicy;
  /** Labels of the channels to use, in this order. Default: all signals of the main rate. */
  channels?: readonly string[];
  /** The weights that the windows are for, where they say what they were trained on. */
  trained?: TrainedWeights;
  /** Memory that windows may take; those beyond it are read from their files when they are asked for. Default 2 GiB. */
  maximumBytes?: number;
}
