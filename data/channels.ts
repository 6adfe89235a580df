/** What channel labels and requests for samples mean. */
import { SignalError } from './errors.ts';
import type { ChannelInfo, Modality } from './recording.ts';

/** Channels that hold marks, counters or battery levels instead of a signal. */
const NOT_A_SIGNAL =
  /^(edf annotations|bdf annotations|status|stim?|sti\s?\d+|trig(ger)?s?|events?|event marker|markers?|annotations?|counter|nseq|battery)$/i;

export function isSignal(label: string): boolean {
  return !NOT_A_SIGNAL.test(label.trim());
}

const LEAD = /^(m?l?(i|ii|iii)|av[rlf]|v\d?|ml\d|mc?l(i+|\d)|cm\d|cc\d|[a-z]\s?lead)$/i;
const TEN_TWENTY = /^(fp|af|f|ft|fc|t|tp|c|cp|p|po|o|i)(z|\d{1,2})h?\b/i;

/** The modality that a label speaks of, as far as such labels are standard (EDF+ and WFDB usage). */
export function modalityOf(label: string): Modality | undefined {
  const text = label.trim();
  const names = (words: string) => new RegExp(`(^|[^a-z])(${words})(?![a-z])`, 'i').test(text);
  if (names('seeg|ieeg|ecog|grid')) return 'ieeg';
  if (names('eeg')) return 'eeg';
  if (names('ecg|ekg') || LEAD.test(text)) return 'ecg';
  if (names('ppg|pleth|plethysmogram|bvp')) return 'ppg';
  if (TEN_TWENTY.test(text)) return 'eeg';
  return undefined;
}

/** The modality of a recording: the one that most of its signals speak of, if any does. */
export function modalityOfAll(labels: readonly string[]): Modality | undefined {
  const votes = new Map<Modality, number>();
  for (const label of labels) {
    const modality = isSignal(label) ? modalityOf(label) : undefined;
    if (modality) votes.set(modality, (votes.get(modality) ?? 0) + 1);
  }
  const ranked = [...votes].sort((a, b) => b[1] - a[1]);
  return ranked[0]?.[0];
}

/** Checks the arguments of `Recording.read`, for every reader alike. Returns the channels asked for. */
export function requireRange(
  name: string,
  channels: readonly ChannelInfo[],
  asked: readonly number[],
  start: number,
  count: number,
): ChannelInfo[] {
  const infos = asked.map((index) => {
    const info = channels[index];
    if (info) return info;
    throw new SignalError(`${name}: there is no channel ${index}; ask for 0 to ${channels.length - 1}.`);
  });
  for (const { label, rate, length } of infos) {
    if (rate !== infos[0]?.rate) {
      throw new SignalError(
        `${name}: channels "${infos[0]?.label}" (${infos[0]?.rate} Hz) and "${label}" (${rate} Hz) cannot be read together; read each rate by itself.`,
      );
    }
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(count) ||
      start < 0 ||
      count < 0 ||
      start + count > length
    ) {
      throw new SignalError(
        `${name}: samples ${start} to ${start + count} of "${label}" were asked for, but it has samples 0 to ${length}.`,
      );
    }
  }
  return infos;
}
