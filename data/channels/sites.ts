/** Names that follow a system: electrode sites on the scalp, leads of an ECG, contacts of intracranial electrodes. */
import type { ChannelKind } from '../recording.ts';

/**
 * What the name of a channel says. The first kind is the one that it has by itself. `sure` holds whatever stands beside
 * it; `likely` holds unless its companions say otherwise ("C3" among contacts C1 to C12); `weak` holds only beside others
 * of its kind ("A1", "V").
 */
export interface Reading {
  readonly kinds: readonly ChannelKind[];
  readonly certainty: 'sure' | 'likely' | 'weak';
  /** Of a name that may be a contact: the electrode that it lies on, and its number there. */
  readonly contact?: Contact;
}

export interface Contact {
  readonly shaft: string;
  readonly number: number;
  /** Whether a site on the scalp or a lead is called so too. */
  readonly isSite: boolean;
}

const PAIRS = 'fp|af|ft|fc|tp|cp|po|aff|afp|fft|fcc|ffc|fft|ftt|ttp|tpp|ccp|cpp|ppo|poo';
/** The two-letter and midline sites of the 10-20, 10-10 and 10-5 systems. Nothing else is called so. */
const MIDLINE = /^(fp|af|fc|cp|po|f|c|p|o|i|n)z$/i;
const SURE_SITE = new RegExp(`^((${PAIRS})(10|[1-9])h?)$|${MIDLINE.source}`, 'i');
/** The classic sites of one letter. */
const LIKELY_SITE = /^(F[3478]|C[34]|T[3-8]|P[3478]|O[12])$/;
const WEAK_SITE = /^([fctpoi](10|[1-9])h?|[am][12])$/i;
/** Ears and mastoids, which stand behind a site as its reference. */
const REFERENCE = /^([am][12]|a1\+?a2|m1\+?m2|cz|ref|avg?|lm|rm)$/i;
/** Behind the name: what the electrode is measured against. */
const AGAINST =
  /[\s_-]+(ref\d?|le|ar|avg?|ave|average|car|cle|ler|org|g2|common|linked ears?|filt(ered)?|raw)$/i;
/** Before the name: the type as EDF+ writes it, and what amplifiers and programs put there. */
const TYPE = /^(eeg|pol|seeg|ieeg|ecog|raw)[\s._:-]+(?=\S)/i;

/** Begin names that are numbered without being electrodes. */
const NUMBERED =
  /^(ch|chn|chan|channel|col|column|sig|signal|sensor|ai|ad|adc|in|out|x|dc|ext|exg|aux|bip|data|val|var|led|ir|ppg|imf|ic|pc|ica|pca|fsr|port|pin|io|id|v|cm|cc|cs|ml|mv|mcl|lead|bn|l|r|ax|ay|az|gx|gy|gz)$/i;

const LEAD_SURE =
  /^-?(m?l?(ii|iii)|d(i|ii|iii)|av[rlf]\+?|mli|ml[1-6]|mcl ?[1-6]?|mc[1-6]|v[34]r|v[xyz]|cb5|cr[2-6]|[aes]-[asi]|(?:lead|ableitung|derivation|derivacion|derivazione)[ _-]?(i|ii|iii|av[rlf]|v\d?|\d{1,2})|mod\.?v\d)$/i;
const LEAD_LIKELY = /^(v[1-9]|d[123]|c[mcs][1-6]|mv[1-6]|v[1-6]-v[1-6])$/i;
const LEAD_WEAK = /^(i|v|lead)$/i;
const LIMBS = /^(la|ra|ll|rl|vx)[-_ ](ra|la|ll|rl|wct)$/i;

/** A name without what programs put before it and what it is measured against: "Fp1" of "EEG Fp1-Ref". */
export function bareName(label: string): string {
  let name = label.replace(TYPE, '').trim();
  for (let before = ''; before !== name; ) {
    before = name;
    name = name.replace(AGAINST, '');
  }
  return name;
}

