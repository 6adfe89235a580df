import { MODALITY_NAMES } from '../channels/wording.ts';
import type { Modality } from '../recording.ts';
import type { ChannelContract } from './contract.ts';
import {
  lengthsOfKind,
  secondsOfKind,
  type TrainedKind,
  type TrainedLengths,
  type WindowSeconds,
} from './lengths.ts';

export const kindInWords = (kind: TrainedKind): string =>
  kind === 'unknown' ? 'signals of unknown kind' : MODALITY_NAMES[kind];

/** `EEG and PPG`. */
export function kindsInWords(kinds: ChannelContract['kinds']): string {
  const names = kinds.map(kindInWords);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** `4, 1 s`, the first of most windows; where kinds differ `EEG 4 s (also 1 s), PPG 10 s`. */
export function lengthsInWords(trained: TrainedLengths): string {
  const { windows, kinds, lengths } = trained;
  if (!lengths) return `${windows.join(', ')} s`;
  const own = kinds.map((kind) => {
    const [first, ...others] = lengthsOfKind(trained, kind);
    return `${kindInWords(kind)} ${first} s${others.length > 0 ? ` (also ${others.join(', ')} s)` : ''}`;
  });
  return own.join(', ');
}

/** What recordings hold, each kind once; undefined: they do not say it. */
export type Kinds = readonly (Modality | undefined)[];

/** Of windows of recordings: `4 s`, or `EEG 4 s, PPG 10 s` where kinds differ. */
export function secondsInWords(seconds: WindowSeconds, kinds: Kinds): string {
  const [first = secondsOfKind(seconds, undefined), ...others] = new Set(
    kinds.map((kind) => secondsOfKind(seconds, kind)),
  );
  if (others.length === 0) return `${first} s`;
  return kinds
    .map((kind) => `${kindInWords(kind ?? 'unknown')} ${secondsOfKind(seconds, kind)} s`)
    .join(', ');
}

/** Why a recording is not used with weights: completes its name. */
export function otherKind(kind: Modality, { kinds }: ChannelContract): string {
  return `is ${MODALITY_NAMES[kind]}, but the weights were trained on ${kindsInWords(kinds)}; the command uses it all the same with --other-kinds.`;
}
