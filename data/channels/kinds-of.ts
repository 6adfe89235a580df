/** What each channel of a recording records: by what its file declares, else by its name, its unit and its rate. */

import { SLOWEST_RATE } from '../rate.ts';
import { type ChannelInfo, type ChannelKind, MODALITIES, type Modality } from '../recording.ts';
import { amongOthers } from './contacts.ts';
import { type Reading, readSite } from './sites.ts';
import { isVoltage, kindOfUnit, mayHaveUnit } from './unit-kinds.ts';
import { LIGHT_COLOURS, WORD_RULES } from './words.ts';

export interface ChannelKinds {
  /** Of each channel; undefined where nothing shows. */
  readonly kinds: readonly (ChannelKind | undefined)[];
  /** Where nothing shows: what the name may mean, of which nothing is what the recording holds ("A1" beside an ECG). */
  readonly mayBe: readonly (ChannelKind | undefined)[];
  /** The one asked for, else the one that most waves are of. */
  readonly modality: Modality | undefined;
}

type Named = Pick<ChannelInfo, 'label' | 'unit' | 'rate' | 'kind' | 'bad'>;

/** In a tie: an ECG is recorded beside an EEG, hardly ever an EEG beside an ECG, and a PPG beside both. */
const FIRST_IN_TIES: readonly Modality[] = ['eeg', 'ieeg', 'ecg', 'ppg'];

/** What a device adds to its recordings whatever is connected: beside nothing else an auxiliary input is the signal. */
const COMES_ALONG: ReadonlySet<ChannelKind | undefined> = new Set([
  'acceleration',
  'rotation',
  'magnetic',
  'marks',
  'counter',
  'time',
  'battery',
  'impedance',
]);

const isModality = (kind: ChannelKind | undefined): kind is Modality =>
  MODALITIES.some((modality) => modality === kind);

/**
 * The kinds of a recording's channels. Some names have several meanings ("V", "A1", "T1"): they are taken for what the
 * recording is, which `modality` says or else the other names do.
 */
export function kindsOf(channels: readonly Named[], modality?: Modality): ChannelKinds {
  const readings = together(channels, amongOthers(channels.map(readingOf)));
  const found = modality ?? votedBy(channels, readings);
  const hasCompany = readings.some(
    (reading) => reading && reading.certainty !== 'weak' && !COMES_ALONG.has(reading.kinds[0]),
  );
  const kinds = readings.map((reading) => reading && resolve(reading, found, hasCompany));
  const mayBe = readings.map((reading, i) =>
    reading && kinds[i] === undefined && found && !reading.kinds.includes(found)
      ? reading.kinds[0]
      : undefined,
  );
  // Without a kind of its own a recording of eye movements or of heart rates is of none.
  return { kinds, mayBe, modality: found };
}

/** The kind of a channel by itself. */
export function kindOf(channel: Named, modality?: Modality): ChannelKind | undefined {
  return kindsOf([channel], modality).kinds[0];
}

/** The modality that a name alone speaks of. */
export function modalityOf(label: string): Modality | undefined {
  const kind = kindOf({ label, unit: '', rate: SLOWEST_RATE });
  return isModality(kind) ? kind : undefined;
}

/** The modality of a recording: the one that most of its waves are of, if any is. */
export function modalityOfAll(channels: readonly Named[]): Modality | undefined {
  return kindsOf(channels).modality;
}

function resolve(
  { kinds, certainty }: Reading,
  modality: Modality | undefined,
  hasCompany: boolean,
): ChannelKind | undefined {
  if (modality && kinds.includes(modality)) return modality;
  if (certainty !== 'weak') return kinds[0];
  return hasCompany ? kinds.find((kind) => !isModality(kind)) : undefined;
}

function votedBy(
  channels: readonly Named[],
  readings: readonly (Reading | undefined)[],
): Modality | undefined {
  const spoken = readings.flatMap((reading, i) => {
    const { rate, bad } = channels[i] as Named;
    const kind = reading?.certainty === 'weak' || bad ? undefined : reading?.kinds[0];
    return kind === undefined ? [] : [{ kind, isWave: rate >= SLOWEST_RATE }];
  });
  // Where nothing is fast enough for a wave, it is still known of what it is too slow.
  const hasWaves = spoken.some(({ kind, isWave }) => isWave && isModality(kind));
  const votes = new Map<ChannelKind, number>();
  for (const { kind, isWave } of spoken) if (isWave || !hasWaves) votes.set(kind, (votes.get(kind) ?? 0) + 1);
  // Eye movements are recorded with an EEG: a night's sleep is one, however many leads the heart has.
  if (votes.has('eog') && votes.has('eeg')) return 'eeg';
  const count = (modality: Modality) => votes.get(modality) ?? 0;
  const [first] = [...FIRST_IN_TIES].sort((a, b) => count(b) - count(a));
  return first && count(first) > 0 ? first : undefined;
}

