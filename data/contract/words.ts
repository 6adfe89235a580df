import { MODALITY_NAMES } from '../channels/wording.ts';
import type { Modality } from '../recording.ts';
import type { ChannelContract } from './contract.ts';

/** `EEG and PPG`. */
export function kindsInWords(kinds: ChannelContract['kinds']): string {
  const names = kinds.map((kind) => (kind === 'unknown' ? 'signals of unknown kind' : MODALITY_NAMES[kind]));
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** Why a recording is not used with weights: completes its name. */
export function otherKind(kind: Modality, { kinds }: ChannelContract): string {
  return `is ${MODALITY_NAMES[kind]}, but the weights were trained on ${kindsInWords(kinds)}; the command uses it all the same with --other-kinds.`;
}
