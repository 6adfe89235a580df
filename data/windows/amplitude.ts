/** Whether what a recording holds is as large as its kind of signal is in the unit that it declares. */
import { UnfitRecording } from '../errors.ts';
import { groupBy } from '../group-by.ts';
import type { ChannelInfo, Recording } from '../recording.ts';
import { readStretches } from '../stretches.ts';
import { type Conversion, judgeAmplitude, largestPossible, typicalAmplitude, usualUnitOf } from '../units.ts';
import { firstBeyond } from './checks.ts';

/** What to do about a unit that amplitudes contradict. */
export type UnitPolicy = 'correct' | 'refuse' | 'trust';

/**
 * Measures each kind of signal among channels of one rate after their `conversions`, which are returned. Where the unit
 * that the file declares must be wrong by a thousand or a million, those channels are brought to the likely one instead;
 * `notes` say so.
 * @throws UnfitRecording then, where the policy is to refuse.
 */
export async function judgeUnits(
  recording: Recording,
  channels: readonly number[],
  conversions: readonly (Conversion | undefined)[],
  policy: UnitPolicy,
): Promise<{ conversions: (Conversion | undefined)[]; notes: string[] }> {
  const judged = [...conversions];
  const notes: string[] = [];
  if (policy === 'trust') return { conversions: judged, notes };
  const infoAt = (place: number) => recording.channels[channels[place] as number] as ChannelInfo;
  const voltages = channels.flatMap((_, place) => {
    const usual = usualUnitOf(infoAt(place), recording.modality);
    return usual ? [{ place, ...usual }] : [];
  });
  for (const members of groupBy(voltages, ({ modality }) => modality).values()) {
    const { modality, unit } = members[0] as (typeof voltages)[number];
    const stretches: Float64Array[] = [];
    for (const { place } of members) {
      const factor = judged[place]?.factor ?? 1;
      for (const stretch of await readStretches(recording, [channels[place] as number]))
        stretches.push(stretch.map((value) => value * factor));
    }
    const { rate } = infoAt((members[0] as { place: number }).place);
    const verdict = judgeAmplitude(modality, unit, typicalAmplitude(stretches, rate));
    if (!verdict || verdict.verdict === 'plausible') continue;
    const { factor, sentence } = verdict;
    if (factor === undefined) {
      notes.push(sentence);
      continue;
    }
    if (policy === 'refuse') throw new UnfitRecording(recording.name, sentence);
    notes.push(`${sentence} It is taken for ${unit} after this.`);
    for (const { place } of members) {
      const before = judged[place];
      const power = Math.round(Math.log10(factor * (before?.factor ?? 1)));
      judged[place] =
        power === 0
          ? undefined
          : {
              factor: Number(`1e${power}`),
              how: `"${infoAt(place).unit}", which its amplitude contradicts, to ${unit}: x 1e${power}`,
            };
    }
  }
  return { conversions: judged, notes };
}

/** Samples of all channels that are looked at one by one; longer recordings are when they are cut. */
const MOST_LOOKED_AT = 2e7;
const BLOCK_SECONDS = 60;

/** A sentence for each channel of one rate that holds values which no recorder delivers, with the first of them. */
export async function impossibleValues(
  recording: Recording,
  channels: readonly number[],
  conversions: readonly (Conversion | undefined)[],
): Promise<string[]> {
  const infos = channels.map((channel) => recording.channels[channel] as ChannelInfo);
  const { rate, length } = infos[0] ?? { rate: 1, length: 0 };
  if (length * channels.length > MOST_LOOKED_AT) return [];
  const found = new Map<number, string>();
  const block = Math.ceil(BLOCK_SECONDS * rate);
  for (let start = 0; start < length; start += block) {
    const signals = await recording.read(channels, start, Math.min(block, length - start));
    for (const [place, signal] of signals.entries()) {
      if (found.has(place)) continue;
      const factor = conversions[place]?.factor ?? 1;
      const largest = largestPossible(infos[place] as ChannelInfo, recording.modality) / factor;
      const at = firstBeyond(signal, 0, signal.length, largest);
      if (at >= 0)
        found.set(
          place,
          impossibleInWords(infos[place]?.label ?? '', (signal[at] as number) * factor, (start + at) / rate),
        );
    }
  }
  return [...found.values()].map((what) => `${what}; windows with such values are dropped`);
}

export function impossibleInWords(label: string, value: number, second: number): string {
  return `"${label}" is ${Number(value.toPrecision(3))} at ${Number(second.toFixed(3))} s, which no recorder delivers`;
}