/** What single names leave open and sets of names decide. */
function together(
  channels: readonly Named[],
  readings: readonly (Reading | undefined)[],
): readonly (Reading | undefined)[] {
  const labels = channels.map(({ label }) => label.trim().toLowerCase());
  const has = (...names: string[]) => names.every((name) => labels.includes(name));
  const settled = [...readings];
  const settle = (names: readonly string[], kind: ChannelKind) =>
    labels.forEach((label, i) => {
      if (names.includes(label)) settled[i] = { kinds: [kind], certainty: 'sure' };
    });
  // Three axes; in volts they are Frank's leads.
  const axes = ['x', 'y', 'z'];
  const isElectric = channels.some(({ unit }, i) => axes.includes(labels[i] as string) && isVoltage(unit));
  if (has(...axes) && !isElectric) settle(axes, 'acceleration');
  // BITalino's single bits beside its inputs A1 to A6: an EEG of O1 and O2 alone has no I1.
  const bits = ['i1', 'i2', 'o1', 'o2'];
  const isSite = (reading: Reading | undefined, i: number) =>
    reading?.kinds[0] === 'eeg' && !bits.includes(labels[i] as string) && !/^a\d$/.test(labels[i] as string);
  if (has(...bits, 'a1') && !readings.some(isSite)) settle(bits, 'marks');
  // The lights of an oximeter are two.
  const lights = [...new Set(labels)].filter((label) => LIGHT_COLOURS.test(label));
  if (
    lights.length > 1 &&
    !readings.some((reading) => reading && reading.certainty !== 'weak' && isModality(reading.kinds[0]))
  )
    settle(lights, 'ppg');
  return settled;
}

function readingOf(channel: Named): Reading | undefined {
  const { label, unit, kind } = channel;
  if (kind) return { kinds: [kind], certainty: 'sure' };
  const named = readName(label);
  const byUnit = kindOfUnit(unit);
  const possible = named?.kinds.filter((each) => mayHaveUnit(each, unit)) ?? [];
  if (named && possible.length > 0) {
    // "V" in millivolts is the lead, and "HR" in bpm the rate.
    if (named.certainty !== 'weak') return { ...named, kinds: possible };
    if (byUnit) return { kinds: [byUnit], certainty: 'sure' };
    return { ...named, kinds: possible, certainty: isLeadIn(named, unit) ? 'likely' : 'weak' };
  }
  // Of a name and a unit that exclude each other, the unit's kind is what it is left out as.
  return byUnit && { kinds: [byUnit], certainty: 'sure' };
}

const isLeadIn = ({ kinds }: Reading, unit: string): boolean => kinds[0] === 'ecg' && isVoltage(unit);

function readName(label: string): Reading | undefined {
  const trimmed = label
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .trim()
    .replace(/[\s,;:.]+$/, '')
    .replace(/\s+/g, ' ');
  const plain = trimmed.toLowerCase();
  // "AccX" and "BodyPos" are two words, "SpO2" is one.
  const apart = trimmed.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const joined = plain.replace(/[\s._:-]+/g, ' ').trim();
  // Of "BIS/EEG1_WAV" the device stands first.
  const own = /\/\s*([a-z]{2}.*)$/.exec(plain)?.[1];
  const ruleOf = (texts: readonly string[]) =>
    WORD_RULES.find(({ pattern }) => texts.some((text) => pattern.test(text)));
  const rule = (own && ruleOf([own])) || ruleOf([plain, apart, joined]);
  if (rule && (rule.kind !== 'eeg' || !/^eeg[\s._:-]+\S/.test(plain)))
    return { kinds: [rule.kind], certainty: rule.onlyBeside ? 'weak' : 'sure' };
  const site = readSite(trimmed);
  if (site) return site;
  return LIGHT_COLOURS.test(joined) ? { kinds: ['ppg'], certainty: 'weak' } : undefined;
}