/** Undefined where a name follows none of these systems. `explicit` says that the file calls it an EEG in so many words. */
export function readSite(label: string): Reading | undefined {
  const explicit = /^eeg[\s._:-]/i.test(label);
  const name = bareName(label);
  const reading = readLead(name) ?? readPair(name) ?? readElectrode(name);
  if (!explicit) return reading;
  const certainty = reading?.certainty === 'sure' ? 'sure' : 'likely';
  return { ...reading, kinds: reading?.kinds[0] === 'eeg' ? reading.kinds : ['eeg', 'ieeg'], certainty };
}

function readLead(name: string): Reading | undefined {
  if (LIMBS.test(name) || LEAD_SURE.test(name)) return { kinds: ['ecg'], certainty: 'sure' };
  // Of a cap in blocks A to H "D1" is an electrode.
  if (/^d[123]$/i.test(name)) return { kinds: ['ecg', 'ieeg', 'eeg'], certainty: 'weak', ...contactOf(name) };
  if (LEAD_LIKELY.test(name)) return { kinds: ['ecg', 'ieeg'], certainty: 'likely', ...contactOf(name) };
  return LEAD_WEAK.test(name) ? { kinds: ['ecg'], certainty: 'weak' } : undefined;
}

/** Two electrodes against each other: "FP1-F7", "C4-M1", "LA1-LA2", "T8-P8-0" where a montage has it twice. */
function readPair(name: string): Reading | undefined {
  const [, left = '', right = ''] =
    /^(\S+?)\s?[-:/_]\s?(\S+?)(?:-\d)?$/.exec(name) ?? /^([fcpo][34zoO12])([am][12])$/i.exec(name) ?? [];
  if (left === '') return undefined;
  if (isSite(left) && (isSite(right) || REFERENCE.test(right))) {
    const [a, b] = [left, right].map((side) => side.replace(/\d.*$/, '').toLowerCase());
    return a !== b || isSure(left)
      ? { kinds: ['eeg'], certainty: 'sure' }
      : { kinds: ['eeg', 'ieeg'], certainty: 'likely', ...contactOf(left) };
  }
  const [one, two] = [contactOf(left)?.contact, contactOf(right)?.contact];
  return one && two && one.shaft === two.shaft && Math.abs(one.number - two.number) === 1
    ? { kinds: ['ieeg'], certainty: 'sure', contact: one }
    : undefined;
}

const isSure = (name: string): boolean => SURE_SITE.test(name);
const isSite = (name: string): boolean => isSure(name) || LIKELY_SITE.test(name) || WEAK_SITE.test(name);

function readElectrode(name: string): Reading | undefined {
  // With a prime the electrode lies in the other hemisphere: so contacts are named, and no site is.
  if (/^[a-z]{1,4}['\u2019`]\d{1,2}$/i.test(name))
    return { kinds: ['ieeg'], certainty: 'sure', ...contactOf(name) };
  const contact = contactOf(name);
  if (MIDLINE.test(name)) return { kinds: ['eeg'], certainty: 'sure' };
  if (isSure(name)) return { kinds: ['eeg', 'ieeg'], certainty: 'sure', ...contact };
  if (LIKELY_SITE.test(name)) return { kinds: ['eeg', 'ieeg'], certainty: 'likely', ...contact };
  if (WEAK_SITE.test(name)) return { kinds: ['eeg', 'ieeg'], certainty: 'weak', ...contact };
  if (/^e[12]$/i.test(name)) return { kinds: ['eog', 'ieeg'], certainty: 'weak', ...contact };
  return contact && { kinds: ['ieeg'], certainty: 'weak', ...contact };
}

function contactOf(name: string): { readonly contact: Contact } | undefined {
  const [, shaft = '', digits = ''] = /^([A-Z][A-Za-z]{0,4}?['\u2019`]?)0?(\d{1,3})$/.exec(name) ?? [];
  if (shaft === '' || (NUMBERED.test(shaft) && !/^[vV]$|^[cC][mcsMCS]$/.test(shaft))) return undefined;
  const isLead = LEAD_LIKELY.test(name);
  return { contact: { shaft, number: Number(digits), isSite: isLead || isSite(name) } };
}
